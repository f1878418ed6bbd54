// Every callback that is not a command: of connections, of the clock and other requests, of points that are sent.
// The same in Python, as far as c104 has them: python/callbacks.py.
//   npm run build && npx node examples/callbacks.ts [PORT]     (default 2404, 0 = any free port)
import {
  type ClockSyncCallback,
  type ConnectCallback,
  Cot,
  type DisconnectCallback,
  type ErrorCallback,
  type ParameterCallback,
  type PointCallback,
  type ResetCallback,
  ResponseState,
  Server,
  Type
} from "iec104"

const server = new Server({ ip: "127.0.0.1", port: Number(process.argv[2] ?? 2404), tickRateMs: 50 })
const station = server.addStation(47)!
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

// ---- connections ----

const onConnect: ConnectCallback = async (_, ip) => ip === "127.0.0.1" // anything but true refuses
const onDisconnect: DisconnectCallback = (_, peer, reason, why) => {
  say(`${peer.address} left: ${reason}${why === null ? "" : ` (${why})`}`)
}
const onError: ErrorCallback = (_, error) => {
  say(`${error.code}: ${error.message}`)
}
server.onConnect(onConnect)
server.onDisconnect(onDisconnect)
server.onError(onError)

// ---- requests to the station ----

const onClockSync: ClockSyncCallback = (_, ip, dateTime) => {
  say(`clock of ${ip}: ${dateTime}`)
  return dateTime.invalid ? ResponseState.FAILURE : ResponseState.SUCCESS
}
const onReset: ResetCallback = (_, ip, commonAddress, qualifier) => {
  say(`reset of ${commonAddress} by ${ip}: ${qualifier}`)
  return qualifier === 1 ? ResponseState.SUCCESS : ResponseState.FAILURE
}
const onParameter: ParameterCallback = (_, ip, { ioAddress, value }) => {
  say(`parameter of ${ioAddress} by ${ip}: ${value}`)
  return ResponseState.SUCCESS
}
server.onClockSync(onClockSync)
server.onReset(onReset)
server.onParameter(onParameter)

// ---- points that are sent ----

// Refreshed before an interrogation or a read command sends it; the server waits for a promise.
const level = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })!
const measure: PointCallback<typeof Type.M_ME_NB_1> = async (point) => {
  point.value = await Promise.resolve(42)
}
level.onBeforeRead(measure)

// Sent every 100 ms, refreshed before.
const counterOfCycles = station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1, reportMs: 100 })!
counterOfCycles.onBeforeAutoTransmit((point) => {
  point.value = (point.value + 1) % 1000
})

// Called every 100 ms while a client is active.
const door = station.addPoint({ ioAddress: 3, type: Type.M_SP_TB_1 })!
door.onTimer((point) => {
  point.value = !point.value
  point.transmit(Cot.SPONTANEOUS)
}, 100)

// A callback that fails disturbs nothing: the present value is sent, and onError is told.
station.addPoint({ ioAddress: 4, type: Type.M_ME_NB_1 })!.onBeforeRead(() => {
  throw new Error("no measurement")
})

await server.start()
say(`listening on ${server.ip}:${server.port}`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())
