// What the compiler knows of servers, stations and points, and what it refuses. Checked by tsc, never run.
import {
  Batch,
  Byte32,
  Cot,
  type DateTime,
  type IncomingMessage,
  type Information,
  Int16,
  type OutputCircuits,
  PackedSingle,
  type Point,
  Quality,
  ResponseState,
  Server,
  ShortInfo,
  type StartEvents,
  type Station,
  Type,
  type Umc
} from "../../src/api/c104/index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_T extends true>(): void => undefined

export const values = (station: Station): void => {
  const short = station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1, reportMs: 1000 })
  same<Same<typeof short, Point<typeof Type.M_ME_NC_1> | null>>()
  same<Same<NonNullable<typeof short>["value"], number>>()
  const single = station.addPoint({ ioAddress: 2, type: Type.M_SP_TB_1 })
  same<Same<NonNullable<typeof single>["value"], boolean>>()
  const command = station.addPoint({ ioAddress: 3, type: Type.C_SC_TA_1 })
  same<Same<NonNullable<typeof command>["value"], boolean>>()
  const double = station.addPoint({ ioAddress: 4, type: Type.C_DC_NA_1 })
  same<Same<NonNullable<typeof double>["value"], number>>()
  const packed = station.addPoint({ ioAddress: 5, type: Type.M_PS_NA_1 })
  same<Same<NonNullable<typeof packed>["value"], PackedSingle>>()
  const start = station.addPoint({ ioAddress: 6, type: Type.M_EP_TE_1 })
  same<Same<NonNullable<typeof start>["value"], StartEvents>>()
  const circuits = station.addPoint({ ioAddress: 7, type: Type.M_EP_TF_1 })
  same<Same<NonNullable<typeof circuits>["value"], OutputCircuits>>()
  same<Same<ReturnType<Station["getPoint"]>, Point | null>>()
}

interface Points {
  readonly short: Point<typeof Type.M_ME_NC_1>
  readonly scaled: Point<typeof Type.M_ME_NB_1>
  readonly single: Point<typeof Type.M_SP_NA_1>
  readonly bits: Point<typeof Type.M_BO_NA_1>
  readonly packed: Point<typeof Type.M_PS_NA_1>
  readonly command: Point<typeof Type.C_SC_NA_1>
}

export const acceptedByPoints = ({ short, scaled, single, bits, packed, command }: Points): readonly unknown[] => [
  () => (short.value = 1.5),
  () => (short.info = new ShortInfo({ actual: 1.5 })),
  () => (scaled.value = new Int16(5)),
  () => (single.value = true),
  () => (bits.value = new Byte32(5)),
  () => (packed.value = PackedSingle.I0.or(PackedSingle.I1)),
  () => (short.quality = Quality.Invalid.or(Quality.Blocked)),
  () => (command.relatedIoAddress = null),
  () => short.update(1.5, Quality.none),
  () => short.transmit(Cot.SPONTANEOUS, { originator: 3 }),
  () => short.onTimer((point) => void point.transmit(Cot.SPONTANEOUS), 1000),
  () => short.onTimer(null),
  () =>
    short.onBeforeRead(async (point) => {
      point.value = 1
    }),
  () => command.onReceive(() => ResponseState.SUCCESS),
  () =>
    command.onReceive(async (point, previousInfo, message) => {
      same<Same<typeof point, Point<typeof Type.C_SC_NA_1>>>()
      same<Same<typeof previousInfo, Information>>()
      same<Same<typeof message, IncomingMessage>>()
      return point.value ? ResponseState.SUCCESS : ResponseState.FAILURE
    }),
  () => command.onReceive(null)
]

