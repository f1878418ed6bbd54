// Every class of information, number and flag set of monitoring points. The same in Python: python/information.py.
//   npm run build && npx node examples/information.ts [PORT]     (default 2404, 0 = any free port)
import {
  BinaryCounterInfo,
  BinaryCounterQuality,
  BinaryInfo,
  Byte32,
  Cot,
  DateTime,
  Double,
  DoubleInfo,
  EventState,
  type Information,
  Int7,
  Int16,
  NormalizedFloat,
  NormalizedInfo,
  OutputCircuits,
  PackedSingle,
  ProtectionCircuitInfo,
  ProtectionEventInfo,
  ProtectionStartInfo,
  Quality,
  ResponseState,
  ScaledInfo,
  Server,
  ShortInfo,
  SingleInfo,
  StartEvents,
  StatusAndChanged,
  StepInfo,
  Type,
  UInt5,
  UInt16
} from "iec104"

const server = new Server({ ip: "127.0.0.1", port: Number(process.argv[2] ?? 2404) })
const station = server.addStation(47)!

// Number classes check their range when they are made; plain numbers in the range will do as well.
const position = new Int7(-3)
const recordedAt = new DateTime({ epochMs: Date.UTC(2024, 5, 15, 12, 30, 5, 250) })
const bad = Quality.Invalid.or(Quality.NonTopical)

const what: readonly (readonly [Type, Information])[] = [
  [Type.M_SP_NA_1, new SingleInfo({ on: true })],
  [Type.M_DP_NA_1, new DoubleInfo({ state: Double.ON, quality: Quality.Blocked })],
  [Type.M_ST_NA_1, new StepInfo({ position, transient: true })],
  [Type.M_BO_NA_1, new BinaryInfo({ blob: new Byte32(Uint8Array.of(1, 2, 3, 4)), quality: bad })],
  [Type.M_ME_NA_1, new NormalizedInfo({ actual: new NormalizedFloat(0.5) })],
  [Type.M_ME_NB_1, new ScaledInfo({ actual: new Int16(-2), quality: Quality.Overflow })],
  [Type.M_ME_NC_1, new ShortInfo({ actual: 1.5 })],
  [Type.M_IT_NA_1, new BinaryCounterInfo({ counter: -2, sequence: new UInt5(7), quality: BinaryCounterQuality.Carry })],
  [Type.M_PS_NA_1, new StatusAndChanged({ status: PackedSingle.I0.or(PackedSingle.I9), changed: PackedSingle.I9 })],
  [Type.M_ME_TF_1, new ShortInfo({ actual: 2.5, recordedAt })], // tagged with its own time instead of the present one
  [Type.M_EP_TD_1, new ProtectionEventInfo({ state: EventState.ON, elapsedMs: new UInt16(1000), recordedAt })],
  [
    Type.M_EP_TE_1,
    new ProtectionStartInfo({ events: StartEvents.General.or(StartEvents.PhaseL1), relayDurationMs: 1000, recordedAt })
  ],
  [Type.M_EP_TF_1, new ProtectionCircuitInfo({ circuits: OutputCircuits.General, relayOperatingMs: 1000, recordedAt })]
]
const points = what.map(([type, info]) => {
  const point = station.addPoint({ ioAddress: type, type })!
  point.info = info
  return point
})

await server.start()
process.stdout.write(`listening on ${server.ip}:${server.port}\n`)
for (const { info } of points) process.stdout.write(`${info}\n`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())

// Whoever synchronises the clock is sent all of them.
server.onClockSync(() => {
  for (const point of points) point.transmit(Cot.SPONTANEOUS)
  return ResponseState.SUCCESS
})
