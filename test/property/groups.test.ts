// Stations, their points and groups come and go in any order: whoever asks all stations for a group is answered by exactly
// those that are there, positively by those that have a point in it.
import fc from "fast-check"
import { expect, it } from "vitest"
import { Cot, Type } from "../../src/api/c104/index.ts"
import { makeServer, startClient } from "../support/Stage.ts"

const GLOBAL = 0xffff
const STATIONS = 6
const POINTS = 4

const change = fc.record({
  ca: fc.integer({ min: 1, max: STATIONS }),
  ioAddress: fc.integer({ min: 1, max: POINTS }),
  groups: fc.subarray([1, 2, 16]),
  act: fc.constantFrom("station", "point", "point", "point", "removePoint", "removePoint", "removeStation")
})
const plan = fc.array(fc.oneof({ weight: 4, arbitrary: change }, fc.constantFrom(1, 2, 16)), { maxLength: 60 })

it("a group that all stations are asked for is answered by those that are there", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (steps) => {
      const server = makeServer()
      const model = new Map<number, Map<number, readonly number[]>>()
      await server.start()
      const client = await startClient(server.port)
      for (const step of steps) {
        if (typeof step !== "number") {
          const { ca, ioAddress, groups, act } = step
          const points = model.get(ca)
          if (act === "station" || (act === "point" && points === undefined)) {
            if (server.addStation(ca) !== null) model.set(ca, new Map())
          } else if (act === "removeStation") {
            server.removeStation(ca)
            model.delete(ca)
          } else if (act === "removePoint") {
            server.getStation(ca)?.removePoint(ioAddress)
            points?.delete(ioAddress)
          } else if (server.getStation(ca)?.addPoint({ ioAddress, type: Type.M_SP_NA_1, groups }) != null)
            points?.set(ioAddress, groups)
          continue
        }
        if (model.size === 0) continue
        const has = (ca: number): boolean => [...(model.get(ca)?.values() ?? [])].some((in_) => in_.includes(step))
        const before = client.asdus({ typeId: Type.C_IC_NA_1 }).length
        client.send(
          client.i({
            typeId: Type.C_IC_NA_1,
            sq: false,
            cot: Cot.ACTIVATION,
            ca: GLOBAL,
            objects: [{ ioa: 0, qoi: 20 + step }]
          })
        )
        const having = [...model.keys()].filter(has)
        const answers = () => client.asdus({ typeId: Type.C_IC_NA_1 }).slice(before)
        await client.until(() => answers().length === model.size + having.length)
        const confirmed = answers().filter(({ cot }) => cot === Cot.ACTIVATION_CON)
        const by = (negative: boolean): number[] =>
          confirmed
            .filter((answer) => answer.negative === negative)
            .map(({ ca }) => ca)
            .toSorted((a, b) => a - b)
        const all = [...model.keys()].toSorted((a, b) => a - b)
        expect([by(false), by(true)]).toEqual([all.filter(has), all.filter((ca) => !has(ca))])
      }
      client.close()
      await server.stop()
    }),
    { numRuns: 60 }
  )
})
