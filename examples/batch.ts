// Many values in few frames: points of one type and station are sent together. The same in Python: python/batch.py.
//   npm run build && npx node examples/batch.ts [PORT]     (default 2404, 0 = any free port)
import { setTimeout } from "node:timers/promises"
import { Batch, Cot, Server, Type } from "iec104"

const server = new Server({ ip: "127.0.0.1", port: Number(process.argv[2] ?? 2404) })
const station = server.addStation(47)!
const values = Array.from(
  { length: 100 },
  (_, index) => station.addPoint({ ioAddress: 1000 + index, type: Type.M_ME_NC_1 })!
)

// A batch can be sent as often as one likes; it sends what its points say at that moment.
const batch = new Batch({ cause: Cot.SPONTANEOUS, points: values.slice(1) })
batch.addPoint(values[0]!) // it sorts them by address
batch.originatorAddress = 7

await server.start()
process.stdout.write(`listening on ${server.ip}:${server.port}\n`)
process.stdout.write(`${batch.numberOfObjects} points, consecutive: ${batch.isSequence}\n`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())

for (let round = 1; server.isRunning; round++) {
  for (const [index, point] of values.entries()) point.value = round + index / 100
  server.transmitBatch(batch) // false: nobody is connected who could be told
  await setTimeout(200)
}
