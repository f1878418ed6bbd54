// A point goes while something waits for it: who waits at its output is told no at once, and a refresh that has begun calls nobody
// who has its place or its address since.
import { describe, expect, it, vi } from "vitest"
import { type ResponseState, Type } from "../../../src/api/c104/index.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was there")
  return value
}

describe("a command that waits for its turn", () => {
  const HANGS = { profile: "c104", limits: { decisionMs: 3_600_000, operationMs: 3_600_000 } } as const

  it.each([1, 2, 3])("is refused when its point goes, each of %i", async (count) => {
    const { server, station, events } = await startServer(HANGS)
    let asked = 0
    given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })).onReceive(() => {
      asked++
      return new Promise<ResponseState>(() => {})
    })
    const [first, ...others] = await Promise.all(Array.from({ length: count + 1 }, () => startClient(server.port)))
    first?.command(Type.C_SC_NA_1, 10, { scs: true })
    await vi.waitFor(() => expect(asked).toBe(1))
    for (const other of others) {
      other.command(Type.C_SC_NA_1, 10, { scs: true })
      await other.answers()
    }
    expect(others.map(({ iFrames }) => iFrames)).toEqual(others.map(() => 0))
    station.removePoint(10)
    // Long before a second is over, which commands wait for their turn.
    for (const other of others)
      expect(await other.next({ typeId: Type.C_SC_NA_1 }, 400)).toMatchObject({ cot: 7, negative: true })
    expect(asked).toBe(1)
    expect(events.of("command").filter(({ outcome }) => outcome === "failure").length).toBeGreaterThanOrEqual(count)
  })
})

describe("a refresh that has begun", () => {
  it.each([
    ["another point in the place of one that was to be refreshed", 5],
    ["one that was added anew at its address", 20]
  ])("does not call the callback of %s", async (_, next) => {
    const { server, station } = await startServer()
    const called: string[] = []
    const add = (ioAddress: number, name: string): void =>
      given(station.addPoint({ ioAddress, type: Type.M_ME_NB_1 })).onBeforeRead(() => {
        called.push(name)
        if (name !== "first" || called.length > 1) return
        station.removePoint(20)
        add(next, "later")
      })
    add(10, "first")
    add(20, "gone")
    const client = await startClient(server.port)
    client.interrogate()
    await client.next({ cot: 10 })
    const before = called.length
    client.interrogate()
    await client.next({ cot: 10 })
    expect([called.slice(0, before), called.slice(before).sort()]).toEqual([["first"], ["first", "later"]])
  })
})
