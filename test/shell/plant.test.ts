// A server out of a configuration file: every key is seen where a client or the process image shows it.
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import * as Image from "../../src/core/image/Image.ts"
import * as Numbered from "../../src/core/image/Numbered.ts"
import type * as Fields from "../../src/core/wire/Fields.ts"
import * as Config from "../../src/shell/config/Config.ts"
import * as Plant from "../../src/shell/config/Plant.ts"
import { FolderStore } from "../../src/shell/files/FileFolder.ts"
import type { Host } from "../../src/shell/Host.ts"
import { serve } from "../../src/shell/Serve.ts"
import { RawClient } from "../support/RawClient.ts"

const LISTEN = { host: "127.0.0.1", port: 0 }
const [BACKGROUND, SPONTANEOUS, ACTIVATION_CON, TERMINATION] = [2, 3, 7, 10]
const [INTERROGATED, GROUP_1, COUNTERS, COUNTER_GROUP_1] = [20, 21, 37, 38]
const [INTERROGATION, COUNTER_INTERROGATION, SINGLE_COMMAND] = [100, 101, 45]
const C_IC_GROUP_1 = 21
/** Of types whose table does not list 11. */
const RETURNED = 11
const FREEZE_AND_RESET = 2
const ALL_COUNTERS = 5
/** Short floats between 100 and 200 are less than this apart. */
const FLOAT_STEP = 0.0001

/** A server of one station with these rows, and what else the file says. */
const plantOf = async (rows: readonly string[], top = "", station = ""): Promise<Plant.Plant> => {
  const points = rows.map((row) => `      - { ${row} }`).join("\n")
  const text = `${top}\nstations:\n  - commonAddress: 1\n    ${station}\n    points:\n${points}\n`
  const config = await Effect.runPromise(Config.parse(text, path.join(os.tmpdir(), "plant.yaml")))
  return Effect.runPromise(Plant.build(config, LISTEN))
}

/** The same, listening and with its process running; and a started client. */
const served = async (rows: readonly string[], top = "", station = "") => {
  const plant = await plantOf(rows, top, station)
  const scope = await Effect.runPromise(Scope.make())
  onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const { port } = await Effect.runPromise(serve(plant.host, plant.ticker).pipe(Scope.provide(scope)))
  const client = await RawClient.connect(port)
  onTestFinished(() => client.close())
  await client.startdt()
  await Effect.runPromise(Effect.forkScoped(plant.process).pipe(Scope.provide(scope)))
  return { plant, client }
}

const placeOf = (host: Host, ioa: number, type?: number): Image.Place => {
  const station = Image.station(host.world.image, 1) as Image.Station
  const place = type === undefined ? Image.find(station, ioa) : Image.findTyped(station, ioa, type)
  if (place === null) throw new Error(`there is no point ${ioa}`)
  return place
}

const objectOf = ({ objects = [] }: Fields.AsduFields): Fields.ObjectFields => objects[0] as Fields.ObjectFields

const readingOf = ({ bcr }: Fields.ObjectFields) => bcr as { readonly counter: number }

const addressesOf = (asdus: readonly Fields.AsduFields[]): readonly number[] =>
  asdus.flatMap(({ objects = [] }) => objects.map(({ ioa }) => ioa))

