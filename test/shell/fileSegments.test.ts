// Uploads cut into segments of any length: the file is the same however it is cut, and the cost of a segment does not
// depend on how many wait for the store.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { FileStore, FileWriter } from "../../src/shell/files/FileStore.ts"
import * as Frames from "../property/support/Frames.ts"
import type { RawClient } from "../support/RawClient.ts"
import { deferred, startClient, startServer } from "../support/Stage.ts"

const FILE = 1
const SECTION = 1

/** A store for one file; writing waits for `gate`. */
const memory = (gate: Promise<unknown>) => {
  let written = new Uint8Array(0)
  let committed: Uint8Array | null = null
  const writer = (octets: number): FileWriter => {
    written = new Uint8Array(octets)
    return {
      write: async (offset, data) => {
        await gate
        written.set(data, offset)
      },
      commit: async () => {
        committed = written
      },
      close: async () => {}
    }
  }
  const store: FileStore = {
    list: async () => [],
    open: async () => "unknown",
    delete: async () => "unknown",
    create: async (_, octets) => writer(octets)
  }
  return { store, content: () => committed }
}

const low = (value: number): readonly number[] => [value & 0xff, (value >> 8) & 0xff, value >> 16]
const sumOf = (octets: Uint8Array): number => octets.reduce((sum, octet) => (sum + octet) & 0xff, 0)

/** A client in front of whose segments of a section of so many octets everything is said. */
const ready = async (port: number, octets: number): Promise<RawClient> => {
  const client = await startClient(port, { acknowledge: "never" })
  say(client, 120, [...low(octets), 0])
  await client.next({ typeId: 122 })
  say(client, 121, [SECTION, ...low(octets), 0])
  await client.next({ typeId: 122 })
  return client
}

const frame = (client: RawClient, type: number, elements: readonly number[] | Uint8Array): Uint8Array => {
  const made = Frames.i(client.sendNumber, client.receiveNumber, Frames.asdu(type, 13, 0, 1, 100, FILE, 0, ...elements))
  client.sendNumber = (client.sendNumber + 1) & 0x7fff
  return made
}

const say = (client: RawClient, type: number, elements: readonly number[]): void =>
  client.send(frame(client, type, elements))

/** The segments of `content`, cut as told over and over, as one run of octets. */
const segments = (client: RawClient, content: Uint8Array, lengths: readonly number[]): Buffer => {
  const frames: Uint8Array[] = []
  let at = 0
  for (let i = 0; at < content.length; i++) {
    const data = content.subarray(at, at + (lengths[i % lengths.length] as number))
    frames.push(frame(client, 125, [SECTION, data.length, ...data]))
    at += data.length
  }
  return Buffer.concat(frames)
}

const contentOf = (octets: number): Uint8Array =>
  Uint8Array.from({ length: octets }, (_, i) => (i * 7 + (i >> 8)) & 0xff)

describe("an upload", () => {
  it("is the same file however it is cut into segments, whenever the store takes them", async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 235 }), { minLength: 1, maxLength: 20 })
    const property = fc.asyncProperty(
      cuts,
      fc.integer({ min: 1, max: 60_000 }),
      fc.boolean(),
      async (lengths, octets, held) => {
        const gate = deferred<void>()
        const { store, content } = memory(gate.promise)
        const { server } = await startServer({ files: store })
        const given = contentOf(octets)
        const client = await ready(server.port, octets)
        if (!held) gate.resolve()
        client.send(segments(client, given, lengths))
        say(client, 123, [SECTION, 3, sumOf(given)])
        await client.answers()
        gate.resolve()
        await client.next({ typeId: 124 })
        say(client, 123, [SECTION, 1, sumOf(given)])
        await client.next({ typeId: 124 })
        expect(Buffer.compare(content() ?? new Uint8Array(), given)).toBe(0)
        await server.stop()
      }
    )
    await fc.assert(property, { numRuns: 25 })
  })

  it("of twice as many segments, that wait for the store, takes about twice as long", async () => {
    /** What the store has been given, and never takes. */
    const taken = 16_384
    const tookMs = async (count: number): Promise<number> => {
      const gate = deferred<void>()
      const { store } = memory(gate.promise)
      const { server } = await startServer({ files: store })
      const client = await ready(server.port, taken + count)
      client.send(segments(client, contentOf(taken), [128]))
      await client.answers()
      const before = client.tests
      const flood = segments(client, contentOf(count), [1])
      const startMs = performance.now()
      client.send(flood)
      client.u("TESTFR act")
      await client.until(() => client.tests > before)
      const tookMs = performance.now() - startMs
      gate.resolve()
      client.close()
      await server.stop()
      return tookMs
    }
    const ratios: number[] = []
    for (let round = 0; round < 3; round++) ratios.push((await tookMs(20_000)) / (await tookMs(10_000)))
    expect(Math.min(...ratios)).toBeLessThan(3)
  })
})
