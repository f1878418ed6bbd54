// An interrogation of 500,000 points on one station: complete, in order, in constant memory, also to a client that
// acknowledges slowly, while events flow.
import * as Net from "node:net"
import { expect, it } from "vitest"
import { startHost } from "../support/Stage.ts"

const POINTS = 500_000
const FIRST = 1000
const TYPE = 13
const SPONTANEOUS = 3
const INTERROGATED = 20
/** Addresses that change while they are interrogated. */
const CHANGING = 100

interface Seen {
  readonly interrogated: number
  readonly events: number
  readonly terminated: boolean
  readonly inOrder: boolean
  /** Points whose last value was older than one told before. */
  readonly overtaken: number
  readonly highestRss: number
}

/** Interrogates and counts, acknowledging every w frames after `delayMs`. */
const interrogate = (port: number, delayMs: number): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect(port, "127.0.0.1")
    let rest = Buffer.alloc(0)
    let received = 0
    let acknowledged = 0
    let expected = FIRST
    let overtaken = 0
    let events = 0
    let inOrder = true
    let highestRss = 0
    const values = new Map<number, number>()
    const tell = (ioa: number, value: number): void => {
      if ((values.get(ioa) ?? Number.NEGATIVE_INFINITY) > value) overtaken++
      values.set(ioa, value)
    }
    const acknowledge = (): void => {
      acknowledged = received
      socket.write(Buffer.from([0x68, 4, 1, 0, (received << 1) & 0xff, (received >> 7) & 0xff]))
    }
    const frame = (octets: Buffer): void => {
      if (octets[2] === 0x0b) {
        socket.write(Buffer.from([0x68, 14, 0, 0, 0, 0, 100, 1, 6, 0, 1, 0, 0, 0, 0, 20]))
        return
      }
      if (((octets[2] as number) & 1) !== 0) return
      received = (received + 1) & 0x7fff
      const cause = (octets[8] as number) & 0x3f
      const count = (octets[7] as number) & 0x7f
      const sequence = ((octets[7] as number) & 0x80) !== 0
      if (octets[6] === TYPE)
        for (let i = 0; i < count; i++) {
          const at = sequence ? 15 + i * 5 : 15 + i * 8
          const ioa = sequence ? octets.readUIntLE(12, 3) + i : octets.readUIntLE(at - 3, 3)
          tell(ioa, octets.readFloatLE(at))
          if (cause === SPONTANEOUS) events++
          else if (cause === INTERROGATED) inOrder = ioa === expected++ && inOrder
        }
      if (octets[6] === 100 && cause === 10) {
        const interrogated = expected - FIRST
        socket.destroy()
        resolve({ interrogated, events, terminated: true, inOrder, overtaken, highestRss })
      }
    }
    socket.on("connect", () => socket.write(Buffer.from([0x68, 4, 7, 0, 0, 0])))
    socket.on("error", reject)
    socket.on("data", (chunk) => {
      highestRss = Math.max(highestRss, process.memoryUsage.rss())
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let at = 0
      while (rest.length - at >= 2 && rest.length - at >= (rest[at + 1] as number) + 2) {
        const next = at + (rest[at + 1] as number) + 2
        frame(rest.subarray(at, next))
        at = next
      }
      rest = rest.subarray(at)
      if (((received - acknowledged) & 0x7fff) < 8) return
      if (delayMs === 0) acknowledge()
      else if (received !== acknowledged) setTimeout(acknowledge, delayMs)
    })
  })

it("answers 500,000 points completely, in order, in constant memory, while events flow", async () => {
  const { host, port } = await startHost({ packEvents: true })
  host.addStation(1)
  const place = host.addPoints(1, FIRST, TYPE, POINTS)
  if (place === null) throw new Error("no points")
  const { block } = place
  let running = true
  let value = 1
  const publish = async (): Promise<void> => {
    while (running) {
      for (let i = 0; i < CHANGING; i++) {
        const slot = block.find(FIRST + Math.floor((i * POINTS) / CHANGING))
        host.setValue(block, slot, value)
        host.publish(block, slot, SPONTANEOUS, 0)
      }
      value++
      await host.room()
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const before = process.memoryUsage.rss()
  const publishing = publish()
  const fast = await interrogate(port, 0)
  const slow = await interrogate(port, 1)
  running = false
  await publishing
  for (const seen of [fast, slow])
    expect(seen).toMatchObject({ interrogated: POINTS, terminated: true, inOrder: true, overtaken: 0 })
  expect(fast.events).toBeGreaterThan(0)
  expect(slow.events).toBeGreaterThan(0)
  process.stdout.write(
    `500,000 points: rss ${before >> 20} -> ${Math.max(fast.highestRss, slow.highestRss) >> 20} MiB, events meanwhile ${fast.events} and ${slow.events}\n`
  )
  expect(Math.max(fast.highestRss, slow.highestRss) - before).toBeLessThan(150 * 1024 * 1024)
}, 60_000)