describe("keys of the server", () => {
  it("become its options", async () => {
    const { host } = await plantOf(
      ["address: 1, type: M_SP_NA_1"],
      "select: 5 seconds\ncommandAge: 1 minute\nclock: { source: clients, valid: 1 hour }\nfiles: store\nlimits: { decisionMs: 77 }"
    )
    const { selectMs, commandAgeMs, clockSource, clockValidMs, files, limits } = host.options
    expect([selectMs, commandAgeMs, clockSource, clockValidMs]).toEqual([5000, 60_000, "c_cs", 3_600_000])
    expect([limits.decisionMs, limits.connections]).toEqual([77, 10_000])
    expect(files).toBeInstanceOf(FolderStore)
    expect((files as FolderStore).folder).toBe(path.join(os.tmpdir(), "store"))
  })

  it("let points of several types share an address, and commands name the one that shows what they did", async () => {
    const rows = [
      "address: 1, count: 2, type: M_SP_NA_1",
      "address: 1, count: 2, type: M_ME_NC_1",
      "address: 1, count: 2, type: C_SC_NA_1, feedback: 1, feedbackType: M_SP_NA_1"
    ]
    const { client } = await served(rows, "addressing: perType")
    client.command(SINGLE_COMMAND, 2, { scs: true })
    expect(await client.next({ cot: RETURNED })).toMatchObject({ typeId: 1, objects: [{ ioa: 2, spi: true }] })
    client.send(client.i({ typeId: 102, cot: 5, ca: 1, objects: [{ ioa: 2 }] }))
    await client.until(() => client.asdus({ cot: 5 }).length === 2)
    expect(client.asdus({ cot: 5 }).map(({ typeId }) => typeId)).toEqual([1, 13])
  })

  it.each(["unique", "perType"])(
    "let a row of commands stand before that of the points which share their addresses and show them (%s)",
    async (addressing) => {
      const rows = ["address: 1, count: 2, type: C_SC_NA_1, feedback: 1", "address: 1, count: 2, type: M_SP_NA_1"]
      const { client } = await served(rows, `addressing: ${addressing}`)
      client.command(SINGLE_COMMAND, 2, { scs: true })
      expect(await client.next({ cot: RETURNED })).toMatchObject({ typeId: 1, objects: [{ ioa: 2, spi: true }] })
    }
  )

  it("have defaults", async () => {
    const { options } = (await plantOf(["address: 1, type: M_SP_NA_1"])).host
    expect([options.selectMs, options.commandAgeMs, options.clockSource, options.files]).toEqual([
      30_000,
      0,
      "host",
      null
    ])
  })

  it("let time be invalid until a client sets the clock", async () => {
    const { client } = await served(
      ["address: 1, type: M_SP_TB_1, simulate: { kind: toggle, every: 50 ms }"],
      "clock: { source: clients }"
    )
    const before = objectOf(await client.next({ cot: SPONTANEOUS }))
    expect(before.time).toMatchObject({ iv: true })
    const time = {
      fmt: "CP56Time2a",
      ms: 1000,
      min: 30,
      hour: 12,
      dom: 1,
      dow: 0,
      month: 6,
      year: 20,
      iv: false,
      su: false,
      gen: false
    }
    client.send(client.i({ typeId: 103, cot: 6, ca: 1, objects: [{ ioa: 0, time }] }))
    await client.next({ typeId: 103, cot: ACTIVATION_CON })
    const valid = (frame: Fields.FrameFields): boolean => {
      if (!("typeId" in frame) || frame.typeId !== 30) return false
      const { iv, year } = objectOf(frame).time as { readonly iv: boolean; readonly year: number }
      return !iv && year === 20
    }
    expect(objectOf(await client.next(valid)).ioa).toBe(1)
  })
})

describe("keys of a station", () => {
  it("set its zone, its background scan and how its counters are frozen", async () => {
    const { host } = await plantOf(
      ["address: 1, type: M_SP_TB_1"],
      "",
      "timeZone: Asia/Kolkata\n    counters: { mode: B, freeze: 1 hour }"
    )
    const { block, slot } = placeOf(host, 1)
    const noon = Date.UTC(2024, 0, 1, 12)
    host.setQuality(block, slot, 0, noon)
    expect(block.zone.offsetMs).toBe(5.5 * 3_600_000)
    expect(Numbered.find(host.station.counterModes, 1)).toBe("B")
  })

  it("scan in the background", async () => {
    const { client } = await served(["address: 1, count: 3, type: M_SP_TB_1, value: on"], "", "background: 100 ms")
    const scan = await client.next({ cot: BACKGROUND })
    expect([scan.typeId, addressesOf([scan])]).toEqual([1, [1, 2, 3]])
  })

  it("freeze counters by the clock and tell them", async () => {
    const { client } = await served(
      ["address: 1, type: M_IT_NA_1, value: 1000, simulate: { kind: count, every: 20 ms, step: 5 }"],
      "",
      "counters: { mode: A, freeze: 200 ms }"
    )
    const [first, second] = [await client.next({ cot: SPONTANEOUS }), await client.next({ cot: SPONTANEOUS })]
    const [one, two] = [objectOf(first), objectOf(second)] as const
    expect([first.typeId, one.ioa, two.ioa]).toEqual([15, 1, 1])
    const [before, after] = [readingOf(one).counter, readingOf(two).counter]
    expect(before).toBeGreaterThanOrEqual(1000)
    expect(after).toBeGreaterThan(before)
    expect((after - before) % 5).toBe(0)
  })

  it.each([
    ["", [1000, 1000]],
    [", reset: true", [1000, 0]]
  ])("freeze counters by the clock%s, and tell readings of it", async (reset, readings) => {
    const { client } = await served(
      ["address: 1, type: M_IT_NA_1, value: 1000"],
      "",
      `counters: { mode: A, freeze: 200 ms${reset} }`
    )
    const told = [await client.next({ cot: SPONTANEOUS }), await client.next({ cot: SPONTANEOUS })]
    expect(told.map((asdu) => readingOf(objectOf(asdu)).counter)).toEqual(readings)
  })
})

