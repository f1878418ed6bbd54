// The server of `npm run soak`: the built package through its public API. Lines on standard input tell what to do, each is
// answered by a line of JSON: `publish RATE`, `sample` (events so far, memory), `stop`. It ends with its input.
import path from "node:path"
import readline from "node:readline"
import { pathToFileURL } from "node:url"
import type * as Library from "../src/api/c104/index.ts"

const POINTS = 1000
const TURN = 2 ** 24

const file = path.resolve(import.meta.dirname, "../dist/api/c104/index.js")
const { Cot, Server, Type } = (await import(pathToFileURL(file).href)) as typeof Library

const server = new Server({ ip: "127.0.0.1", port: 0 })
const station = server.addStation(1)
const points = Array.from({ length: POINTS }, (_, i) => station?.addPoint({ ioAddress: 1 + i, type: Type.M_ME_TF_1 }))

let published = 0
let pace: NodeJS.Timeout | undefined

/** Events as they are due, however late the timer comes. */
const publish = (rate: number): void => {
  const begin = performance.now()
  pace = setInterval(() => {
    for (const due = ((performance.now() - begin) * rate) / 1000; published < due; published++) {
      const point = points[published % POINTS]
      if (point == null) throw new Error("a point could not be added")
      point.value = published % TURN
      point.transmit(Cot.SPONTANEOUS)
    }
  }, 1)
}

const answers: Readonly<Record<string, (word: string) => object>> = {
  publish: (rate) => {
    publish(Number(rate))
    return {}
  },
  sample: () => {
    globalThis.gc?.()
    const { heapUsed, external, rss } = process.memoryUsage()
    return { published, heap: heapUsed + external, rss }
  },
  stop: () => {
    clearInterval(pace)
    return { published }
  }
}

await server.start()
console.log(JSON.stringify({ port: server.port }))
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [name = "", word = ""] = line.split(" ")
  console.log(JSON.stringify(answers[name]?.(word) ?? { unknown: name }))
}
await server.stop()
