// What `iec104 serve --record` records is played again: the same octets and facts on every connection, or a word about where not.
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { crc32 } from "node:zlib"
import { describe, expect, it, onTestFinished } from "vitest"
import * as Format from "../../src/shell/tape/Format.ts"
import { type Replayed, replay } from "../../src/shell/tape/Replay.ts"
import { Tally } from "../../src/shell/tape/Tally.ts"
import { TapeWriter } from "../../src/shell/tape/TapeWriter.ts"
import { FileClient } from "../shell/fileClient.ts"
import { type ClientOptions, RawClient } from "../support/RawClient.ts"
import { Program } from "./Program.ts"
import { iec104, scratch } from "./support.ts"

const CONFIG = `profile: iec
link: { k: 12, w: 8, t1: 2 seconds, t2: 1 second, t3: 3 seconds }
clock: { source: clients, valid: 1 hour }
stations:
  - commonAddress: 47
    background: 3 seconds
    counters: { mode: B, freeze: 1 second }
    points:
      - { address: 11, type: M_ME_NC_1, value: 1.5, cyclic: 1 second, groups: [1] }
      - { address: 20, type: M_SP_TB_1 }
      - { address: 21, type: M_DP_NA_1 }
      - { address: 30, type: C_SC_NA_1, feedback: 20 }
      - { address: 31, type: C_SC_NA_1, accept: false }
      - { address: 32, type: C_DC_NA_1, feedback: 21, mode: select }
      - { address: 50, type: M_IT_NA_1, counterGroups: [1], simulate: { kind: count, every: 200 ms } }
      - { address: 100, count: 300, type: M_ME_TF_1, simulate: { kind: sine, period: 10 seconds, amplitude: 10, every: 500 ms } }
      - { address: 500, count: 40, type: M_ME_NC_1, deadband: 2, rate: 300 ms, simulate: { kind: random-walk, every: 100 ms, step: 3, min: -50, max: 50 } }
`

const FILES = `profile: iec
files: files
stations:
  - { commonAddress: 1, points: [{ address: 11, type: M_ME_NC_1 }] }
`

const { within, write } = scratch()
const config = write("a.yaml", CONFIG)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A client, and a hash of all that it gets. */
const connect = async (port: number, options: ClientOptions = {}) => {
  const client = await RawClient.connect(port, options)
  const hash = createHash("sha256")
  let octets = 0
  client.socket.on("data", (chunk) => {
    octets += chunk.length
    hash.update(chunk)
  })
  const { localPort } = client.socket
  return { client, peer: `127.0.0.1 ${localPort}`, heard: () => ({ octets, octetsHash: hash.copy().digest("hex") }) }
}

const serve = async (tape: string) => {
  const program = new Program(config, "--listen", "127.0.0.1:0", "--json", "--record", tape)
  return { program, port: await program.port() }
}

const stop = async (program: Program): Promise<void> => {
  program.child.kill("SIGTERM")
  expect(await program.ended).toBe(0)
}

/** A little of everything; what clients have heard that ended in good order. */
const play = async (tape: string) => {
  const { program, port } = await serve(tape)
  const [one, silent, cut, idle] = [
    await connect(port),
    await connect(port, { acknowledge: "never" }),
    await connect(port),
    await connect(port)
  ]
  const { client } = one
  await Promise.all([client.startdt(), silent.client.startdt(), cut.client.startdt()])
  // A frame that comes in two pieces.
  idle.client.send(Buffer.from("6804", "hex"))
  await pause(20)
  idle.client.send(Buffer.from("43000000", "hex"))
  await idle.client.until(() => idle.client.tests === 1)
  client.interrogate(47)
  client.interrogate(47, { objects: [{ ioa: 0, qoi: 21 }] })
  await client.next({ typeId: 100, cot: 10 })
  const time = { fmt: "CP56Time2a", ms: 30_125, min: 45, hour: 13, dom: 27, dow: 5, month: 9, year: 24 }
  client.command(103, 0, { time }, { ca: 47 })
  client.command(45, 30, { scs: true }, { ca: 47, oa: 5 })
  await client.next({ typeId: 45, cot: 10 })
  client.command(45, 31, { scs: true }, { ca: 47 })
  client.command(46, 32, { dcs: 2, select: true }, { ca: 47 })
  await client.next({ typeId: 46, cot: 7 })
  cut.client.command(46, 32, { dcs: 2, select: true }, { ca: 47 })
  await cut.client.next({ typeId: 46 })
  client.command(46, 32, { dcs: 2, select: false }, { ca: 47 })
  await client.next({ typeId: 46, cot: 10 })
  client.command(102, 11, {}, { ca: 47, cot: 5 })
  client.send(client.i({ typeId: 101, cot: 6, ca: 47, objects: [{ ioa: 0, rqt: 5, frz: 0 }] }))
  await client.next({ typeId: 101, cot: 10 })
  program.child.stdin?.write(
    '{"station":47,"address":11,"value":2.5,"quality":["nt"]}\nnonsense\n{"station":47,"address":20,"value":true}\n'
  )
  await client.next({ typeId: 30, cot: 3 })
  cut.client.interrogate(47)
  cut.client.reset()
  await client.stopdt()
  await client.startdt()
  await silent.client.until(() => silent.client.isClosed)
  // It stands still for longer than t1, while a command waits for it.
  program.child.kill("SIGSTOP")
  client.command(45, 30, { scs: false }, { ca: 47 })
  await pause(2500)
  program.child.kill("SIGCONT")
  await client.next({ typeId: 45 })
  await stop(program)
  await Promise.all([client.ended, idle.client.ended])
  return [one, silent, idle]
}

