// A setting that one way to make a point takes, all take: each key of a configuration file with each type is judged by
// `check` as both faces judge the setting that it stands for.
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { CommandMode, Server, Type } from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"
import { iec104, scratch } from "../cli/support.ts"

const { write } = scratch()

/** What a key stands for in the faces; nothing where a face has no such setting. */
interface Row {
  readonly yaml: object
  readonly promise?: object
  readonly effect?: object
}

const both = (yaml: object, faces: object): Row => ({ yaml, promise: faces, effect: faces })

/** Settings of a point of a type; its variants are the type itself. */
const rowsOf = (type: string, id: number): readonly Row[] => [
  both({}, {}),
  both({ eventType: type }, { eventType: id }),
  both({ interrogationType: type }, { interrogationType: id }),
  both({ groups: [16] }, { groups: [16] }),
  both({ groups: [17] }, { groups: [17] }),
  both({ counterGroups: [4] }, { counterGroups: [4] }),
  both({ counterGroups: [5] }, { counterGroups: [5] }),
  both({ cyclic: "5 seconds" }, { reportMs: 5000 }),
  both({ cyclic: "150 ms" }, { reportMs: 150 }),
  both({ cyclic: "50 ms" }, { reportMs: 50 }),
  both({ deadband: 2 }, { deadband: { absolute: 2 } }),
  both({ deadband: "2 %" }, { deadband: { percent: 2 } }),
  both({ deadband: -2 }, { deadband: { absolute: -2 } }),
  both({ rate: "1 second" }, { minIntervalMs: 1000 }),
  { yaml: { mode: "select" }, promise: { commandMode: CommandMode.SELECT_AND_EXECUTE }, effect: { select: true } },
  both({ terminate: false }, { actTerm: false }),
  {
    yaml: { mode: "select", terminate: false },
    promise: { commandMode: CommandMode.SELECT_AND_EXECUTE, actTerm: false },
    effect: { select: true, actTerm: false }
  },
  both({ tags: "both" }, { tags: "both" }),
  both({ tags: "foo" }, { tags: "foo" }),
  // without a word of its own in a file: as whoever is asked to decide or carry out
  { yaml: { accept: true }, effect: { abandon: "signal" } },
  // the point with this address can show a single command
  { yaml: { feedback: 1 }, effect: { feedback: 1 } }
]

/** All types, also those that no point can have. */
const types = Object.entries(Type).filter((entry): entry is [string, Type] => typeof entry[1] === "number")

const cases = types.flatMap(([type, id]) => rowsOf(type, id).map((row) => ({ type, id, row })))

const named = (wanted: (at: number) => boolean): readonly string[] =>
  cases.flatMap(({ type, row }, at) => (wanted(at) ? [`${type} ${JSON.stringify(row.yaml)}`] : []))

const FIRST = 10

/** What `check` refuses, by case. */
const refusedByCheck = async (): Promise<ReadonlySet<number>> => {
  const rows = cases.map(({ type, row }, at) => JSON.stringify({ address: at + FIRST, type, ...row.yaml }))
  const lines = [JSON.stringify({ address: 1, type: "M_SP_NA_1" }), ...rows].map((row) => `      - ${row}`)
  const file = write("settings.yaml", `stations:\n  - commonAddress: 1\n    points:\n${lines.join("\n")}\n`)
  const { err } = await iec104(["check", file])
  return new Set([...err.matchAll(/points\[(\d+)\]/g)].map(([, at]) => Number(at) - 1))
}

const throws = (call: () => unknown): boolean => {
  try {
    call()
    return false
  } catch (cause) {
    if (!/^INVALID_/.test(String((cause as { readonly code?: unknown }).code))) throw cause
    return true
  }
}

describe("each setting with each type", () => {
  it("is refused by the Promise face where `check` refuses it, and only there", async () => {
    const refused = await refusedByCheck()
    const station = new Server({ profile: "iec" }).addStation(1)
    const other = named((at) => {
      const { id, row } = cases[at] as (typeof cases)[number]
      const options = { ioAddress: at + FIRST, type: id, ...row.promise } as { ioAddress: number; type: Type }
      return row.promise !== undefined && throws(() => station?.addPoint(options)) !== refused.has(at)
    })
    expect(other).toEqual([])
    expect([refused.size > 0, cases.length - refused.size > 0]).toEqual([true, true])
  })

  it("is refused by the Effect face where `check` refuses it, and only there", async () => {
    const refused = await refusedByCheck()
    const station = Effect.runSync(Effect.flatMap(Iec104.make(), (server) => server.addStation(1)))
    Effect.runSync(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 }))
    const other = named((at) => {
      const { id, row } = cases[at] as (typeof cases)[number]
      const made = station.addPoint({ ioAddress: at + FIRST, type: id, ...row.effect })
      const fails = Effect.runSync(Effect.match(made, { onFailure: () => true, onSuccess: () => false }))
      return row.effect !== undefined && fails !== refused.has(at)
    })
    expect(other).toEqual([])
  })
})
