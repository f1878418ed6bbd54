// Looking at a running server: link parameters, connections, counters, its log, and frames in words.
// The same in Python, as far as c104 has it: python/diagnostics.py.
//   npm run build && npx node examples/diagnostics.ts [PORT]     (default 2404, 0 = any free port)
import { explainBytesDict, Server, Type } from "iec104"

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

const server = new Server({
  ip: "127.0.0.1",
  port: Number(process.argv[2] ?? 2404),
  logLevel: "info", // none, error, warning, info, debug; server.logLevel changes it at any time
  logWriter: (level, line) => say(`${level}: ${line}`)
})
const station = server.addStation(47)!
station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })

// In I frames and seconds. One by one they are checked for their range, with update also for what goes together.
server.protocolParameters.sendWindowSize = 20
server.protocolParameters.update({ messageTimeout: 20, confirmInterval: 15, keepAliveInterval: 30 })

// The debug output of c104 in three lines: every frame, with its fields.
const show = (arrow: string) => (_: Server, apdu: Uint8Array) => {
  say(`${arrow} ${JSON.stringify(explainBytesDict(apdu))}`)
}
server.onReceiveRaw(show("-->"))
server.onSendRaw(show("<--"))

// Who connects a second time replaces its first connection.
server.onConnect((_, ip) => {
  for (const connection of server.connections) if (connection.ip === ip) connection.close("replaced")
  return true
})

await server.start()
say(`listening on ${server.ip}:${server.port}`)
say(`parameters: ${server.protocolParameters}`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())

const timer = setInterval(() => {
  const { openConnections, sentFrames, lostEvents } = server.metrics
  say(`metrics: ${openConnections} connections, ${sentFrames} frames sent, ${lostEvents} events lost`)
  for (const { ip, port, state, counters } of server.connections)
    say(`connection: ${ip}:${port} ${state}, ${counters.receivedOctets} octets received`)
  if (!server.isRunning) clearInterval(timer)
}, 200)
