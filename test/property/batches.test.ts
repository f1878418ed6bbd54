// Batches of points that come and go and live in several blocks: each point that is there is told once, with its own value, as
// what it is sent as, and nobody else is told or changed.
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { Batch, Cot, type Point, type Station, Type } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"

const ADDRESSES = 6
const MARK = 100

const variants: readonly { readonly eventType?: Type; readonly interrogationType?: Type }[] = [
  {},
  { eventType: Type.M_ME_TF_1 },
  { interrogationType: Type.M_ME_TF_1 },
  { eventType: Type.M_ME_TF_1, interrogationType: Type.M_ME_TF_1 }
]

type Step =
  | { readonly kind: "add"; readonly address: number; readonly variant: number }
  | { readonly kind: "remove"; readonly address: number }
  | { readonly kind: "join"; readonly address: number }
  | { readonly kind: "set" }
  | { readonly kind: "send"; readonly cause: Cot }
  | { readonly kind: "replace" }

const address = fc.integer({ min: 1, max: ADDRESSES })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), address, variant: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), address }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("join" as const), address }) },
    { weight: 4, arbitrary: fc.constant({ kind: "set" as const }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("send" as const),
        cause: fc.constantFrom<Cot>(Cot.SPONTANEOUS, Cot.PERIODIC)
      })
    },
    { weight: 1, arbitrary: fc.constant({ kind: "replace" as const }) }
  ),
  { minLength: 10, maxLength: 40 }
)

/** What is there, and what the batch should think of it. */
interface Known {
  readonly point: Point
  readonly eventType: number
  value: number
}

it("tell and set each of their points, whatever comes and goes", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { server } = await startServer({ logLevel: "none" })
      const client = await startClient(server.port)
      let station = server.getStation(1) as Station
      const there = new Map<number, Known>()
      const joined = new Map<number, Known>()
      const batches = new Map([Cot.SPONTANEOUS, Cot.PERIODIC].map((cause: Cot) => [cause, new Batch({ cause })]))
      let values = 0
      const told = () =>
        client
          .asdus(({ ...frame }) => "typeId" in frame && frame.typeId !== Type.M_SP_NA_1)
          .flatMap(({ typeId, objects = [] }) => objects.map(({ ioa, value }) => `${typeId} ${ioa}=${Number(value)}`))
      const living = () => [...joined].filter(([key, known]) => there.get(key) === known)
      for (const step of all) {
        switch (step.kind) {
          case "add": {
            const variant = variants[step.variant] ?? {}
            const point = station.addPoint({ ioAddress: step.address, type: Type.M_ME_NC_1, ...variant })
            if (point !== null) {
              const { eventType = Type.M_ME_NC_1 } = variant
              there.set(step.address, { point: point as unknown as Point, eventType, value: 0 })
            }
            break
          }
          case "remove":
            station.removePoint(step.address)
            there.delete(step.address)
            break
          case "replace":
            server.removeStation(1)
            station = server.addStation(1) as Station
            there.clear()
            break
          case "join": {
            const known = there.get(step.address)
            if (known === undefined || joined.get(step.address) === known) break
            for (const batch of batches.values()) batch.addPoint(known.point)
            joined.set(step.address, known)
            break
          }
          case "set": {
            const numbers = [...joined.keys()].map(() => ++values)
            const batch = batches.get(Cot.SPONTANEOUS) as Batch
            if (living().length < joined.size)
              expect(() => batch.setValues(numbers)).toThrow(expect.objectContaining({ code: "DETACHED" }))
            else {
              batch.setValues(numbers)
              for (const [i, key] of [...joined.keys()].sort((a, b) => a - b).entries())
                (joined.get(key) as Known).value = numbers[i] as number
            }
            break
          }
          case "send": {
            const before = told().length
            const sent = server.transmitBatch(batches.get(step.cause) as Batch)
            expect(sent).toBe(living().length > 0)
            const cyclic = step.cause === Cot.PERIODIC
            const expected = living().map(
              ([key, { eventType, value }]) => `${cyclic ? Type.M_ME_NC_1 : eventType} ${key}=${value}`
            )
            await client.until(() => told().length >= before + expected.length)
            expect(told().slice(before).sort()).toEqual(expected.sort())
            break
          }
        }
        for (const { point, value } of there.values()) expect(point.value).toBe(value)
      }
      // Nothing more comes behind.
      const before = told().length
      station.addPoint({ ioAddress: MARK, type: Type.M_SP_NA_1 })?.transmit(Cot.SPONTANEOUS)
      await client.next({ typeId: Type.M_SP_NA_1 })
      expect(told().length).toBe(before)
      client.close()
      await server.stop()
    }),
    { numRuns: 60 }
  )
})
