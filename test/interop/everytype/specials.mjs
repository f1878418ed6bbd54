// A server for what a file cannot say, made with the package's classes: started by run.mjs with the folder of the
// build; each line on standard input names a step, and every value that a step sends is told before `done`.
import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"

const dist = process.argv[2]
const api = await import(pathToFileURL(`${dist}/api/c104/index.js`).href)
const { BinaryCounterQuality, Coi, Cot, DateTime, ResponseState, Server, Type } = api
const { OutputCircuits, PackedSingle, Quality, StartEvents } = api

const say = (record) => process.stdout.write(`${JSON.stringify(record)}\n`)
const ca = 1
const unsynchronised = 2

const points = new Map()
const stationOf = (server, common) => {
  const station = server.addStation(common)
  for (const type of [1, 3, 5, 7, 9, 11, 13, 15, 20, 21, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40])
    points.set(`${server === clients ? "clients" : "host"}/${type}`, station.addPoint({ ioAddress: type, type }))
  return station
}

// What is said on standard output is read as JSON.
const logWriter = (line) => process.stderr.write(`${line}\n`)
const options = { ip: "127.0.0.1", port: 0, selectTimeoutMs: 5000, logWriter }
const host = new Server(options)
const clients = new Server({ ...options, clockSource: "c_cs" })
const station = stationOf(host, ca)
stationOf(clients, unsynchronised)
const manual = station.addPoint({ ioAddress: 1045, type: Type.C_SC_NA_1 })
manual.actTerm = "manual"
manual.onReceive(() => ResponseState.NONE)
const throwing = station.addPoint({ ioAddress: 1046, type: Type.C_DC_NA_1 })
throwing.onReceive(() => ResponseState.FAILURE)
for (const type of [49, 62]) station.addPoint({ ioAddress: 1000 + type, type }).onReceive(() => ResponseState.SUCCESS)
for (const type of [30, 35, 36]) points.get(`host/${type}`).groups = [16]
points.get("host/36").reportMs = 500
points.get("host/30").reportMs = 500
points.get("host/9").reportMs = 500

host.onReset(() => ResponseState.SUCCESS)
host.onParameter((_, __, request) =>
  (request.qualifier & 0x3f) === 2 && request.type !== 113 ? ResponseState.FAILURE : ResponseState.SUCCESS
)
let accepting = false
host.onClockSync(() => (accepting ? ResponseState.SUCCESS : ResponseState.FAILURE))

const at = Date.UTC(2026, 6, 1, 12, 34, 56, 789)
const recordedAt = new DateTime({ epochMs: at })
const time = { "time.ms": 56_789, "time.min": 34, "time.gen": 0, "time.iv": 0, "time.hour": 12, "time.su": 0 }
const date = { "time.dom": 1, "time.dow": 0, "time.month": 7, "time.year": 26 }
const good = { "quality.ov": 0, "quality.bl": 0, "quality.sb": 0, "quality.nt": 0, "quality.iv": 0 }
const goodProtection = { "qdp.ei": 0, "qdp.bl": 0, "qdp.sb": 0, "qdp.nt": 0, "qdp.iv": 0 }
const names = (group, list, set) =>
  Object.fromEntries(list.map((name) => [`${group}.${name}`, set.includes(name) ? 1 : 0]))
const bcr = (counter, sq, set = []) => ({
  "bcr.counter": counter,
  "bcr.sq": sq,
  ...names("bcr", ["cy", "ca", "iv"], set)
})

const transmit = (type, info, fields, cause = Cot.SPONTANEOUS, of = "host") => {
  const point = points.get(`${of}/${type}`)
  if (info !== null) point.info = info
  const common = of === "clients" ? unsynchronised : ca
  say({ meant: { ca: common, ioa: type, type, cause, fields } })
  if (!point.transmit(cause)) say({ error: `nobody took the event of type ${type}` })
}

const both = (untagged, tagged, make, fields) => {
  for (const type of [untagged, tagged])
    transmit(type, make({ recordedAt }), { ...fields, ...(type >= 30 ? { ...time, ...date } : {}) })
}

