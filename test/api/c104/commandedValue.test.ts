// What a command point says of a command: what was commanded from the moment its handler is asked, and again what it said
// before, once the command was refused or ended without success, in whatever way.
import { describe, expect, it } from "vitest"
import { Cot, type Point, ResponseState, Type } from "../../../src/api/c104/index.ts"
import { deferred, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
type SetPoint = Point<typeof Type.C_SE_NB_1>
const [BEFORE, COMMANDED, NEXT] = [7, 99, 11]

type Handling = "one phase" | "two phases" | "NONE" | "by hand"
type End = (point: SetPoint, settle: (state: ResponseState) => void) => void

/** A set-point at 7 that 99 is sent to, decided by a handler that the test settles; and what the next handler is told it said. */
const stage = async (profile: "iec" | "c104", handling: Handling, limits = {}) => {
  const { server, station } = await startServer({ profile, limits })
  const point = station.addPoint({ ioAddress: 10, type: Type.C_SE_NB_1 })
  if (point === null) throw new Error("address 10 is free")
  point.value = BEFORE
  const decision = deferred<ResponseState>()
  const previous: number[] = []
  const decide = (before: unknown): ResponseState | Promise<ResponseState> => {
    previous.push(Number(before))
    if (previous.length > 1) return SUCCESS
    if (handling === "NONE") return NONE
    return handling === "by hand" ? SUCCESS : decision.promise
  }
  if (handling === "by hand") point.actTerm = "manual"
  if (handling === "two phases")
    point.onReceive({
      accept: (_, before) => {
        previous.push(Number(before.value))
        return SUCCESS
      },
      execute: () => (previous.length > 1 ? SUCCESS : decision.promise)
    })
  else point.onReceive((_, before) => decide(before.value))
  const client = await startClient(server.port)
  const command = (value: number): void => client.command(Type.C_SE_NB_1, 10, { value, ql: 0 })
  return { server, point, client, command, previous, decision }
}

const release: End = (point) => point.release()
const ends: readonly [string, Handling, End][] = [
  ["its handler says FAILURE", "one phase", (_, settle) => settle(FAILURE)],
  ["its output is released", "one phase", release],
  [
    "its output is released, and its handler says FAILURE then",
    "one phase",
    (point, settle) => {
      point.release()
      settle(FAILURE)
    }
  ],
  [
    "its output is released, and its handler says SUCCESS then",
    "one phase",
    (point, settle) => {
      point.release()
      settle(SUCCESS)
    }
  ],
  ["its second phase says FAILURE", "two phases", (_, settle) => settle(FAILURE)],
  ["its output is released while it is carried out", "two phases", release],
  ["it was left open and its output is released", "NONE", release],
  ["it was left open and is refused", "NONE", (point) => point.transmit(Cot.ACTIVATION_CON, { negative: true })],
  ["it was left open and ends negatively", "NONE", (p) => p.transmit(Cot.ACTIVATION_TERMINATION, { negative: true })],
  [
    "it was left open, confirmed, and terminated negatively",
    "NONE",
    (point) => {
      point.transmit(Cot.ACTIVATION_CON)
      point.transmit(Cot.ACTIVATION_TERMINATION, { negative: true })
    }
  ],
  ["it is terminated negatively by hand", "by hand", (p) => p.transmit(Cot.ACTIVATION_TERMINATION, { negative: true })],
  ["it was to be terminated by hand and its output is released", "by hand", release]
]

describe.each(["iec", "c104"] as const)("what was commanded goes back (%s) when", (profile) => {
  // In the profile c104 a command that is left open has no output that could be released.
  it.each(ends.filter(([, handling, end]) => profile === "iec" || handling !== "NONE" || end !== release))(
    "%s",
    async (_, handling, end) => {
      const { point, client, command, previous, decision } = await stage(profile, handling)
      command(COMMANDED)
      await expect.poll(() => previous.length).toBe(1)
      await client.testfr()
      await turn()
      expect([Number(point.value), previous]).toEqual([COMMANDED, [BEFORE]])
      end(point, decision.resolve)
      await turn()
      expect(Number(point.value)).toBe(BEFORE)
      command(NEXT)
      await expect.poll(() => previous.length).toBe(2)
      await expect.poll(() => Number(point.value)).toBe(NEXT)
      expect(previous).toEqual([BEFORE, BEFORE])
    }
  )

  it.each<[string, Handling, End]>([
    ["its handler says SUCCESS", "one phase", (_, settle) => settle(SUCCESS)],
    ["its second phase says SUCCESS", "two phases", (_, settle) => settle(SUCCESS)],
    ["it is terminated", "NONE", (point) => point.transmit(Cot.ACTIVATION_TERMINATION)],
    ["it is terminated by hand", "by hand", (point) => point.transmit(Cot.ACTIVATION_TERMINATION)]
  ])("and stays when %s", async (_, handling, end) => {
    const { point, client, command, previous, decision } = await stage(profile, handling)
    command(COMMANDED)
    await expect.poll(() => previous.length).toBe(1)
    await client.testfr()
    end(point, decision.resolve)
    await client.next({ cot: 10 })
    expect(Number(point.value)).toBe(COMMANDED)
  })

  it("its time is over, at whose sight its output is released", async () => {
    const { server, point, client, command, decision } = await stage(profile, "one phase", { decisionMs: 60 })
    server.onError(() => point.release())
    command(COMMANDED)
    await client.next({ cot: 7, negative: true })
    expect(Number(point.value)).toBe(BEFORE)
    decision.resolve(SUCCESS)
    await turn()
    expect(Number(point.value)).toBe(BEFORE)
  })

  it.each<[string, Handling]>([
    ["refused", "one phase"],
    ["terminated negatively", "two phases"]
  ])("its output becomes unknown and it is %s; it comes again when that is done after all", async (_, handling) => {
    const { point, client, command, decision } = await stage(profile, handling, { decisionMs: 5000, operationMs: 80 })
    command(COMMANDED)
    await client.next({ typeId: 49, negative: true })
    expect([Number(point.value), point.outputStatus]).toEqual([BEFORE, "unknown"])
    decision.resolve(SUCCESS)
    await turn()
    expect([Number(point.value), point.outputStatus]).toEqual([COMMANDED, "unknown"])
  })
})

it("what was refused late leaves alone what a command since then has brought", async () => {
  const { point, client, command } = await stage("c104", "NONE")
  command(COMMANDED)
  await client.testfr()
  command(COMMANDED)
  await client.next({ cot: 10 })
  expect(point.transmit(Cot.ACTIVATION_CON, { negative: true })).toBe(true)
  expect(Number(point.value)).toBe(COMMANDED)
})
