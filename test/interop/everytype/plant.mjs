// The served file: stations with points of every type, what is fed into them, and what a controlling station asks.
import { asdu, cp56 } from "./client.mjs"
import * as files from "./fileSession.mjs"
import { instants, isTagged, mnemonics, samples, timeFields } from "./values.mjs"

const every = 1
const berlin = 2
const scanned = 3
const onRequest = 4
const byClock = 5
const reported = 6
const commands = 7
const global = 65535

const types = [...samples.keys()]
const interrogated = types.filter((type) => type < 38)
const counters = [15, 37]
const commandTypes = [45, 46, 47, 48, 49, 50, 51, 58, 59, 60, 61, 62, 63, 64]
const isBitstring = (type) => type === 51 || type === 64
const cyclicTypes = [9, 11, 13, 21]
const scannedTypes = [1, 3, 5, 7, 9, 11, 13, 20, 21]
const refused = 1000
const selected = 2000
const qualityNames = {
  ...{ ov: "overflow", ei: "elapsed-time-invalid", bl: "blocked" },
  ...{ sb: "substituted", nt: "not-topical", iv: "invalid" }
}

const point = (address, type, more = {}) => ({ address, type: mnemonics[type], ...more })
const groupOf = (type) => 1 + (interrogated.indexOf(type) % 16)

/** A row of a scanned type for each of its samples: several points in sequence, alike. */
const scannedRows = scannedTypes.flatMap((type) =>
  samples.get(type).map(({ value, quality, fields }, index) => ({
    fields,
    row: point(type * 1000 + index * 10, type, {
      count: 4,
      value,
      ...(quality.length === 0 ? {} : { quality: quality.map((name) => qualityNames[name]) }),
      ...(cyclicTypes.includes(type) && index % 2 === 0 ? { cyclic: "1 second" } : {})
    })
  }))
)

const counterRows = counters.map((type, index) =>
  point(type, type, { value: index === 0 ? 123_456 : -7, counterGroups: index === 0 ? [1, 2] : [3, 4] })
)

/** The configuration; JSON is YAML. */
export const config = (folder) => ({
  profile: "iec",
  link: { k: 12, w: 8, t1: "15 seconds", t2: "1 second", t3: "2 seconds" },
  select: "5 seconds",
  files: folder,
  stations: [
    {
      commonAddress: every,
      points: types.map((type) => point(type, type, interrogated.includes(type) ? { groups: [groupOf(type)] } : {}))
    },
    {
      commonAddress: berlin,
      timeZone: "Europe/Berlin",
      points: types.filter(isTagged).map((type) => point(type, type))
    },
    { commonAddress: scanned, background: "2 seconds", points: scannedRows.map(({ row }) => row) },
    { commonAddress: onRequest, points: counterRows },
    { commonAddress: byClock, counters: { mode: "A", freeze: "2 seconds" }, points: counterRows },
    { commonAddress: reported, counters: { mode: "D" }, points: counterRows },
    {
      commonAddress: commands,
      points: [
        ...[101, 102, 103, 104, 105, 106].map((address, i) => point(address, [1, 30, 3, 31, 13, 36][i])),
        ...commandTypes.map((type) => point(type, type, feedback(type) ?? { accept: true })),
        ...commandTypes.map((type) => point(refused + type, type, { accept: false })),
        ...commandTypes
          .filter((type) => !isBitstring(type))
          .map((type) => point(selected + type, type, { mode: "select", accept: true }))
      ]
    }
  ]
})

const feedbacks = { 45: 101, 58: 102, 46: 103, 59: 104, 50: 105, 63: 106 }
const feedback = (type) => (feedbacks[type] === undefined ? null : { feedback: feedbacks[type] })

// The last Sundays of March and October 2026, at 01:00 UTC.
const summer = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)]
const summer2024 = [Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)]
const isSummer = (ms) => [summer, summer2024].some(([from, to]) => ms >= from && ms < to)
const timeIn = (ca, ms) => {
  if (ca !== berlin) return timeFields(ms)
  return timeFields(ms, (isSummer(ms) ? 2 : 1) * 3_600_000, isSummer(ms))
}

/** Lines for standard input, each with what has to be seen of it. */
export const feed = () =>
  [every, berlin].flatMap((ca) =>
    types
      .filter((type) => ca === every || isTagged(type))
      .flatMap((type) => {
        const list = samples.get(type)
        const count = isTagged(type) ? Math.max(list.length, instants.length) : list.length
        return Array.from({ length: count }, (_, index) => {
          const { value, quality, fields } = list[index % list.length]
          const at = instants[index % instants.length]
          const line = { station: ca, address: type, value, ...(quality === undefined ? {} : { quality }) }
          return {
            line: JSON.stringify({ ...line, at: new Date(at).toISOString() }),
            meant: { ca, ioa: type, type, fields: { ...fields, ...(isTagged(type) ? timeIn(ca, at) : {}) } }
          }
        })
      })
  )

