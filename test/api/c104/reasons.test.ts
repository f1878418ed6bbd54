// What handlers throw and what programs give is told in words, whatever it is: a message that is empty, or fails itself, hides who is to blame.
import * as Data from "effect/Data"
import { describe, expect, it } from "vitest"
import { Cot, Type } from "../../../src/api/c104/index.ts"
import { makeServer, switchedBy } from "../../support/Stage.ts"

describe("whatever a handler throws", () => {
  class ValveStuck extends Data.TaggedError("ValveStuck")<{ readonly valve: string }> {}
  const unreadable = new Error("unreadable")
  Object.defineProperty(unreadable, "message", {
    get: () => {
      throw new Error("no message either")
    }
  })

  it.each<[string, unknown, string]>([
    ["an object without prototype", Object.create(null), "[Object: null prototype] {}"],
    ["a plain object", { code: 7, why: "stuck" }, "{ code: 7, why: 'stuck' }"],
    ["a symbol", Symbol("stuck"), "Symbol(stuck)"],
    ["an empty text", "", '""'],
    ["nothing", undefined, "undefined"],
    ["an error that says all in its fields", new ValveStuck({ valve: "V7" }), "ValveStuck { valve: 'V7' }"],
    ["an error whose message fails", unreadable, "something that cannot be shown"]
  ])("%s is told in words, to the log and to observers", async (_, cause, words) => {
    const lines: string[] = []
    const refuse = (): never => {
      throw cause
    }
    const { client, operate, events } = await switchedBy(refuse, { logWriter: (_, line) => lines.push(line) })
    operate()
    expect((await client.next({ cot: Cot.ACTIVATION_CON })).negative).toBe(true)
    const message = `onReceive of C_SC_NA_1 10 of station 1 failed: ${words}`
    expect((await events.next("error")).error.message).toBe(message)
    expect(lines).toEqual([message])
  })
})

it("a text where a number is required is told as a text, and nothing that is given makes the message fail", () => {
  const server = makeServer()
  const made = (port: unknown) => () => makeServer({ port: port as number })
  expect(made("2404")).toThrow('port: a whole number from 0 to 65535 is required, not "2404"')
  expect(made(2404n)).toThrow("port: a whole number from 0 to 65535 is required, not 2404n")
  const add = (address: unknown) => () => server.addStation(address as number)
  expect(add(Object.create(null))).toThrow(/^common address must be .* not \[Object: null prototype\] \{\}$/)
  expect(add([1])).toThrow(/^common address must be .* not \[ 1 \]$/)
  const point = server.addStation(1)?.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
  const set = (value: unknown) => () => point?.update(value as number)
  expect(set(Object.create(null))).toThrow(/its value is a number, not object \[Object: null prototype\] \{\}$/)
  expect(() => point?.transmit("3" as never)).toThrow(/^cause "3" is not legal for M_ME_NC_1/)
})
