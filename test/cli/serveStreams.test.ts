// `iec104 serve` between its streams: values on standard input to the last one, output that nobody reads or whose reader
// has gone, and a stop that leaves nothing half done.
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { FileClient } from "../shell/fileClient.ts"
import type { RawClient } from "../support/RawClient.ts"
import { connect, startClient } from "../support/Stage.ts"
import { Program } from "./Program.ts"
import { scratch } from "./support.ts"

const { within, write } = scratch()

const CONFIG = `listen: { host: 127.0.0.1, port: 0 }
limits: { logRecords: 1024 }
stations: [{ commonAddress: 1, points: [{ address: 11, type: M_ME_NC_1 }] }]
`
const line = (value: number): string => `${JSON.stringify({ station: 1, address: 11, value })}\n`
const linesOf = (count: number): string => Array.from({ length: count }, (_, value) => line(value)).join("")

const started = (...args: readonly (string | number)[]): Program =>
  new Program(write("streams.yaml", CONFIG), ...args, "--json")

const values = (client: RawClient): unknown[] =>
  client.asdus({ typeId: 13, cot: 3 }).flatMap(({ objects }) => objects?.map(({ value }) => value) ?? [])

describe("standard input", () => {
  it("arrives to its last value, and the server goes on after that", async () => {
    const program = started()
    const client = await startClient(await program.port())
    program.child.stdin?.on("error", () => {})
    program.child.stdin?.end(`${linesOf(10_000)}${line(-1).trimEnd()}`)
    await client.until(() => client.iFrames === 10_001, 15_000)
    expect(values(client)).toEqual([...Array.from({ length: 10_000 }, (_, value) => value), -1])
    expect(await client.answers()).toBe(true)
    program.child.kill("SIGTERM")
    expect([await program.ended, program.err]).toEqual([0, ""])
  })

  it("that comes faster than its client takes it waits: nothing is lost", async () => {
    const VALUES = 4000
    const patient = CONFIG.replace("logRecords: 1024", "logRecords: 1024, holdMs: 60000")
    const program = new Program(write("patient.yaml", patient), "--json")
    const client = await startClient(await program.port(), { acknowledge: "never" })
    program.child.stdin?.on("error", () => {})
    program.child.stdin?.end(linesOf(VALUES))
    await client.until(() => client.iFrames === 12)
    // By now all of it would have been read.
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (let frames = 12; frames < VALUES; frames = client.iFrames) {
      client.acknowledge()
      await client.until(() => client.iFrames > frames)
    }
    expect(values(client)).toEqual(Array.from({ length: VALUES }, (_, value) => value))
    expect(program.records.map(({ event }) => event)).not.toContain("overflow")
    program.child.kill("SIGTERM")
    expect([await program.ended, program.err]).toEqual([0, ""])
  })

  it("that says a quality with a number is taken at its word, also behind a value that is none", async () => {
    const program = started()
    const client = await startClient(await program.port())
    const said = ['"value":1e999', '"value":6,"quality":["iv"]', '"value":7', '"value":8,"quality":[]']
    program.child.stdin?.end(said.map((one) => `{"station":1,"address":11,${one}}\n`).join(""))
    await client.until(() => client.iFrames === 3)
    // The line whose value is none is refused, and changes nothing.
    expect(values(client)).toEqual([6, 7, 8])
    const objects = client.asdus({ typeId: 13, cot: 3 }).flatMap((asdu) => asdu.objects ?? [])
    expect(objects.map((object) => JSON.stringify(object).includes('"iv":true'))).toEqual([true, true, false])
  })

  it("that waits for a client is given up at a signal", async () => {
    const program = started()
    const client = await startClient(await program.port(), { acknowledge: "never" })
    program.child.stdin?.on("error", () => {})
    program.child.stdin?.end(linesOf(5000))
    await client.until(() => client.iFrames === 12)
    program.child.kill("SIGTERM")
    expect([await program.ended, program.err]).toEqual([0, ""])
  })

  it("that is a file waits for whoever acknowledges within t1, however long publishers may be held up, and says so", async () => {
    const VALUES = 400_000
    const impatient = CONFIG.replace("logRecords: 1024", "logRecords: 1024, holdMs: 20")
    const input = fs.openSync(write("values.jsonl", linesOf(VALUES)), "r")
    const program = new Program(write("impatient.yaml", impatient), "--json", input)
    fs.closeSync(input)
    const client = await startClient(await program.port(), { acknowledge: "never" })
    for (let window = 1; window <= 20; window++) {
      await client.until(() => client.iFrames >= 12 * window)
      await new Promise((resolve) => setTimeout(resolve, 30))
      client.acknowledge()
    }
    const came = values(client) as number[]
    const [first = 0] = came
    expect(came).toEqual(came.map((_, i) => first + i))
    expect(first + came.length).toBeLessThan(VALUES)
    expect(program.records.map(({ event }) => event)).not.toContain("overflow")
    expect((await program.record("input")).message).toMatch(/a file.*t1/)
  })

  it("is told what is wrong with a line, and the next ones are taken", async () => {
    const program = started()
    const client = await startClient(await program.port())
    program.child.stdin?.write(`${line(1)}\n{"station":2,"address":11}\n${line(2)}`)
    await client.until(() => values(client).length === 2)
    const told = { event: "error", code: "BAD_INPUT", message: "standard input, line 3: there is no station 2" }
    expect(await program.record("error")).toEqual(told)
  })
})