const steps = {
  initialised: () => {
    for (const cause of [Coi.LOCAL_POWER_ON, Coi.LOCAL_MANUAL_RESET, Coi.REMOTE_RESET, 0x82, 0x7f]) {
      const fields = { coi: cause & 0x7f, localParamChange: cause >> 7 }
      say({ meant: { ca, ioa: 0, type: 70, cause: 4, fields } })
      station.signalInitialized(cause)
    }
  },
  values: () => {
    for (const transient of [true, false])
      for (const position of [-64, 63])
        both(5, 32, (tag) => new api.StepInfo({ position, transient, ...tag }), {
          ...{ value: position, transient: transient ? 1 : 0 },
          ...good
        })
    for (const [actual, valueBits] of [
      [-1.5, 0xbfc00000],
      // What is no number is told as the last number, invalid.
      [Number.POSITIVE_INFINITY, 0xbfc00000],
      [Number.NEGATIVE_INFINITY, 0xbfc00000],
      [Number.NaN, 0xbfc00000]
    ])
      both(13, 36, (tag) => new api.ShortInfo({ actual, ...tag }), {
        valueBits,
        ...good,
        "quality.iv": Number.isFinite(actual) ? 0 : 1
      })
    const measured = points.get("host/13")
    const invalid = { valueBits: 0xbfc00000, ...good, "quality.iv": 1 }
    measured.info = new api.ShortInfo({ actual: -1.5 })
    measured.value = Number.NaN
    transmit(13, null, invalid)
    // An update is compared with what was told.
    transmit(13, new api.ShortInfo({ actual: -1.5 }), { ...invalid, "quality.iv": 0 })
    say({ meant: { ca, ioa: 13, type: 13, cause: 3, fields: invalid } })
    if (!measured.update(Number.NaN)) say({ error: "no event was made of an update to NaN" })
    for (const [quality, set] of [
      [BinaryCounterQuality.none, []],
      [BinaryCounterQuality.Carry, ["cy"]],
      [BinaryCounterQuality.Adjusted, ["ca"]],
      [BinaryCounterQuality.Invalid, ["iv"]],
      [BinaryCounterQuality.from(0xe0), ["cy", "ca", "iv"]]
    ])
      for (const [counter, sequence] of [
        [-2_147_483_648, 0],
        [2_147_483_647, 31]
      ])
        both(
          15,
          37,
          (tag) => new api.BinaryCounterInfo({ counter, sequence, quality, ...tag }),
          bcr(counter, sequence, set)
        )
    const quality = Quality.from(0xf8)
    const all = names("qdp", ["ei", "bl", "sb", "nt", "iv"], ["ei", "bl", "sb", "nt", "iv"])
    for (const elapsedMs of [0, 1, 59_999, 65_535]) {
      const tags = { ...time, ...date }
      const state = elapsedMs % 4
      transmit(38, new api.ProtectionEventInfo({ state, elapsedMs, quality, recordedAt }), {
        ...{ es: state, "elapsed.ms": elapsedMs },
        ...all,
        ...tags
      })
      transmit(
        39,
        new api.ProtectionStartInfo({ events: StartEvents.from(0x2a), relayDurationMs: elapsedMs, recordedAt }),
        {
          ...names("spe", ["gs", "sl1", "sl2", "sl3", "sie", "srd"], ["sl1", "sl3", "srd"]),
          ...{ "duration.ms": elapsedMs },
          ...goodProtection,
          ...tags
        }
      )
      transmit(
        40,
        new api.ProtectionCircuitInfo({ circuits: OutputCircuits.from(5), relayOperatingMs: elapsedMs, recordedAt }),
        {
          ...names("oci", ["gc", "cl1", "cl2", "cl3"], ["gc", "cl2"]),
          ...{ "operatingTime.ms": elapsedMs },
          ...goodProtection,
          ...tags
        }
      )
    }
    for (const [status, changed] of [
      [0, 0xffff],
      [0x8001, 0x8000],
      [0xffff, 1]
    ]) {
      const info = new api.StatusAndChanged({ status: PackedSingle.from(status), changed: PackedSingle.from(changed) })
      transmit(20, info, { st: status, cd: changed, ...good })
    }
  },
  causes: () => {
    const state = { spi: 1, "quality.bl": 0, "quality.sb": 0, "quality.nt": 0, "quality.iv": 0 }
    for (const cause of [Cot.RETURN_INFO_REMOTE, Cot.RETURN_INFO_LOCAL, Cot.REQUEST]) {
      transmit(1, new api.SingleInfo({ on: true }), state, cause)
      transmit(30, new api.SingleInfo({ on: true, recordedAt }), { ...state, ...time, ...date }, cause)
    }
    for (const cause of [Cot.PERIODIC, Cot.BACKGROUND_SCAN])
      transmit(11, new api.ScaledInfo({ actual: -32_768 }), { value: -32_768, ...good }, cause)
  },
  flagged: () => {
    const state = { spi: 1, "quality.bl": 0, "quality.sb": 0, "quality.nt": 0, "quality.iv": 0 }
    for (const flag of ["invalid", "substituted", "summerTime"]) {
      const flags = { "time.iv": flag === "invalid" ? 1 : 0, "time.gen": flag === "substituted" ? 1 : 0 }
      const tag = new DateTime({ epochMs: at, [flag]: true })
      transmit(30, new api.SingleInfo({ on: true, recordedAt: tag }), {
        ...{ ...state, ...time, ...date, ...flags },
        // The tag says the civil time of the station, which knows no summer time.
        "time.su": 0
      })
    }
  },
  confirm: () => manual.transmit(Cot.ACTIVATION_CON),
  refuse: () => manual.transmit(Cot.ACTIVATION_CON, { negative: true }),
  terminate: () => manual.transmit(Cot.ACTIVATION_TERMINATION),
  accept: () => {
    accepting = true
  },
  unsynchronised: () => unsynchronisedEvents(1),
  synchronised: () => unsynchronisedEvents(0)
}

function unsynchronisedEvents(iv) {
  const state = {
    spi: 1,
    "quality.bl": 0,
    "quality.sb": 0,
    "quality.nt": 0,
    "quality.iv": 0,
    "time.iv": iv,
    "time.gen": 0
  }
  points.get("clients/30").value = true
  transmit(30, null, state, Cot.SPONTANEOUS, "clients")
  points.get("clients/36").value = 1.5
  transmit(36, null, { valueBits: 0x3fc00000, ...good, "time.iv": iv, "time.gen": 0 }, Cot.SPONTANEOUS, "clients")
}

await host.start()
await clients.start()
say({ event: "ready", host: host.port, clients: clients.port })
const lines = createInterface({ input: process.stdin })
for await (const step of lines) {
  try {
    await steps[step]()
  } catch (error) {
    say({ error: `${step}: ${error.message}` })
  }
  say({ done: step })
}
await Promise.all([host.stop(), clients.stop()])
