// Lines on standard input of `iec104 serve` say what a configuration file may say: the same values, the same qualities of
// the same types, and nothing that is no number. What is refused is told, and changes nothing.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { startClient } from "../support/Stage.ts"
import { Program } from "./Program.ts"
import { iec104, scratch } from "./support.ts"

const { write } = scratch()

/** A point of each set of qualities, and one without. */
const types = ["M_SP_NA_1", "M_DP_NA_1", "M_ME_NC_1", "M_IT_NA_1", "M_EP_TD_1", "M_ME_ND_1"] as const

const written = [
  ...["overflow", "elapsed-time-invalid", "blocked", "substituted", "not-topical", "invalid", "carry", "adjusted"],
  ...["ov", "ei", "bl", "sb", "nt", "iv", "cy", "ca", "IV", ""]
].map((word) => ({ quality: [word] }))
const values = [true, false, "on", "off", 0, 0.5, 1, 2, 7].map((value) => ({ value }))
const cases = types.flatMap((type) => [...written, ...values].map((said) => ({ type, said })))

const CONFIG = `listen: { host: 127.0.0.1, port: 0 }
stations:
  - commonAddress: 1
    points:
${types.map((type, at) => `      - { address: ${at + 1}, type: ${type} }`).join("\n")}
`

const line = (at: number, said: object): string => JSON.stringify({ station: 1, address: at + 1, ...said })

/** The numbers of lines that are refused. */
const refusedBy = (program: Program): readonly number[] =>
  program.records
    .filter(({ code }) => code === "BAD_INPUT")
    .map(({ message }) => Number(/line (\d+)/.exec(String(message))?.[1]))

const started = (): Program => new Program(write("input.yaml", CONFIG), "--json")

describe("a line on standard input", () => {
  it("is refused where `check` refuses the same of the same type, and only there", async () => {
    const points = cases.map(({ type, said }, at) => `      - ${JSON.stringify({ address: at + 1, type, ...said })}`)
    const file = write("said.yaml", `stations:\n  - commonAddress: 1\n    points:\n${points.join("\n")}\n`)
    const { err } = await iec104(["check", file])
    const unfit = new Set([...err.matchAll(/points\[(\d+)\]/g)].map(([, at]) => Number(at) + 1))
    const program = started()
    await program.port()
    const lines = cases.map(({ type, said }) => line(types.indexOf(type), said))
    program.child.stdin?.write(`${lines.join("\n")}\n{}\n`)
    await program.line(new RegExp(`line ${cases.length + 1}:`))
    expect(new Set(refusedBy(program))).toEqual(new Set([...unfit, cases.length + 1]))
    expect(unfit.size).toBeGreaterThan(0)
  })

  it("that is refused changes nothing, and makes no event", async () => {
    const program = started()
    const client = await startClient(await program.port())
    const [double, short] = [types.indexOf("M_DP_NA_1"), types.indexOf("M_ME_NC_1")]
    const refused = [
      line(short, { value: 5, quality: ["cy"] }),
      line(short, { value: 5, quality: ["ei"] }),
      `{"station":1,"address":${short + 1},"value":1e400}`,
      `{"station":1,"address":${short + 1},"value":-1e400}`,
      `{"station":1,"address":${short + 1},"value":1e39}`,
      line(double, { value: 2, quality: ["ov"] }),
      line(short, { value: 5, qualitty: ["iv"] }),
      line(short, { valeu: 5 }),
      line(short, { value: 5, At: "2026-01-01T12:00:00Z" }),
      line(double, { value: 2, name: "Breaker" }),
      `{"station":1,"address":${short + 1},"value":5,"value":6}`
    ]
    const taken = [
      line(short, { quality: ["not-topical", "sb"] }),
      line(double, { value: true }),
      line(double, { value: "off", quality: "iv" })
    ]
    program.child.stdin?.write(`${[...refused, ...taken].join("\n")}\n`)
    const events = () =>
      client
        .asdus({ cot: 3 })
        .flatMap(({ objects = [] }) =>
          objects.map(({ ioa, value, dpi, quality }) => [
            ioa,
            value ?? dpi,
            Object.entries(quality ?? {}).flatMap(([bit, on]) => (on === true ? [bit] : []))
          ])
        )
    await client.until(() => events().length === taken.length)
    expect(refusedBy(program)).toEqual(refused.map((_, at) => at + 1))
    expect(events()).toEqual([
      [short + 1, 0, ["sb", "nt"]],
      [double + 1, 2, []],
      [double + 1, 1, ["iv"]]
    ])
    program.child.kill("SIGTERM")
    expect([await program.ended, program.err]).toEqual([0, ""])
  })

  it("that says neither value nor quality is an event of what the point says, at the time that the line says", async () => {
    const config = `listen: { host: 127.0.0.1, port: 0 }
stations: [{ commonAddress: 1, points: [{ address: 1, type: M_ME_TF_1, value: 1.5, quality: [nt] }] }]
`
    const program = new Program(write("times.yaml", config), "--json")
    const client = await startClient(await program.port())
    const yearBefore = new Date().getUTCFullYear() % 100
    program.child.stdin?.write(`${line(0, { at: "2021-02-03T04:05:06.789Z" })}\n${line(0, {})}\n`)
    const [first, second] = [await client.next({ typeId: 36, cot: 3 }), await client.next({ typeId: 36, cot: 3 })]
    const said = { ioa: 1, value: 1.5, quality: { nt: true, iv: false } }
    const told = { year: 21, month: 2, dom: 3, hour: 4, min: 5, ms: 6789, iv: false }
    expect([first.objects, second.objects]).toMatchObject([[{ ...said, time: told }], [said]])
    const [{ time }] = second.objects as unknown as readonly [{ readonly time: { readonly year: number } }]
    expect([yearBefore, new Date().getUTCFullYear() % 100]).toContain(time.year)
  })

  it("with a text where a number belongs is told what may stand there", async () => {
    const program = started()
    await program.port()
    const messages = ["1.5", "bad", null, [1]].map((value) => line(types.indexOf("M_ME_NC_1"), { value }))
    program.child.stdin?.write(`${messages.join("\n")}\n{}\n`)
    await program.line(/line 5:/)
    const told = program.records.filter(({ code }) => code === "BAD_INPUT").slice(0, messages.length)
    expect(told.map(({ message }) => String(message).replace(/line \d/, "line"))).toEqual(
      messages.map(() => 'standard input, line: Expected a number, true, false, "on" or "off", at ["value"]')
    )
  })
})

describe("a directory as standard input", () => {
  it("is told by `serve`, which goes on", async () => {
    const directory = fs.openSync("test", "r")
    const program = new Program(write("directory.yaml", CONFIG), "--json", directory)
    fs.closeSync(directory)
    expect(await program.line(/BAD_INPUT/)).toContain("standard input: it is a directory")
    expect(await (await startClient(await program.port())).answers()).toBe(true)
  })

  it.each(["explain", "compose"])("is told by `%s`, which fails", async (command) => {
    const directory = fs.openSync("test", "r")
    const child = spawn(process.execPath, ["src/api/cli/main.ts", command], { stdio: [directory, "pipe", "pipe"] })
    fs.closeSync(directory)
    let err = ""
    child.stderr?.on("data", (chunk) => {
      err += String(chunk)
    })
    const code = await new Promise((resolve) => child.on("close", resolve))
    expect([code, err]).toEqual([1, "standard input: it is a directory\n"])
  })
})