/** Commands that are turned down, each an event of some 150 octets. */
const provoke = async (client: RawClient, count: number): Promise<void> => {
  for (let sent = 1; sent <= count; sent++) {
    client.command(45, 99, { scs: true })
    if (sent % 100 === 0) await client.until(() => client.iFrames === sent)
  }
}

describe("output that nobody reads", () => {
  const REJECTED = 20_000

  it("is dropped beyond a bound, and counted where it is missing", async () => {
    const program = started()
    const client = await startClient(await program.port(), { keep: false })
    await program.record("started")
    program.child.stdout?.pause()
    await provoke(client, REJECTED)
    program.child.stdout?.resume()
    await program.line(/"event":"gap"/)
    client.command(45, 98, { scs: true })
    await program.line(/62000001"/)
    const counted = program.records.filter(({ event }) => event === "rejected" || event === "gap")
    const gaps = counted.filter(({ event }) => event === "gap")
    expect(gaps).toHaveLength(1)
    expect(Number(gaps[0]?.lost)).toBeGreaterThan(0)
    expect(counted.length - 1 + Number(gaps[0]?.lost)).toBe(REJECTED + 1)
    expect(counted.at(-2)).toBe(gaps[0])
    expect(await client.answers()).toBe(true)
  })

  it("does not keep a server from stopping", async () => {
    const program = started()
    const client = await startClient(await program.port(), { keep: false })
    await program.record("started")
    program.child.stdout?.pause()
    await provoke(client, REJECTED / 2)
    const exit = new Promise((resolve) => program.child.once("exit", resolve))
    program.child.kill("SIGTERM")
    expect([await exit, await client.ended]).toEqual([0, "fin"])
  })
})

describe("output whose reader has gone", () => {
  it("stops the server cleanly, with a word and the exit code of SIGPIPE", async () => {
    const program = started()
    const port = await program.port()
    const client = await connect(port)
    await program.record("connected")
    program.child.stdout?.destroy()
    client.u("STARTDT act")
    expect([await program.ended, await client.ended]).toEqual([141, "fin"])
    expect(program.err).toBe("iec104: stopped, standard output is closed: its reader has gone\n")
  })

  it("stops it likewise when that was standard error", async () => {
    const program = new Program(write("lines.yaml", CONFIG))
    await program.line(/Ctrl-C/)
    program.child.stderr?.destroy()
    program.child.stdin?.write("nonsense\n")
    expect(await program.ended).toBe(141)
  })
})

it("at its end a server has closed and cleaned up the files that were being sent to it", async () => {
  const config = CONFIG.replace("stations:", "files: store\nstations:")
  const program = new Program(write("files.yaml", config), "--json")
  const port = await program.port()
  const clients = await Promise.all(Array.from({ length: 20 }, () => FileClient.start(port)))
  const content = new Uint8Array(1000)
  for (const [nof, client] of clients.entries()) expect(await client.deliver(nof + 1, content, 1)).toBe("stopped")
  expect(fs.readdirSync(within("store"))).toHaveLength(20)
  program.child.kill("SIGTERM")
  expect(await program.ended).toBe(0)
  expect(fs.readdirSync(within("store"))).toEqual([])
})
