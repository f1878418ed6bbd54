// Whoever waits for room in a socket is told when there is some: whatever the window, the limit of octets that wait and
// the reader's pace, everything that the window allows is sent without a further word of anybody.
import * as fc from "fast-check"
import { describe, it } from "vitest"
import { type Point, Type } from "../../src/api/c104/index.ts"
import { security, startSecure } from "../support/certificates.ts"
import type { ClientOptions, RawClient } from "../support/RawClient.ts"
import { startClient, startServer } from "../support/Stage.ts"

const SPONTANEOUS = 3
const TERMINATION = 10
const REQUESTED = 5

type Transport = "TCP" | "TLS"

/** A station with tagged points, and a started client that acknowledges when it is told to. */
const plant = async (
  over: Transport,
  k: number,
  points: number,
  options: { packEvents?: boolean; undrainedOctets?: number } = {}
) => {
  const { packEvents = false, undrainedOctets = 65_536 } = options
  const { server, station } = await startServer({
    transportSecurity: over === "TLS" ? security() : null,
    packEvents,
    limits: { undrainedOctets }
  })
  server.protocolParameters.update({ sendWindowSize: k })
  const made: Point[] = []
  for (let ioAddress = 1; ioAddress <= points; ioAddress++)
    made.push(station.addPoint({ ioAddress, type: Type.M_ME_TF_1 }) as Point)
  const publish = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const point = made[i % points] as Point
      point.value = i
      point.transmit(SPONTANEOUS)
    }
  }
  const start = (client: ClientOptions): Promise<RawClient> =>
    over === "TLS" ? startSecure(server.port, "first", { client }) : startClient(server.port, client)
  return { server, publish, start }
}

describe.each(["TCP", "TLS"] as const)("over %s", (over) => {
  it("one acknowledgement of a large window lets another whole window follow", async () => {
    const K = 5000
    const { publish, start } = await plant(over, K, 100)
    const client = await start({ acknowledge: "never", keep: false })
    publish(3 * K)
    for (let window = 1; window <= 3; window++) {
      await client.until(() => client.iFrames === window * K)
      client.acknowledge()
    }
  })

  it("a client that acknowledges two thirds of a large window is sent all of an interrogation at once", async () => {
    const [K, W, POINTS] = [1000, 666, 20_000]
    const { start } = await plant(over, K, POINTS)
    let terminated = false
    let unacknowledged = 0
    let acknowledge = (): void => {}
    const onFrame = (apdu: Uint8Array): void => {
      if (((apdu[2] as number) & 1) !== 0) return
      if (((apdu[8] as number) & 0x3f) === TERMINATION) terminated = true
      if (++unacknowledged < W) return
      unacknowledged = 0
      acknowledge()
    }
    const client = await start({ acknowledge: "never", keep: false, onFrame })
    acknowledge = () => client.acknowledge()
    client.interrogate()
    await client.until(() => terminated)
  })
})

describe("whatever is asked for and published comes to its end", () => {
  const situation = fc.record({
    over: fc.constantFrom<Transport>("TCP", "TLS"),
    k: fc.integer({ min: 1, max: 3000 }),
    undrainedOctets: fc.oneof(fc.integer({ min: 1024, max: 4096 }), fc.constant(65_536)),
    packEvents: fc.boolean(),
    events: fc.integer({ min: 0, max: 3000 }),
    points: fc.integer({ min: 1, max: 2000 }),
    reads: fc.integer({ min: 0, max: 50 }),
    /** The client stops reading behind so many frames, for a moment. */
    pauseEvery: fc.integer({ min: 5, max: 500 })
  })

  it("for a client that acknowledges only full windows and reads with pauses", async () => {
    await fc.assert(
      fc.asyncProperty(
        situation,
        async ({ over, k, undrainedOctets, packEvents, events, points, reads, pauseEvery }) => {
          const { server, publish, start } = await plant(over, k, points, { packEvents, undrainedOctets })
          const seen = { events: 0, reads: 0, terminated: 0 }
          let own: RawClient | null = null
          let unacknowledged = 0
          let frames = 0
          const onFrame = (apdu: Uint8Array): void => {
            if (((apdu[2] as number) & 1) !== 0) return
            const cause = (apdu[8] as number) & 0x3f
            if (cause === SPONTANEOUS) seen.events += (apdu[7] as number) & 0x7f
            if (cause === REQUESTED) seen.reads++
            if (cause === TERMINATION) seen.terminated++
            if (++unacknowledged === k) {
              unacknowledged = 0
              own?.acknowledge()
            }
            if (++frames % pauseEvery !== 0) return
            own?.socket.pause()
            setTimeout(() => own?.socket.resume(), 2)
          }
          const client = await start({ acknowledge: "never", keep: false, onFrame })
          own = client
          publish(events)
          client.interrogate()
          for (let ioa = 1; ioa <= reads; ioa++)
            client.send(client.i({ typeId: 102, cot: REQUESTED, ca: 1, objects: [{ ioa: 1 + (ioa % points) }] }))
          await client.until(() => seen.terminated === 1 && seen.events === events && seen.reads === reads)
          client.close()
          await server.stop()
        }
      ),
      { numRuns: 25, endOnFailure: true }
    )
  })
})
