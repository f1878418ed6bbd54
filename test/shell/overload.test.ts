// What is asked of the image has its share of the frames whatever waits in the log, and yet never says of a point what is
// newer than an event that is still to come: interrogation, read and cyclic transmission, to a client that events outrun.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Point, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer, turn } from "../support/Stage.ts"

const CYCLIC = 1
const SPONTANEOUS = 3
const REQUESTED = 5
const TERMINATION = 10
const INTERROGATED = 20
const HEADER = 12

interface Situation {
  readonly k: number
  readonly points: number
  /** Events that wait before anything is asked, and that are published for each acknowledgement. */
  readonly backlog: number
  readonly each: number
  readonly types: readonly (typeof Type.M_ME_TF_1 | typeof Type.M_ME_NC_1)[]
  readonly order: "one after the other" | "one most"
  readonly profile: "c104" | "iec"
}

/** What a client saw: objects by cause, and points whose value went backwards. */
interface Seen {
  readonly frames: Map<number, number>
  readonly objects: Map<number, number>
  backwards: number
  done: boolean
}

/** The value of a short float, and whether it is a counter of the test: every event of a point has the next number. */
const valuesOf = function* (apdu: Uint8Array): Iterable<readonly [ioa: number, value: number]> {
  const octets = Buffer.from(apdu)
  const [type, count, sequence] = [apdu[6], (apdu[7] as number) & 0x7f, (apdu[7] as number) >= 0x80]
  if (type !== Type.M_ME_NC_1 && type !== Type.M_ME_TF_1) return
  const size = type === Type.M_ME_TF_1 ? 12 : 5
  for (let i = 0; i < count; i++) {
    const ioa = sequence ? octets.readUIntLE(HEADER, 3) + i : octets.readUIntLE(HEADER + i * (3 + size), 3)
    yield [ioa, octets.readFloatLE(sequence ? HEADER + 3 + i * size : HEADER + i * (3 + size) + 3)]
  }
}

/** Events are published faster than they are acknowledged from first to last. */
const overload = async (
  { k, points, backlog, each, types, order, profile }: Situation,
  ask: (client: RawClient, made: readonly Point[]) => void,
  isDone: (seen: Seen) => boolean,
  framesMost: number
): Promise<Seen> => {
  const { server, station } = await startServer({ profile })
  server.protocolParameters.update({ sendWindowSize: k })
  const made = Array.from({ length: points }, (_, i) => {
    const type = types[i % types.length] as (typeof types)[number]
    return station.addPoint({ ioAddress: i + 1, type }) as Point<typeof type>
  })
  const told = new Float64Array(points + 1)
  let published = 0
  const publish = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const point = made[order === "one most" && published % 8 !== 0 ? 0 : published % points] as Point
      published++
      point.value = published
      point.transmit(SPONTANEOUS)
    }
  }
  const seen: Seen = { frames: new Map(), objects: new Map(), backwards: 0, done: false }
  const onFrame = (apdu: Uint8Array): void => {
    if (((apdu[2] as number) & 1) !== 0) return
    const cause = (apdu[8] as number) & 0x3f
    seen.frames.set(cause, (seen.frames.get(cause) ?? 0) + 1)
    for (const [ioa, value] of valuesOf(apdu)) {
      seen.objects.set(cause, (seen.objects.get(cause) ?? 0) + 1)
      if (value < (told[ioa] as number)) seen.backwards++
      told[ioa] = value
    }
    seen.done = seen.done || isDone(seen)
  }
  const client = await startClient(server.port, { acknowledge: "never", keep: false, onFrame })
  publish(backlog)
  await turn()
  ask(client, made)
  for (let acknowledged = 0; !seen.done && client.iFrames < framesMost; ) {
    await client.until(() => seen.done || client.iFrames >= acknowledged + k)
    acknowledged = client.iFrames
    publish(each)
    client.acknowledge()
  }
  client.close()
  await server.stop()
  return seen
}

const situation: fc.Arbitrary<Situation> = fc.record({
  k: fc.constantFrom(1, 2, 3, 12),
  points: fc.integer({ min: 1, max: 600 }),
  backlog: fc.constantFrom(0, 10, 300, 3000, 20_000),
  each: fc.constantFrom(50, 400, 1000),
  types: fc.constantFrom([Type.M_ME_NC_1], [Type.M_ME_TF_1], [Type.M_ME_NC_1, Type.M_ME_TF_1]),
  order: fc.constantFrom("one after the other" as const, "one most" as const),
  profile: fc.constantFrom("c104" as const, "iec" as const)
})

const interrogate = (client: RawClient): void => client.interrogate()
const terminated = ({ frames }: Seen): boolean => frames.has(TERMINATION)

/** Frames within which so many points are told by an interrogation that has at least a twelfth of them. */
const enough = (points: number): number => 12 * (Math.ceil(points / 12) + 10)

describe("to a client that events outrun", () => {
  it("an interrogation comes to its end, and no value goes backwards", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (given) => {
        const seen = await overload(given, interrogate, terminated, enough(given.points))
        expect([seen.done, seen.objects.get(INTERROGATED), seen.backwards]).toEqual([true, given.points, 0])
      }),
      { numRuns: 25, endOnFailure: true }
    )
  })

  it("an interrogation has at least a quarter of the frames while the backlog is long, and events have the others", async () => {
    const [k, points, each] = [12, 2000, 4000]
    const given = { k, points, backlog: 40_000, each, order: "one after the other", profile: "iec" } as const
    for (const types of [[Type.M_ME_TF_1], [Type.M_ME_NC_1, Type.M_ME_TF_1]]) {
      const seen = await overload({ ...given, types }, interrogate, terminated, 10_000)
      const [interrogated = 0, events = 0] = [seen.frames.get(INTERROGATED), seen.frames.get(SPONTANEOUS)]
      expect([seen.done, seen.objects.get(INTERROGATED), seen.backwards]).toEqual([true, points, 0])
      expect(events).toBeGreaterThan(interrogated)
      expect(events).toBeLessThan(4 * (interrogated + 2 * k))
    }
  })

  it("reads are answered, and no value goes backwards", async () => {
    await fc.assert(
      fc.asyncProperty(situation, fc.integer({ min: 1, max: 20 }), async (given, reads) => {
        const read = (client: RawClient): void => {
          for (let i = 0; i < reads; i++)
            client.send(client.i({ typeId: 102, cot: REQUESTED, ca: 1, objects: [{ ioa: 1 + (i % given.points) }] }))
        }
        const answered = ({ frames }: Seen): boolean => frames.get(REQUESTED) === reads
        const seen = await overload(given, read, answered, 12 * (reads + 10))
        expect([seen.done, seen.backwards]).toEqual([true, 0])
      }),
      { numRuns: 10, endOnFailure: true }
    )
  })

  it("cyclic values come again and again, and none goes backwards", async () => {
    const [k, points, each, backlog] = [12, 200, 1000, 20_000]
    const cyclic = (_: RawClient, made: readonly Point[]): void => {
      for (const point of made) point.reportMs = 100
    }
    const came = ({ objects }: Seen): boolean => (objects.get(CYCLIC) ?? 0) >= points
    const types = [Type.M_ME_NC_1]
    const seen = await overload(
      { k, points, backlog, each, types, order: "one after the other", profile: "iec" },
      cyclic,
      came,
      20_000
    )
    expect([seen.done, seen.backwards]).toEqual([true, 0])
  })
})