/** What was said of one connection. */
const ofPeer = ({ now }: Replayed, peer: string) => now.find((line) => line.peer === peer)

/** The chunks of a tape: where each begins, and how long it is. */
function* chunksOf(octets: Buffer): Generator<{ readonly at: number; readonly length: number }> {
  for (let at = Format.MARK.length; at < octets.length; ) {
    const length = octets.readUInt32LE(at)
    yield { at: at + Format.CHUNK_HEAD, length }
    at += Format.CHUNK_HEAD + length
  }
}

/** The same tape where an octet is another one, with check sums that are right. */
const forged = (tape: Buffer, place: number, octet: number): Buffer => {
  const octets = Buffer.from(tape)
  octets[place] = octet
  for (const { at, length } of chunksOf(octets)) octets.writeUInt32LE(crc32(octets.subarray(at, at + length)), at - 4)
  return octets
}

/** The script: its exit code, and what it prints. */
const script = (tape: string): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["scripts/replay.ts", tape], { stdio: "pipe" })
    let [out, err] = ["", ""]
    child.stdout.on("data", (chunk) => (out += chunk))
    child.stderr.on("data", (chunk) => (err += chunk))
    child.on("close", (code) => resolve({ code, out, err }))
  })

const COMMAND = Buffer.from("2d0106052f001e0000", "hex")

