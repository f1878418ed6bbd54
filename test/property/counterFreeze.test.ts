// A counter interrogation that a freeze overtakes: whatever is frozen or reset meanwhile, and by whom, it tells the readings
// of the moment in which it began, each once, and ends positively only when it told all of them.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Point, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { makeServer, startClient } from "../support/Stage.ts"

const GROUPS = 4
const EACH = 70
const COUNTERS = GROUPS * EACH
const K = 2

type CounterPoint = Point<typeof Type.M_IT_NA_1>

interface Told {
  readonly ioa: number
  readonly bcr: { readonly counter: number; readonly sq: number }
}

/** A server with four groups of counters; some of them have been frozen once, and all have counted on since. */
const stage = async (frozen: readonly number[]) => {
  const server = makeServer()
  server.protocolParameters.sendWindowSize = K
  const station = server.addStation(1)
  const points: CounterPoint[] = []
  for (let at = 0; at < COUNTERS; at++) {
    const group = Math.floor(at / EACH) + 1
    const point = station?.addPoint({ ioAddress: at + 1, type: Type.M_IT_NA_1, counterGroups: [group] })
    if (point == null) throw new Error("a new station has no points")
    points.push(point)
  }
  await server.start()
  const other = await startClient(server.port)
  let over = false
  const onFrame = (apdu: Uint8Array): void => {
    if (apdu[6] === Type.C_CI_NA_1 && ((apdu[8] as number) & 0x3f) === 10) over = true
  }
  const client = await startClient(server.port, { acknowledge: "never", onFrame })
  const set = (value: number): void => {
    for (const [at, point] of points.entries()) point.value = value + at
  }
  set(1000)
  for (const group of frozen) await freeze(other, group, 1)
  set(5000)
  return { client, other, set, isOver: () => over }
}

/** Freezes (1), freezes and resets (2) or resets (3) a group, 5 = all; confirmed and terminated. */
async function freeze(client: RawClient, rqt: number, frz: number): Promise<void> {
  client.command(Type.C_CI_NA_1, 0, { rqt, frz })
  await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
}

/** What a counter interrogation tells if it begins now. */
async function readings(client: RawClient): Promise<readonly string[]> {
  const before = client.asdus({ cot: 37 }).length
  client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
  await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
  return told(client).slice(before)
}

/** Address, reading and sequence number of all that was told. */
const told = (client: RawClient): readonly string[] =>
  client
    .asdus({ cot: 37 })
    .flatMap(({ objects }) => objects as unknown as readonly Told[])
    .map(({ ioa, bcr }) => `${ioa}: ${bcr.counter} (${bcr.sq})`)

const order = fc.tuple(fc.constantFrom(1, 2, 3, 4, 5), fc.constantFrom(1, 2, 3), fc.boolean())

describe("a counter interrogation", () => {
  it("tells the readings of the moment in which it began, or ends negatively", { timeout: 60_000 }, async () => {
    const ends = new Set<boolean>()
    const plan = fc.record({
      frozen: fc.subarray([1, 2, 3, 4]),
      orders: fc.array(order, { minLength: 1, maxLength: 4 })
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ frozen, orders }) => {
        const { client, other, set, isOver } = await stage(frozen)
        const expected = await readings(other)
        expect(expected).toHaveLength(COUNTERS)
        client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
        await client.until(() => client.iFrames === K)
        for (const [at, [rqt, frz, pauses]] of orders.entries()) {
          // Whoever was never frozen tells its present value: it counts no further while it is watched.
          if (pauses && frozen.length === GROUPS) set(10_000 * (at + 1))
          await freeze(other, rqt, frz)
          if (pauses) client.acknowledge()
        }
        while (!isOver()) {
          const before = client.iFrames
          client.acknowledge()
          await client.until(() => client.iFrames > before || isOver())
        }
        const [end] = client.asdus({ typeId: Type.C_CI_NA_1, cot: 10 })
        const all = told(client)
        expect(all).toEqual(expected.slice(0, all.length))
        expect(all.length === COUNTERS).toBe(end?.negative === false)
        // One order on each counter at most: nothing is lost.
        if (orders.length === 1) expect(end?.negative).toBe(false)
        ends.add(end?.negative === true)
        client.close()
        other.close()
      }),
      { numRuns: 15, seed: 7 }
    )
    expect(ends.size).toBe(2)
  })
})
