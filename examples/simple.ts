// A feeder bay: measured values that change every second, and a breaker that obeys a command.
//   npm run build && npx node examples/simple.ts [PORT]     (default 2404, 0 = any free port)
import { setTimeout } from "node:timers/promises"
import { Cot, ResponseState, Server, Type } from "iec104"

const server = new Server({ ip: "127.0.0.1", port: Number(process.argv[2] ?? 2404) })
const station = server.addStation(47)! // null if 47 were in use
const currents = [1, 2, 3].map((ioAddress) => station.addPoint({ ioAddress, type: Type.M_ME_TF_1 })!)
const breaker = station.addPoint({ ioAddress: 10, type: Type.M_SP_TB_1 })!
const command = station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1 })!
command.relatedIoAddress = breaker.ioAddress // reports what the command did ...
command.relatedIoAutoreturn = true // ... and is sent between confirmation and termination

command.onReceive((point) => {
  breaker.value = point.value
  return ResponseState.SUCCESS
})

await server.start()
process.stdout.write(`listening on ${server.ip}:${server.port}\n`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())

for (let second = 0; server.isRunning; second++) {
  for (const [phase, current] of currents.entries()) {
    current.value = breaker.value ? 200 + 50 * Math.sin(second / 10 + phase) : 0
    current.transmit(Cot.SPONTANEOUS) // false: nobody is connected who could be told
  }
  await server.room() // waits while a client lags far behind
  await setTimeout(1000)
}
