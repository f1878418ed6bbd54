// What c104's documentation shows for its class Server, example by example. The same in Python: python/server.py.
//   npm run build && npx node examples/server.ts [PORT]     (default 2404, 0 = any free port)
import {
  Batch,
  type ClockSyncCallback,
  type ConnectCallback,
  Cot,
  explainBytes,
  type RawCallback,
  ResponseState,
  Server,
  Type,
  Umc,
  type UnexpectedMessageCallback
} from "iec104"

const print = (text: string): boolean => process.stdout.write(`${text}\n`)
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex")

// class Server
const myServer = new Server({
  ip: "127.0.0.1",
  port: Number(process.argv[2] ?? 2404),
  tickRateMs: 100,
  selectTimeoutMs: 100, // short: the control centre has this long between select and execute
  maxConnections: 0
})

// addStation, getStation
const station1 = myServer.addStation(15)! // null if 15 were in use
const station2 = myServer.getStation(14) // null: there is none

// onClockSync
const svOnClockSync: ClockSyncCallback = (server, ip, dateTime) => {
  print(`->@| Time ${dateTime} from ${ip} | SERVER ${server.ip}:${server.port}`)
  return ResponseState.SUCCESS
}
myServer.onClockSync(svOnClockSync)

// onConnect
const svOnConnect: ConnectCallback = (server, ip) => {
  print(`<->| ${ip} | SERVER ${server.ip}:${server.port}`)
  return ip === "127.0.0.1"
}
myServer.onConnect(svOnConnect)

// onReceiveRaw
const svOnReceiveRaw: RawCallback = (server, data) => {
  print(`-->| ${explainBytes(data)} [${hex(data)}] | SERVER ${server.ip}:${server.port}`)
}
myServer.onReceiveRaw(svOnReceiveRaw)

// onSendRaw
const svOnSendRaw: RawCallback = (server, data) => {
  print(`<--| ${explainBytes(data)} [${hex(data)}] | SERVER ${server.ip}:${server.port}`)
}
myServer.onSendRaw(svOnSendRaw)

// onUnexpectedMessage
const nameOf = (cause: Umc): string => Object.entries(Umc).find(([, value]) => value === cause)?.[0] ?? String(cause)
const svOnUnexpectedMessage: UnexpectedMessageCallback = (server, message, cause) => {
  print(`->?| ${nameOf(cause)} from CLIENT OA ${message.originatorAddress} | SERVER ${server.ip}:${server.port}`)
}
myServer.onUnexpectedMessage(svOnUnexpectedMessage)

// removeStation
const removed = myServer.removeStation(12) // false: there is none

// start
const [point1, point2, point3] = [11, 12, 13].map((ioAddress) => station1.addPoint({ ioAddress, type: Type.M_ME_NC_1 }))
await myServer.start()
print(`listening on ${myServer.ip}:${myServer.port}`)
print(`station 14: ${station2}, station 12 removed: ${removed}`)

// transmitBatch, here when somebody synchronises the clock: then there is somebody to tell
myServer.onClockSync(async (server, ip, dateTime) => {
  const state = await svOnClockSync(server, ip, dateTime)
  const success = myServer.transmitBatch(new Batch({ cause: Cot.SPONTANEOUS, points: [point1!, point2!, point3!] }))
  print(`batch: ${success}`)
  return state
})

// stop
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, async () => {
    await myServer.stop()
    print(`running: ${myServer.isRunning}`)
  })
