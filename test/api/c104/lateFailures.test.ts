// A callback that fails when nobody waits for its answer any more (its time was over, its client has stopped or gone, or has
// cancelled) is told like any other that fails: no error is lost. One that only ends as its signal asks has not failed.
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import {
  CommandMode,
  type IncomingMessage,
  type ResponseState,
  type Server,
  Type
} from "../../../src/api/c104/index.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { connect, deferred, startClient, startServer } from "../../support/Stage.ts"

const { C_SC_NA_1, M_ME_NA_1 } = Type
type Fail = () => Promise<never>

const ask = (client: RawClient, typeId: number, ioa: number, element: object, fields = {}): void =>
  client.send(client.i({ typeId, cot: 6, ca: 1, objects: [{ ioa, ...element }], ...fields }))

interface Asked {
  readonly register: (server: Server, fail: Fail) => void
  readonly octets: Uint8Array
}

const frame = (type: number, ioa: number, ...element: number[]): Uint8Array =>
  Uint8Array.of(0x68, 13 + element.length, 0, 0, 0, 0, type, 1, 6, 0, 1, 0, ioa, 0, 0, ...element)

const command = (server: Server, commandMode: CommandMode = CommandMode.DIRECT) =>
  server.getStation(1)?.addPoint({ ioAddress: 10, type: C_SC_NA_1, commandMode })

const asked: Readonly<Record<string, Asked>> = {
  onReceive: { register: (server, fail) => command(server)?.onReceive(fail), octets: frame(45, 10, 1) },
  onSelect: {
    register: (server, fail) => command(server, CommandMode.SELECT_AND_EXECUTE)?.onSelect(fail),
    octets: frame(45, 10, 0x81)
  },
  onClockSync: { register: (server, fail) => server.onClockSync(fail), octets: frame(103, 0, 0, 0, 0, 12, 1, 1, 26) },
  onReset: { register: (server, fail) => server.onReset(fail), octets: frame(105, 0, 1) },
  onParameter: {
    register: (server, fail) => {
      server.getStation(1)?.addPoint({ ioAddress: 10, type: M_ME_NA_1 })
      server.onParameter(fail)
    },
    octets: frame(110, 10, 0, 1, 1)
  }
}

type Leave = (client: RawClient) => unknown
const ends: readonly (readonly [string, Leave])[] = [
  ["its time was over", (client) => client.next({ negative: true })],
  ["its client has gone", (client) => client.reset()],
  ["its client has stopped data transfer", (client) => client.stopdt()]
]
const cases = Object.entries(asked).flatMap(([name, one]) =>
  ends.map(([why, leave]) => [name, why, one, leave] as const)
)

const stage = async ({ register, octets }: Asked, leave: Leave, cause: unknown) => {
  const { server, events } = await startServer({ profile: "iec", limits: { decisionMs: 60 } })
  const fails = deferred<void>()
  const begun = deferred<void>()
  register(server, async () => {
    begun.resolve()
    await fails.promise
    throw cause
  })
  const client = await startClient(server.port)
  client.sendNumber++
  client.send(octets)
  await begun.promise
  await leave(client)
  if (client.socket.destroyed) await events.next("closed")
  fails.resolve()
  await delay(20)
  const told = events.of("error").map(({ error }) => error)
  return told.filter(({ code }) => code === "CALLBACK_FAILED").map(({ message }) => message)
}

class Odd extends Error {
  override get name(): string {
    throw new Error("it has no name")
  }
}

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable(new Error("once"), {})
  revoke()
  return proxy
}

describe("a callback that fails when nobody waits for it", () => {
  it.each(cases)("%s, %s: with what cannot be looked at is told as well", async (name, _, one, leave) => {
    for (const odd of [new Odd(), revoked()]) {
      const [only, ...others] = await stage(one, leave, odd)
      expect(only).toMatch(new RegExp(`^${name} of .* failed`))
      expect(others).toEqual([])
    }
  })

  it.each(cases)("%s, %s: the failure is told", async (name, _, one, leave) => {
    const told = await stage(one, leave, new Error("the motor burnt"))
    expect(told).toEqual([expect.stringMatching(new RegExp(`^${name} of .* failed: the motor burnt$`))])
  })

  it.each(cases)("%s, %s: to end as its signal asks is no failure", async (_, __, one, leave) => {
    expect(await stage(one, leave, AbortSignal.abort().reason)).toEqual([])
  })

  it("execute that was cancelled", async () => {
    const { server, events } = await startServer()
    const execute = async (_: unknown, { signal }: IncomingMessage): Promise<ResponseState> => {
      await delay(10_000, undefined, { signal }).catch(() => {})
      throw new Error("the brake is worn")
    }
    command(server)?.onReceive({ accept: () => 1, execute })
    const client = await startClient(server.port)
    ask(client, C_SC_NA_1, 10, { scs: true })
    await client.next({ cot: 7 })
    ask(client, C_SC_NA_1, 10, { scs: true }, { cot: 8 })
    expect((await client.next({ cot: 9 })).negative).toBe(false)
    expect((await events.next("error")).error.message).toMatch(/failed: the brake is worn$/)
  })

  it.each([
    ["that has not answered in time", false],
    ["whose client has gone", true]
  ])("onConnect %s", async (_, goes) => {
    const { server, events } = await startServer({ limits: { connectMs: 60 } })
    const fails = deferred<void>()
    const begun = deferred<void>()
    server.onConnect(async () => {
      begun.resolve()
      await fails.promise
      throw new Error("the directory is down")
    })
    const client = await connect(server.port)
    await begun.promise
    if (goes) client.reset()
    await client.ended
    await delay(20)
    fails.resolve()
    await expect
      .poll(() => events.of("error").map(({ error }) => error.message))
      .toContainEqual("onConnect of 127.0.0.1 failed: the directory is down")
  })
})
