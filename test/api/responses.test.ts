// What a handler says is a yes only when it is exactly that: everything else refuses, and is reported.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { describe, expect, it, onTestFinished } from "vitest"
import { CommandMode, ResponseState, Type } from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { connect, startClient, startServer } from "../support/Stage.ts"

/** What a program without types could answer; many would be a yes if they were only taken for it. */
const nonsense: readonly (readonly [string, unknown])[] = [
  ["a text of a number", "1"],
  ["a text in a list", ["success"]],
  ["a number in a list", [1]],
  ["a boxed number", Object(1)],
  ["a boxed text", Object("success")],
  ["a big number", 1n],
  ["a number that is none of them", 7],
  ["the name of a property", "constructor"],
  ["nothing", undefined],
  ["null", null]
]

const frame = (ns: number, type: number, ...rest: readonly number[]): Uint8Array =>
  Uint8Array.of(0x68, 10 + rest.length, ns << 1, 0, 0, 0, type, 1, 6, 0, 1, 0, ...rest)

/** Three commands, a select, a clock synchronisation, a reset and a parameter. */
const requests = Buffer.concat([
  frame(0, 45, 1, 0, 0, 1),
  frame(1, 45, 2, 0, 0, 1),
  frame(2, 45, 3, 0, 0, 1),
  frame(3, 45, 4, 0, 0, 0x81),
  frame(4, 103, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26),
  frame(5, 105, 0, 0, 0, 2),
  frame(6, 112, 5, 0, 0, 0, 0, 0, 0, 1)
])

/** Type, address, cause and P/N of what was said to the requests, in the order of types and addresses. */
const said = async (client: RawClient): Promise<readonly string[]> => {
  client.send(requests)
  await client.until(() => client.asdus().length === 8)
  return client
    .asdus()
    .map(({ typeId, cot, negative, objects }) => `${typeId}/${objects?.[0]?.ioa}: ${cot}${negative ? " no" : ""}`)
    .sort()
}

const REFUSED = [
  "103/0: 7 no",
  "105/0: 7 no",
  "112/5: 7 no",
  "45/1: 7 no",
  "45/2: 7 no",
  "45/3: 10 no",
  "45/3: 7",
  "45/4: 7 no"
]

describe.each(nonsense)("%s", (_, answer) => {
  it.each([
    ["at once", (): never => answer as never],
    ["later", (): never => Promise.resolve(answer) as never]
  ])("is no response of any handler, said %s: Promise face", async (__, say) => {
    const { server, station, events } = await startServer()
    const command = { type: Type.C_SC_NA_1 } as const
    station.addPoint({ ioAddress: 1, ...command })?.onReceive(say)
    station.addPoint({ ioAddress: 2, ...command })?.onReceive({ accept: say, execute: say })
    const accept = () => ResponseState.SUCCESS
    station.addPoint({ ioAddress: 3, ...command })?.onReceive({ accept, execute: say })
    const sbo = { commandMode: CommandMode.SELECT_AND_EXECUTE, ...command }
    station.addPoint({ ioAddress: 4, ...sbo })?.onSelect(say)
    station.addPoint({ ioAddress: 5, type: Type.M_ME_NC_1 })
    server.onClockSync(say)
    server.onReset(say)
    server.onParameter(say)
    const client = await startClient(server.port)
    expect(await said(client)).toEqual(REFUSED)
    expect(events.of("error").length).toBe(7)
    server.onConnect(say)
    await (await connect(server.port)).ended
    expect(events.of("error")[7]?.error).toMatchObject({ code: "CALLBACK_FAILED", callback: "onConnect" })
  })

  it("is no response of any handler: Effect face", async () => {
    const server = await Effect.runPromise(Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" }))
    const station = await Effect.runPromise(server.addStation(1))
    const say = (): Effect.Effect<never> => Effect.succeed(answer as never)
    const add = (ioAddress: number, options: object = {}) =>
      station.addPoint({ ioAddress, type: Type.C_SC_NA_1, ...options })
    const setUp = Effect.gen(function* () {
      yield* (yield* add(1)).onCommand(say)
      yield* (yield* add(2)).onCommand({ accept: say, execute: say })
      yield* (yield* add(3)).onCommand({ accept: () => Effect.succeed("success" as const), execute: say })
      yield* (yield* add(4, { select: true })).onSelect(say)
      yield* add(5, { type: Type.M_ME_NC_1 })
      yield* server.onClockSync(say)
      yield* server.onReset(say)
      yield* server.onParameter(say)
    })
    await Effect.runPromise(setUp)
    const scope = await Effect.runPromise(Scope.make())
    onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)))
    const { port } = await Effect.runPromise(server.listen.pipe(Scope.provide(scope)))
    expect(await said(await startClient(port))).toEqual(REFUSED)
    await Effect.runPromise(server.onConnect(say))
    await (await connect(port)).ended
  })
})