/** What the points of the scanned station always say. */
export const standing = new Map(
  scannedRows.flatMap(({ row, fields }) =>
    Array.from({ length: row.count }, (_, index) => [`${scanned}/${row.address + index}`, fields])
  )
)

const float = (value) => [...Buffer.from(Float32Array.of(value).buffer)]
const int16 = (value) => [value & 255, (value >> 8) & 255]
/** Elements of a command without select bit; its qualifier is the last octet but for bitstrings. */
const elementsOf = {
  45: [[0], [1], [0x05], [0x0c]],
  46: [[1], [2], [0x0a]],
  47: [[1], [2], [0x0d]],
  48: [
    [...int16(-32768), 0],
    [...int16(32767), 0]
  ],
  49: [
    [...int16(-32768), 0],
    [...int16(-1), 0]
  ],
  50: [
    [...float(-273.15), 0],
    [...float(3.4028234663852886e38), 0]
  ],
  51: [
    [0x78, 0x56, 0x34, 0x12],
    [0xff, 0xff, 0xff, 0xff]
  ]
}
const commandElements = (type) =>
  type < 58 ? elementsOf[type] : elementsOf[type - 13].map((element) => [...element, ...cp56(Date.now())])
/** The element with its select bit set, which lies in the octet before the time tag. */
const selecting = (type, element) => {
  const at = element.length - (type < 58 ? 1 : 8)
  return element.map((octet, index) => (index === at ? octet | 0x80 : octet))
}

const commandProgram = async (client) => {
  for (const type of commandTypes) {
    const command = (cause, ioa, element, originator = 0) => asdu(type, cause, commands, ioa, element, originator)
    for (const element of commandElements(type)) await client.ask(command(6, type, element, 42), ["7", "10"])
    const [element] = commandElements(type)
    await client.ask(command(6 | 0x80, type, element), ["7", "10"])
    await client.ask(command(6, refused + type, element), ["7-"])
    await client.ask(command(6, 9999, element), ["47-"])
    await client.ask(command(3, type, element), ["45-"])
    await client.ask(asdu(type, 6, 99, type, element), ["46-"])
    await client.ask(command(8, type, element), ["9-"])
    if (isBitstring(type)) continue
    const select = selecting(type, element)
    await client.ask(command(6, type, select), ["7-"])
    await client.ask(command(6, selected + type, element), ["7-"])
    await client.ask(command(6, selected + type, select), ["7"])
    await client.ask(command(6, selected + type, element), ["7", "10"])
    await client.ask(command(6, selected + type, select, 255), ["7"])
    await client.ask(command(8, selected + type, select, 255), ["9"])
    await client.ask(command(8, selected + type, select), ["9-"])
  }
}

const interrogate = (client, ca, qoi, answers) => client.ask(asdu(100, 6, ca, 0, [qoi]), answers)
const count = (client, ca, qcc, answers = ["7", "10"]) => client.ask(asdu(101, 6, ca, 0, [qcc]), answers)

const counterProgram = async (client) => {
  for (const [freeze, request] of [
    [0x45, 5],
    [0x85, 1],
    [0x45, 2],
    [0xc5, 3],
    [0x45, 4]
  ]) {
    await count(client, onRequest, freeze)
    await count(client, onRequest, request)
    await count(client, reported, freeze)
  }
  await count(client, onRequest, 5)
  await count(client, byClock, 5)
  await count(client, onRequest, 6, ["7-"])
}