describe("keys of monitoring points", () => {
  it("choose the types of events and of answers", async () => {
    const { client } = await served([
      "address: 1, type: M_ME_NC_1, eventType: M_ME_TF_1, interrogationType: M_ME_TF_1, simulate: { kind: sine, period: 1, amplitude: 5, every: 50 ms }"
    ])
    expect((await client.next({ cot: SPONTANEOUS })).typeId).toBe(36)
    client.interrogate()
    expect((await client.next({ cot: INTERROGATED })).typeId).toBe(36)
  })

  it("put them into interrogation groups", async () => {
    const { client } = await served([
      "address: 1, count: 3, type: M_SP_NA_1, groups: [1, 3]",
      "address: 10, type: M_SP_NA_1",
      "address: 20, type: M_ME_NC_1, groups: 1"
    ])
    client.send(client.i({ typeId: INTERROGATION, cot: 6, ca: 1, objects: [{ ioa: 0, qoi: C_IC_GROUP_1 }] }))
    await client.next({ typeId: INTERROGATION, cot: TERMINATION })
    expect(addressesOf(client.asdus({ cot: GROUP_1 }))).toEqual([1, 2, 3, 20])
  })

  it("put counters into counter groups, and count until they are frozen", async () => {
    const { client, plant } = await served([
      "address: 1, type: M_IT_NA_1, counterGroups: [1], value: 2147483647, simulate: { kind: count, every: 20 ms }",
      "address: 2, type: M_IT_NA_1, value: 5"
    ])
    const { block, slot } = placeOf(plant.host, 1)
    await vi.waitFor(() => expect(Image.value(block, slot)).toBeLessThan(0))
    const ask = (rqt: number, frz: number) =>
      client.send(client.i({ typeId: COUNTER_INTERROGATION, cot: 6, ca: 1, objects: [{ ioa: 0, rqt, frz }] }))
    const terminated = () => client.next({ typeId: COUNTER_INTERROGATION, cot: TERMINATION })
    ask(1, FREEZE_AND_RESET)
    await terminated()
    expect(Image.value(block, slot)).toBeGreaterThanOrEqual(0)
    ask(1, 0)
    await terminated()
    const [frozen] = client.asdus({ cot: COUNTER_GROUP_1 })
    expect(addressesOf(client.asdus({ cot: COUNTER_GROUP_1 }))).toEqual([1])
    expect(objectOf(frozen as Fields.AsduFields)).toMatchObject({ bcr: { cy: true, sq: 1 } })
    ask(ALL_COUNTERS, 0)
    await terminated()
    expect(addressesOf(client.asdus({ cot: COUNTERS }))).toEqual([1, 2])
    expect(client.asdus({ cot: SPONTANEOUS })).toEqual([])
  })

  it("make events only outside the deadband", async () => {
    const sine =
      "type: M_ME_NC_1, simulate: { kind: sine, every: 10 ms, period: 2 seconds, amplitude: 50, offset: 150 }"
    const { client } = await served([
      `address: 1, ${sine}`,
      `address: 2, ${sine}, deadband: 5`,
      `address: 3, ${sine}, deadband: 5 %`
    ])
    const valuesOf = (ioa: number): readonly number[] =>
      client
        .asdus({ cot: SPONTANEOUS })
        .flatMap(({ objects = [] }) => objects.filter((object) => object.ioa === ioa).map(({ value }) => Number(value)))
    await client.until(() => valuesOf(1).length > 60 && valuesOf(2).length > 1 && valuesOf(3).length > 1)
    const bands = [
      [2, () => 5],
      [3, (before: number) => before * 0.05]
    ] as const
    for (const [ioa, band] of bands) {
      const values = valuesOf(ioa)
      for (let i = 1; i < values.length; i++) {
        const [before = 0, after = 0] = values.slice(i - 1, i + 1)
        expect(Math.abs(after - before)).toBeGreaterThan(band(before) - FLOAT_STEP)
      }
      expect(values.length).toBeLessThan(valuesOf(1).length)
    }
  })

  it("make at most one event in the time of their rate", async () => {
    const { client } = await served([
      "address: 1, type: M_SP_NA_1, simulate: { kind: toggle, every: 10 ms }",
      "address: 2, type: M_SP_NA_1, rate: 10 s, simulate: { kind: toggle, every: 10 ms }"
    ])
    const eventsOf = (ioa: number) => addressesOf(client.asdus({ cot: SPONTANEOUS })).filter((one) => one === ioa)
    await client.until(() => eventsOf(1).length >= 20)
    expect(eventsOf(2)).toHaveLength(1)
  })
})

