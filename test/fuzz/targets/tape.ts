// Tapes as `replay` plays them, with whatever configuration and records they have, in chunks that are sound: they are played, or it is said what is
// wrong with them.
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Image from "../../../src/core/image/Image.ts"
import * as Config from "../../../src/shell/config/Config.ts"
import * as Plant from "../../../src/shell/config/Plant.ts"
import { InvalidArgument } from "../../../src/shell/Errors.ts"
import { MemoryTransport } from "../../../src/shell/memory/MemoryTransport.ts"
import { forgo } from "../../../src/shell/Rehearsal.ts"
import { serve } from "../../../src/shell/Serve.ts"
import * as Format from "../../../src/shell/tape/Format.ts"
import { RecordedHost } from "../../../src/shell/tape/RecordedHost.ts"
import { Recorder } from "../../../src/shell/tape/Recorder.ts"
import { replay } from "../../../src/shell/tape/Replay.ts"
import { schedulerOf } from "../../../src/shell/tape/Scheduling.ts"
import { NotATape, NotRecordable, TapeDamaged, TapeUnreadable } from "../../../src/shell/tape/TapeErrors.ts"
import { TapeWriter } from "../../../src/shell/tape/TapeWriter.ts"
import { VirtualClock } from "../../../src/shell/VirtualClock.ts"
import * as Frames from "../../property/support/Frames.ts"
import { hold, octetsOf, type Target, textOf } from "../Target.ts"

/** It is there only while it is played: the thread may be ended at any time. */
const file = path.join(os.tmpdir(), `iec104-fuzz-${process.pid}.tape`)
const POINTS_MAX = 2000

const CONFIG = `link: { k: 3, w: 2, t1: 2 s, t2: 1 s, t3: 3 s }
stations:
  - commonAddress: 1
    background: 3 s
    points:
      - { address: 11, type: M_ME_NC_1, cyclic: 1 s }
      - { address: 20, type: M_SP_TB_1 }
      - { address: 30, type: C_SC_NA_1, feedback: 20 }
`

/** What is meant to be thrown. */
const known = [NotATape, NotRecordable, TapeDamaged, TapeUnreadable, Config.ConfigError, InvalidArgument]

/** What an input says of how it becomes a tape. */
const Flag = { raw: 1, foot: 2, pieces: 4 } as const
const HEAD = 3

const chunk = (kind: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat([Buffer.of(kind), ...parts])
  const head = Buffer.alloc(Format.CHUNK_HEAD)
  head.writeUInt32LE(content.length, 0)
  head.writeUInt32LE(crc32(content), 4)
  return Buffer.concat([head, content])
}

function tapeOf(input: Uint8Array): { readonly tape: Uint8Array; readonly text: string } {
  const [flags = 0, low = 0, high = 0] = input
  if ((flags & Flag.raw) !== 0) return { tape: input.subarray(1), text: "" }
  const length = low | (high << 8)
  const text = textOf(input.subarray(HEAD, HEAD + length))
  const records = input.subarray(HEAD + length)
  const size = (flags & Flag.pieces) === 0 ? records.length : 1 + (flags >> 3)
  const head = { program: "0", node: "0", began: "", file: "a.yaml", text, listen: null }
  const chunks = [Format.MARK, chunk(Format.Chunk.Head, octetsOf(JSON.stringify(head)))]
  for (let at = 0; at < records.length; at += size)
    chunks.push(chunk(Format.Chunk.Records, records.subarray(at, at + size)))
  if ((flags & Flag.foot) !== 0) chunks.push(chunk(Format.Chunk.End, octetsOf('{"records":1,"counted":[]}')))
  return { tape: Buffer.concat(chunks), text }
}

/** Points of a configuration, as far as it can be read. */
function pointsOf(text: string): number {
  const config = Effect.runSync(Effect.result(Config.parse(text, "a.yaml")))
  if (Result.isFailure(config)) return 0
  return config.success.stations.reduce((sum, { points }) => sum + points.reduce((some, row) => some + row.count, 0), 0)
}

async function run(input: Uint8Array): Promise<void> {
  const { tape, text } = tapeOf(input)
  // So many are meant, and made.
  if (pointsOf(text) > POINTS_MAX) return
  fs.writeFileSync(file, tape)
  try {
    const { records, difference } = await replay(file)
    hold(records <= input.length + 1, () => `${input.length} octets are ${records} records`)
    hold(difference === null || !/undefined|NaN/.test(difference.what), () => `it is told that ${difference?.what}`)
  } catch (cause) {
    if (!known.some((one) => cause instanceof one)) throw cause
  } finally {
    fs.rmSync(file, { force: true })
  }
}

