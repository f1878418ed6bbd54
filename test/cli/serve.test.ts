// `iec104 serve` as a user meets it: the real program in its own process, spoken to over a real socket.
import * as Net from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { connect, startClient } from "../support/Stage.ts"
import { Program } from "./Program.ts"
import { scratch } from "./support.ts"

const CONFIG = `profile: iec
stations:
  - commonAddress: 47
    points:
      - { address: 11, type: M_ME_NC_1, value: 1.5 }
      - { address: 20, type: M_SP_NA_1 }
      - { address: 30, type: C_SC_NA_1, feedback: 20 }
      - { address: 31, type: C_SC_NA_1, accept: false }
`

const { within, write } = scratch()

/** Occupies a port until the test is over. */
const occupied = async (): Promise<number> => {
  const server = Net.createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return (server.address() as Net.AddressInfo).port
}

describe("iec104 serve --json", () => {
  it("says where it listens first, and then a line for everything that happens", async () => {
    const program = new Program(write("a.yaml", CONFIG), "--listen", "127.0.0.1:0", "--json")
    const port = await program.port()
    const client = await startClient(port)
    client.interrogate(47)
    const answers = []
    while (answers.length < 2) answers.push((await client.next({ cot: 20 })).objects)
    expect(answers.flat()).toMatchObject([
      { ioa: 20, spi: false },
      { ioa: 11, value: 1.5 }
    ])
    client.command(45, 30, { scs: true }, { ca: 47, oa: 5 })
    await client.next({ typeId: 45, cot: 10 })
    expect(client.asdus({ typeId: 1, cot: 11 })).toMatchObject([{ oa: 5, objects: [{ ioa: 20, spi: true }] }])
    client.command(45, 31, { scs: true }, { ca: 47 })
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: true })
    client.command(45, 99, { scs: true }, { ca: 47 })
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 47, negative: true })
    await client.stopdt()
    client.close()
    await program.record("closed")
    const peer = `127.0.0.1:${client.socket.localPort ?? (await program.record("connected")).peer?.toString().split(":")[1]}`
    const common = { peer, session: 1 }
    expect(program.records).toMatchObject([
      { event: "ready", host: "127.0.0.1", port },
      { event: "connected", ...common },
      { event: "started", ...common },
      { event: "interrogated", ...common, commonAddress: 47, qualifier: 20 },
      { event: "command", ...common, commonAddress: 47, address: 30, type: "C_SC_NA_1", value: 1, outcome: "success" },
      { event: "command", ...common, commonAddress: 47, address: 31, type: "C_SC_NA_1", value: 1, outcome: "failure" },
      { event: "rejected", peer, situation: "unknownObject", apdu: "680e00000000" + "2d0106002f00" + "63000001" },
      { event: "stopped", ...common },
      { event: "closed", ...common, reason: expect.stringMatching(/PEER_CLOSED|TRANSPORT/) }
    ])
    expect(program.err).toBe("")
  })

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "ends at %s with exit code 0, and its clients get FIN",
    async (signal) => {
      const program = new Program(write("b.yaml", CONFIG), "--listen", "127.0.0.1:0", "--json")
      const port = await program.port()
      const [client, stopped] = [await startClient(port), await connect(port)]
      await stopped.testfr()
      program.child.kill(signal)
      expect([await client.ended, await stopped.ended]).toEqual(["fin", "fin"])
      expect(await program.ended).toBe(0)
      const closed = program.records.filter(({ event }) => event === "closed").map(({ reason }) => reason)
      expect([closed, program.err]).toEqual([["LOCAL", "LOCAL"], ""])
    }
  )

  it("ends cleanly when a signal comes twice, as from a terminal through npm", async () => {
    const program = new Program(write("b.yaml", CONFIG), "--listen", "127.0.0.1:0", "--json")
    await program.port()
    program.child.kill("SIGINT")
    program.child.kill("SIGINT")
    expect(await program.ended).toBe(0)
  })

  it("sends what the file simulates", async () => {
    const simulated = `listen: { host: 127.0.0.1, port: 0 }
stations:
  - commonAddress: 1
    points: [{ address: 5, type: M_SP_TB_1, simulate: { kind: toggle, every: 50 ms } }]
`
    const program = new Program(write("c.yaml", simulated), "--json")
    const client = await startClient(await program.port())
    const values: unknown[] = []
    while (values.length < 4)
      values.push(...((await client.next({ typeId: 30, cot: 3 })).objects ?? []).map(({ spi }) => spi))
    expect([values.includes(true), values.includes(false)]).toEqual([true, true])
  })
})

describe("iec104 serve without --json", () => {
  it("greets with address and contents, then writes plain lines", async () => {
    const program = new Program(write("d.yaml", CONFIG), "--listen", "127.0.0.1:0")
    const port = Number(/:(\d+),/.exec(await program.line(/^IEC 60870-5-104 server on/))?.[1])
    const client = await startClient(port)
    await client.stopdt()
    const peer = `127\\.0\\.0\\.1:${client.socket.localPort}`
    client.close()
    await program.line(/ closed /)
    expect(program.lines[0]).toBe(
      `IEC 60870-5-104 server on 127.0.0.1:${port}, serving ${within("d.yaml")}: 1 station, 4 points.`
    )
    expect(program.lines[2]).toBe("Ctrl-C stops it.")
    expect(program.lines.slice(3).join("\n")).toMatch(
      new RegExp(
        ["connected", "started", "stopped", "closed"]
          .map((name) => `\\d\\d:\\d\\d:\\d\\d\\.\\d\\d\\d ${name} ${peer} .*session=1.*`)
          .join("\n")
      )
    )
  })

  it("tells warnings of the file on standard error, and serves all the same", async () => {
    const program = new Program(write("w.yaml", `link: { w: 12 }\n${CONFIG}`), "--listen", "127.0.0.1:0")
    await program.line(/Ctrl-C/)
    expect(program.err).toMatch(/w\.yaml:1:12 link\.w: warning: .*\n$/)
  })
})

describe("iec104 serve that cannot", () => {
  it("listen says so in one line and exits with 1", async () => {
    const port = await occupied()
    const program = new Program(write("e.yaml", CONFIG), "--listen", `127.0.0.1:${port}`, "--json")
    expect(await program.ended).toBe(1)
    expect([program.out, program.err]).toEqual(["", `iec104: 127.0.0.1:${port} is in use by another program\n`])
  })

  it("listen on a foreign address says so in one line and exits with 1", async () => {
    const program = new Program(write("e.yaml", CONFIG), "--listen", "203.0.113.7:0")
    expect(await program.ended).toBe(1)
    expect([program.out, program.err]).toEqual(["", "iec104: 203.0.113.7:0 is not an address of this machine\n"])
  })

  it("use its file tells every problem, exits with 1, and has not listened", async () => {
    const port = await occupied()
    const bad = `listen: { host: 127.0.0.1, port: ${port} }\nprofile: x\nstations:\n  - { commonAddress: 0, points: [] }\n`
    const program = new Program(write("f.yaml", bad))
    expect(await program.ended).toBe(1)
    expect(program.out).toBe("")
    const file = within("f.yaml")
    expect(program.err.split("\n")).toEqual([
      expect.stringContaining(`${file}:2:10 profile: `),
      expect.stringContaining(`${file}:4:22 stations[0].commonAddress: `),
      `${file}: 2 problems`,
      ""
    ])
  })

  it("find its file says so and exits with 1", async () => {
    const program = new Program(within("none.yaml"))
    expect(await program.ended).toBe(1)
    expect(program.err).toBe(`${within("none.yaml")}: there is no such file\n`)
  })
})