describe("keys of commands", () => {
  const act = { qu: 0, scs: true, select: false }

  it("ask for a selection", async () => {
    const { client } = await served([
      "address: 1, type: C_SC_NA_1, mode: select, accept: true",
      "address: 2, type: C_SC_NA_1, accept: true"
    ])
    client.command(SINGLE_COMMAND, 1, act)
    expect((await client.next({ typeId: SINGLE_COMMAND, cot: ACTIVATION_CON })).negative).toBe(true)
    client.command(SINGLE_COMMAND, 1, { ...act, select: true })
    expect((await client.next({ typeId: SINGLE_COMMAND, cot: ACTIVATION_CON })).negative).toBe(false)
    client.command(SINGLE_COMMAND, 1, act)
    expect((await client.next({ typeId: SINGLE_COMMAND, cot: ACTIVATION_CON })).negative).toBe(false)
    await client.next({ typeId: SINGLE_COMMAND, cot: TERMINATION })
    client.command(SINGLE_COMMAND, 2, act)
    expect((await client.next({ typeId: SINGLE_COMMAND, cot: ACTIVATION_CON })).negative).toBe(false)
  })

  it("leave the termination out", async () => {
    const { client } = await served([
      "address: 1, type: C_SC_NA_1, terminate: false, accept: true",
      "address: 2, type: C_SC_NA_1, accept: true"
    ])
    client.command(SINGLE_COMMAND, 1, act)
    client.command(SINGLE_COMMAND, 2, act)
    await client.next({ typeId: SINGLE_COMMAND, cot: TERMINATION })
    expect(addressesOf(client.asdus({ cot: ACTIVATION_CON }))).toEqual([1, 2])
    expect(addressesOf(client.asdus({ cot: TERMINATION }))).toEqual([2])
  })

  it("let a command share the address of the point it acts on", async () => {
    const { client, plant } = await served([
      "address: 1, count: 2, type: M_SP_NA_1",
      "address: 1, count: 2, type: C_SC_NA_1, feedback: 1",
      "address: 3, type: C_SC_NA_1, accept: false"
    ])
    client.command(SINGLE_COMMAND, 2, act)
    await client.next({ typeId: SINGLE_COMMAND, cot: TERMINATION })
    const values = [1, 2].map((ioa) => placeOf(plant.host, ioa, 1)).map(({ block, slot }) => Image.value(block, slot))
    expect(values).toEqual([0, 1])
    expect(addressesOf(client.asdus({ typeId: 1 }))).toEqual([2])
    client.command(SINGLE_COMMAND, 3, act)
    expect((await client.next({ typeId: SINGLE_COMMAND, negative: true })).cot).toBe(ACTIVATION_CON)
  })
})