describe("a tape", () => {
  const tape = within("a.tape")

  it("is played again with the octets that clients have heard, and the same facts", async () => {
    const heard = await play(tape)
    const replayed = await replay(tape)
    expect(replayed.difference).toBeNull()
    expect([replayed.now, replayed.cut]).toEqual([replayed.before, 0])
    expect(replayed.now.map(({ facts }) => facts > 0)).toEqual([false, true, true, true, true])
    for (const { peer, heard: of } of heard) {
      const { octets, octetsHash } = of()
      expect(ofPeer(replayed, peer)).toMatchObject({ octets, octetsHash })
    }
    expect(heard[0]?.heard().octets).toBeGreaterThan(10_000)
    expect(await replay(tape)).toEqual(replayed)
  }, 40_000)

  it("is told to be equal by the script, connection by connection", async () => {
    const { code, out, err } = await script(tape)
    expect([code, err]).toEqual([0, ""])
    expect(out).toMatch(/^connection 1 \(127\.0\.0\.1 \d+\): \d+ octets [0-9a-f]{16}, \d+ facts [0-9a-f]{16}$/m)
    expect(out).toMatch(/^equal: \d+ records/m)
  }, 40_000)

  it("is refused where an octet is another one, wherever that is", async () => {
    const octets = fs.readFileSync(tape)
    for (let place = 0; place < octets.length; place += Math.ceil(octets.length / 40)) {
      const flipped = Buffer.from(octets)
      flipped[place] = (octets[place] as number) ^ 0x10
      // A length that is too long may be that of a chunk that was cut.
      const seen = await replay(saved(flipped)).then(
        ({ difference, before }) => (difference === null && before !== null ? "equal" : "seen"),
        ({ _tag }) => String(_tag)
      )
      expect([place, seen]).not.toEqual([place, "equal"])
    }
    expect(await script(saved(Buffer.from(octets).fill((octets[2000] as number) ^ 1, 2000, 2001)))).toMatchObject({
      code: 1
    })
  }, 60_000)

  it("that says something else than was so is found where the server first does something else", async () => {
    const octets = fs.readFileSync(tape)
    const place = octets.indexOf(COMMAND)
    expect(place).toBeGreaterThan(0)
    const { code, out } = await script(saved(forged(octets, place + COMMAND.length, 0)))
    expect(code).toBe(1)
    expect(out).toMatch(/^different at record \d+: (write|fact) of connection 1 is another one/m)
  }, 40_000)

  it("is found to be of another server where that asks for something else", async () => {
    const octets = fs.readFileSync(tape)
    const place = octets.indexOf("t3: 3 seconds")
    const file = saved(forged(octets, place + 4, "4".charCodeAt(0)))
    const what = (await replay(file)).difference?.what
    expect(what).toMatch(
      /^(what the server asked and did before .+ was something else|.+ where (the tape has|it asked or did) .+)/
    )
  })

  it("is equal as far as it goes where it was cut", async () => {
    const octets = fs.readFileSync(tape)
    const ends = [...chunksOf(octets)].map(({ at, length }) => at + length)
    expect(ends.length).toBeGreaterThan(4)
    for (const cut of [0, 5, Format.CHUNK_HEAD + 3]) {
      const replayed = await replay(saved(octets.subarray(0, (ends[ends.length - 3] as number) + cut)))
      expect([replayed.difference, replayed.before, replayed.cut]).toEqual([null, null, cut])
    }
    expect((await script(saved(octets.subarray(0, ends[2])))).out).toMatch(/^equal as far as it goes/m)
  }, 40_000)

  const saved = (octets: Buffer): string => {
    const file = within("other.tape")
    fs.writeFileSync(file, octets)
    return file
  }
})

describe("iec104 serve --record", () => {
  it("leaves a tape that can be played also where the program is killed", async () => {
    const tape = within("killed.tape")
    const { program, port } = await serve(tape)
    const { client } = await connect(port)
    await client.startdt()
    client.interrogate(47)
    await client.next({ typeId: 100, cot: 10 })
    await pause(600)
    program.child.kill("SIGKILL")
    await program.ended
    const replayed = await replay(tape)
    expect([replayed.difference, replayed.before]).toEqual([null, null])
    expect(replayed.now[1]?.octets).toBeGreaterThan(1000)
  })

  it.each([
    [
      "a file that is there",
      () => write("there.tape", "mine"),
      /there\.tape: the tape cannot be written: there is something already/
    ],
    [
      "a folder that is not",
      () => within("nowhere/a.tape"),
      /nowhere\/a\.tape: the tape cannot be written: there is no such file or folder/
    ]
  ] as const)("refuses %s", async (_, file, why) => {
    const { code, err } = await iec104(["serve", config, "--listen", "127.0.0.1:0", "--record", file()])
    expect([code, err]).toEqual([1, expect.stringMatching(why)])
  })

  it("leaves no tape where it cannot serve", async () => {
    const { program, port } = await serve(within("first.tape"))
    const tape = within("second.tape")
    const { code, err } = await iec104(["serve", config, "--listen", `127.0.0.1:${port}`, "--record", tape])
    expect([code, err]).toEqual([1, expect.stringContaining("is in use")])
    expect(fs.existsSync(tape)).toBe(false)
    await stop(program)
  })
})

describe("a disk that is full", () => {
  it("ends the tape, which is told, and not the server; what is there can be played", async () => {
    const tape = within("full.tape")
    const served = `src/api/cli/main.ts serve ${config} --listen 127.0.0.1:0 --json --record ${tape}`
    const child = spawn("sh", ["-c", `ulimit -f 16; exec "${process.execPath}" ${served}`], { stdio: "pipe" })
    onTestFinished(() => void child.kill("SIGKILL"))
    let out = ""
    child.stdout.on("data", (chunk) => (out += chunk))
    await expect
      .poll(() => out, { timeout: 10_000 })
      .toMatch(/"code":"TAPE_ENDED","message":"[^"]*full\.tape: .*written/)
    const client = (await connect(Number(/"port":(\d+)/.exec(out)?.[1]))).client
    await client.startdt()
    child.kill("SIGTERM")
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0)
    expect(await replay(tape)).toMatchObject({ difference: null, before: null })
  })
})