const systemProgram = async (client, stations) => {
  for (const ca of [every, global])
    await client.ask(asdu(103, 6, ca, 0, cp56(Date.now(), { su: true })), Array(ca === global ? stations : 1).fill("7"))
  await client.ask(asdu(107, 6, every, 0, [0x34, 0x12, ...cp56(instants[1])], 7), ["7"])
  await client.ask(asdu(107, 6, every, 1, [0x34, 0x12, ...cp56(instants[1])]), ["47-"])
  await client.ask(asdu(105, 6, every, 0, [1]), ["7-"])
  await client.ask(asdu(104, 6, every, 0, [0xaa, 0x55]), ["44-"])
  await client.ask(asdu(106, 6, every, 0, [1, 0]), ["44-"])
  await client.ask(asdu(1, 3, every, 1, [1]), ["44-"])
  await client.ask(asdu(36, 3, every, 36, [0, 0, 0, 0, 0, ...cp56(0)]), ["44-"])
  for (const [type, ioa, value] of [
    [110, 9, int16(1000)],
    [111, 11, int16(-1000)],
    [112, 13, float(0.5)]
  ]) {
    await client.ask(asdu(type, 6, every, ioa, [...value, 1]), ["7-"])
    await client.ask(asdu(type, 6, every, 9999, [...value, 1]), ["47-"])
    await client.ask(asdu(type, 3, every, ioa, [...value, 1]), ["45-"])
  }
  await client.ask(asdu(113, 6, every, 9, [3]), ["7-"])
  await client.ask(asdu(113, 8, every, 9, [3]), ["9-"])
}

const fileProgram = async (client, contents) => {
  for (const [ioa, octets] of contents) {
    const got = await files.receive(client, every, ioa, 1)
    if (!got.equals(octets)) throw new Error(`file ${ioa} came as ${got.length} octets, or other ones`)
  }
  await files.directory(client, every)
  const sent = Buffer.from(Array.from({ length: 700 }, (_, index) => (index * 7) & 255))
  await files.send(client, every, 30_010, 258, sent, { wrong: true })
  const back = await files.receive(client, every, 30_010, 258)
  if (!back.equals(sent)) throw new Error("the file that was sent came back with other octets")
  await files.selectUnknown(client, every, 30_099, 1)
  await files.directory(client, every)
  await files.remove(client, every, 30_010, 258)
  await files.directory(client, commands)
  // A part of an archive: the folder has none, so that the answer is a negative F_FR_NA_1.
  await client.ask(asdu(127, 13, every, 30_000, [1, 0, ...cp56(instants[0]), ...cp56(instants[4])]), ["120/13"])
  await client.ask(asdu(126, 13, every, 30_000, [1, 0, 0, 0, 0, 0, ...cp56(instants[4])]), ["44-"])
}

/** The files that the server offers at the beginning, by object address. */
export const contents = new Map([
  [30_000, Buffer.from(Array.from({ length: 500 }, (_, index) => index & 255))],
  [30_001, Buffer.alloc(0)],
  [30_002, Buffer.alloc(66_000, 0x5a)]
])
export const fileName = (ioa) => `${every}-${ioa}-1`

/** Asks for everything; `feedLine` writes a line to the server's standard input. Steps as `[name, run]`. */
export const program = (client, feedLine, stations) => {
  const lines = feed()
  return [
    [
      "events of every type",
      async () => {
        for (const { line } of lines) feedLine(line)
        const objects = () =>
          client.received.reduce((n, one) => n + (one[2] === 3 && one.readUInt16LE(4) <= berlin ? one[1] & 127 : 0), 0)
        await client.until(() => objects() >= lines.length, `${lines.length} events`, 10_000)
      }
    ],
    [
      "interrogation of every station and group",
      async () => {
        await interrogate(client, every, 20, ["7", "10"])
        for (let group = 1; group <= 16; group++) await interrogate(client, every, 20 + group, ["7", "10"])
        await interrogate(client, every, 37, ["7-"])
        await interrogate(client, scanned, 20, ["7", "10"])
        await client.ask(asdu(100, 8, every, 0, [20]), ["9-"])
        await interrogate(client, global, 20, [...Array(stations).fill("7"), ...Array(stations).fill("10")])
        await interrogate(client, 99, 20, ["46-"])
      }
    ],
    [
      "reading of every point",
      async () => {
        for (const type of types.filter((one) => one < 38)) {
          const from = client.received.length
          client.send(asdu(102, 5, every, type, [], 9))
          await client.until(() => client.received.slice(from).some((one) => one[2] === 5), `the value of ${type}`)
        }
        await client.ask(asdu(102, 5, every, 9999, []), ["47-"])
        await client.ask(asdu(102, 6, every, 1, []), ["45-"])
      }
    ],
    ["counters in every mode", () => counterProgram(client)],
    ["commands of every type", () => commandProgram(client)],
    ["clock, test, reset, parameters, unknown types", () => systemProgram(client, stations)],
    ["files in both directions", () => fileProgram(client, contents)],
    [
      "cyclic values, background scan, counters by the clock",
      () =>
        client.until(
          () => [1, 2].every((cause) => client.received.filter((one) => one[2] === cause).length >= 20),
          "values with causes 1 and 2",
          10_000
        )
    ],
    ["tests of the link", () => client.test()]
  ]
}