/** Records what a server does in memory, by a clock that is moved: always the same. */
async function recorded(): Promise<Uint8Array> {
  forgo()
  fs.rmSync(file, { force: true })
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const transport = new MemoryTransport(clock)
  const config = Effect.runSync(Config.parse(CONFIG, "a.yaml"))
  const listen = { host: "127.0.0.1", port: 2404 }
  const head = { program: "0", node: "0", began: "", file: "a.yaml", text: CONFIG, listen: null }
  const recorder = new Recorder(new TapeWriter(file, head), transport, clock)
  const host = (options: ConstructorParameters<typeof RecordedHost>[0]): RecordedHost =>
    new RecordedHost(options, recorder)
  const plant = recorder.enter(Format.Kind.Build, 0, () => {
    const made = Plant.make(config, listen, { clock: recorder.clock, host })
    made.host.observers.add((event) => recorder.tells(event))
    return made
  })
  const scope = Effect.runSync(Scope.make())
  const scheduler = schedulerOf(recorder.clock)
  const within = (kind: number, effect: Effect.Effect<unknown, unknown>): void =>
    void recorder.enter(kind, 0, () => Effect.runFork(effect, { scheduler }))
  const turns = async (ms: number): Promise<void> => {
    clock.advance(clock.monotonicMs() + ms)
    for (let n = 0; n < 20; n++) {
      clock.turn()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  within(Format.Kind.Start, serve(plant.host, plant.ticker, recorder.transport).pipe(Scope.provide(scope)))
  await turns(0)
  const line = transport.connect({ address: "192.0.2.1", port: 50_000 }, { address: listen.host, port: listen.port })
  if (line === null) throw new Error("nobody listens")
  line.on("data", () => {})
  await turns(0)
  line.write(Frames.join(Frames.u(Frames.U.startdt), Frames.i(0, 0, Frames.interrogation(1))))
  await turns(1)
  line.write(Frames.i(1, 1, Frames.command(1, 30)))
  await turns(10)
  for (const block of Image.all(plant.host.world.image)[0]?.blocks ?? []) {
    if (block.command) continue
    plant.host.setValue(block, 0, 1)
    plant.host.publish(block, 0, 3, 0)
  }
  line.write(Frames.s(3).subarray(0, 3))
  await turns(1)
  line.write(Frames.s(3).subarray(3))
  await turns(1200)
  line.end()
  await turns(600)
  within(Format.Kind.Stop, Scope.close(scope, Exit.void))
  await turns(600)
  await recorder.end()
  const tape = fs.readFileSync(file)
  fs.rmSync(file)
  return tape
}

/** The records of a tape that was just recorded, whose chunks are sound. */
function recordsOf(tape: Uint8Array): Uint8Array {
  const view = Buffer.from(tape)
  const parts: Uint8Array[] = []
  for (let at = Format.MARK.length; at < view.length; ) {
    const length = view.readUInt32LE(at)
    const content = view.subarray(at + Format.CHUNK_HEAD, at + Format.CHUNK_HEAD + length)
    if (content[0] === Format.Chunk.Records) parts.push(content.subarray(1))
    at += Format.CHUNK_HEAD + length
  }
  return Buffer.concat(parts)
}

async function seeds(): Promise<readonly Uint8Array[]> {
  const tape = await recorded()
  const text = octetsOf(CONFIG)
  const records = recordsOf(tape)
  const made = (flags: number): Uint8Array =>
    Buffer.concat([Buffer.of(flags, text.length & 0xff, text.length >> 8), text, records])
  // Not as it was written: where its chunks end depends on the time that it took.
  const raw = Buffer.concat([Buffer.of(Flag.raw), tapeOf(made(Flag.foot)).tape])
  return [made(Flag.foot), made(0), made(Flag.pieces | (60 << 3)), raw]
}

export const target: Target = {
  name: "tape",
  about: "tapes, as `replay` plays them",
  seeds,
  words: [
    octetsOf("files: a\n"),
    octetsOf('{"kind":"answered","answer":{"ok":true,"op":"open","octets":3}}'),
    ...Object.values(Format.Kind).flatMap((kind) => [
      Uint8Array.of(kind, 0),
      Uint8Array.of(kind | Format.ASKED, 1, 0, 0)
    ])
  ],
  text: false,
  most: 6000,
  work: { base: 250_000, octet: 1200 },
  batch: 12,
  run
}