describe("what a folder of files answers", () => {
  it("is on the tape, and the folder is not touched when that is played", async () => {
    const served = write("files.yaml", FILES)
    const tape = within("files.tape")
    const program = new Program(served, "--listen", "127.0.0.1:0", "--json", "--record", tape)
    const client = await FileClient.start(await program.port())
    const content = Buffer.alloc(100_000, "what is in the file ")
    expect(await client.deliver(1, content)).toBe("F_AF 2 1")
    expect(Buffer.from(await client.fetch(1)).equals(content)).toBe(true)
    expect(await client.call(99, 1)).toMatch(/^F_FR/)
    await client.send(122, 0, [0, 0], 5)
    expect((await client.next()).name).toBe("F_DR")
    expect(await client.deliver(2, content, 1)).toBe("stopped")
    client.raw.socket.destroy()
    await program.record("closed")
    await stop(program)
    fs.rmSync(within("files"), { recursive: true })
    const replayed = await replay(tape)
    expect([replayed.difference, replayed.now]).toEqual([null, replayed.before])
    expect(replayed.now[1]?.octets).toBeGreaterThan(content.length)
    expect(fs.existsSync(within("files"))).toBe(false)
  })

  it("is told by what was asked: another answer is found", async () => {
    const octets = fs.readFileSync(within("files.tape"))
    const place = octets.indexOf(Buffer.from('"octets":100000'))
    const file = within("forged.tape")
    fs.writeFileSync(file, forged(octets, place + 9, 0x32))
    expect((await replay(file)).difference?.what).toMatch(/of connection 1 is another one/)
  })
})

describe("what is no tape", () => {
  it.each([
    ["a file that is something else", () => config, "NotATape", "this is no tape"],
    ["an empty one", () => write("empty.tape", ""), "NotATape", "this is no tape"],
    ["a tape of another version", () => write("new.tape", "IEC104TAPE\x02"), "NotATape", "a tape of version 2"],
    ["one that has only begun", () => write("begun.tape", "IEC104TAPE\x01"), "NotATape", "cut before anything"],
    ["none", () => within("none.tape"), "TapeUnreadable", "there is no such file"]
  ] as const)("%s is refused by name", async (_, file, name, why) => {
    await expect(replay(file())).rejects.toMatchObject({ _tag: name, message: expect.stringContaining(why) })
  })
})

describe("what is counted of many connections that have gone", () => {
  it("is counted together for the oldest of them, and what is told of them later for none", () => {
    const tally = new Tally(2)
    for (let port = 1; port <= 4; port++) {
      const line = tally.accepted("127.0.0.1", port)
      tally.told({ event: "connected", peer: { session: port, address: "127.0.0.1", port } }, "connected")
      tally.wrote(line, Buffer.alloc(port))
      if (port < 4) tally.went(line)
    }
    tally.told({ event: "started", peer: { session: 1, address: "127.0.0.1", port: 1 } }, "started")
    expect(tally.counted.map(({ line, peer, octets, facts }) => [line, peer, octets, facts])).toEqual([
      [0, "", 0, 1],
      [-1, "1 connections before", 1, 1],
      [2, "127.0.0.1 2", 2, 1],
      [3, "127.0.0.1 3", 3, 1],
      [4, "127.0.0.1 4", 4, 1]
    ])
  })
})

describe("a disk that is too slow", () => {
  it("ends the tape, which is told once, and not the server", async () => {
    const file = within("slow.tape")
    const head = { program: "", node: "", began: "", file: "a.yaml", text: CONFIG, listen: null }
    const out = new TapeWriter(file, head, -1)
    const told: string[] = []
    out.onFailure = (why) => told.push(why)
    for (let i = 0; i < 2 * Format.CHUNK_OCTETS; i++) if (out.record(Format.Kind.Soon)) out.number(0)
    expect(told).toEqual([expect.stringContaining("slow.tape: the tape ends here: the disk is too slow")])
    await out.end({ records: 0, counted: [] })
    expect(await replay(file)).toMatchObject({ difference: null, before: null, records: 0 })
  })
})