export const refusedByPoints = ({ short, single, packed, command }: Points): readonly unknown[] => [
  // @ts-expect-error: a measured value is a number
  () => (short.value = true),
  // @ts-expect-error: nor a text
  () => (short.value = "1.5"),
  // @ts-expect-error: a single point is true or false
  () => (single.value = 1),
  // @ts-expect-error: a packed point is a set of its flags
  () => (packed.value = Quality.Invalid),
  // @ts-expect-error: a quality is a set or its bits
  () => (short.quality = "invalid"),
  // @ts-expect-error: a cause has to be given
  () => short.transmit(),
  // @ts-expect-error: a cause is a Cot
  () => short.transmit("SPONTANEOUS"),
  // @ts-expect-error: no cause has this number
  () => short.transmit(43),
  // @ts-expect-error: the originator stands in the options
  () => short.transmit(Cot.SPONTANEOUS, 3),
  // @ts-expect-error: the type of a point does not change
  () => (short.type = Type.M_SP_NA_1),
  // @ts-expect-error: a decision is a ResponseState
  () => command.onReceive(() => true),
  // @ts-expect-error: and has to be made
  () => command.onReceive(() => {}),
  // @ts-expect-error: also by a promise
  () => command.onReceive(async () => "SUCCESS"),
  // @ts-expect-error: undefined is not null
  () => command.onReceive(undefined),
  // @ts-expect-error: the first argument is the point
  () => command.onReceive((message: IncomingMessage) => (message.isTest ? ResponseState.SUCCESS : ResponseState.NONE)),
  // @ts-expect-error: a callback takes what there is, and no more
  () => command.onReceive((_a, _b, _c, _d) => ResponseState.SUCCESS),
  // @ts-expect-error: a timer has a callback
  () => short.onTimer(1000),
  // @ts-expect-error: update takes a value of the point's kind
  () => single.update(1)
]

export const acceptedByServers = (server: Server, station: Station): readonly unknown[] => [
  () => new Server(),
  () => new Server({ ip: "::", port: 0, profile: "iec", limits: { decisionMs: 1000 } }),
  () => station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1, eventType: Type.M_ME_TF_1, deadband: { percent: 2 } }),
  () => station.getPoint({ ioAddress: 1, type: Type.C_SC_NA_1 }),
  () => server.addStation(47, { timeZone: "Europe/Berlin", counters: { mode: "A", localFreezeMs: 1000 } }),
  () => new Batch({ points: station.points }),
  () => server.onConnect((_, ip) => ip === "127.0.0.1"),
  () => server.onConnect(async () => true),
  () =>
    server.onClockSync((_, ip, dateTime) => {
      same<Same<typeof ip, string>>()
      same<Same<typeof dateTime, DateTime>>()
      return ResponseState.SUCCESS
    }),
  () =>
    server.onUnexpectedMessage((_, message, cause) => {
      same<Same<typeof message, IncomingMessage>>()
      same<Same<typeof cause, Umc>>()
    }),
  () => server.protocolParameters.update({ sendWindowSize: 12 })
]

export const refusedByServers = (server: Server, station: Station): readonly unknown[] => [
  // @ts-expect-error: a port is a number
  () => new Server({ port: "2404" }),
  // @ts-expect-error: names are in camelCase
  () => new Server({ tick_rate_ms: 100 }),
  // @ts-expect-error: a profile has a name, or is one
  () => new Server({ profile: "dnp3" }),
  // @ts-expect-error: there is no such limit
  () => new Server({ limits: { connection: 5 } }),
  // @ts-expect-error: options are an object
  () => new Server("0.0.0.0", 2404),
  // @ts-expect-error: a common address has to be given
  () => server.addStation(),
  // @ts-expect-error: as it is
  () => server.addStation({ commonAddress: 47 }),
  // @ts-expect-error: there may be no station
  () => server.getStation(47).points,
  // @ts-expect-error: there may be no point
  () => station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 }).value,
  // @ts-expect-error: a point has a type
  () => station.addPoint({ ioAddress: 1 }),
  // @ts-expect-error: and an address
  () => station.addPoint({ type: Type.M_SP_NA_1 }),
  // @ts-expect-error: a type is a Type
  () => station.addPoint({ ioAddress: 1, type: "M_SP_NA_1" }),
  // @ts-expect-error: an address is a number
  () => station.addPoint({ ioAddress: "1", type: Type.M_SP_NA_1 }),
  // @ts-expect-error: the points of a batch are a list
  () => new Batch({ points: station.points[0] }),
  // @ts-expect-error: admitting is true or false
  () => server.onConnect(() => "yes"),
  // @ts-expect-error: a clock synchronisation is decided by a ResponseState
  () => server.onClockSync(() => true),
  // @ts-expect-error: raw callbacks get octets
  () => server.onReceiveRaw((_, data: string) => data),
  // @ts-expect-error: parameters of the link have c104's names
  () => server.protocolParameters.update({ k: 12 }),
  // @ts-expect-error: what is counted cannot be set
  () => (server.openConnectionCount = 0)
]
