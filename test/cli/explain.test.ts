// `iec104 explain --json`: frames as fields, over every known frame, and what is said about lines that are none.
import { describe, expect, it } from "vitest"
import { askOne, closeEarly, countAnswers, iec104, linesOf, vectors } from "./support.ts"

const STARTDT = "680407000000"
const startdt = { apci: { format: "U", length: 4, function: "STARTDT act" } }
const testfr = { apci: { format: "U", length: 4, function: "TESTFR act" } }
const MEASURED = "681002000400090103000100640000004000"

const json = (...args: ReadonlyArray<string>) => ["explain", "--json", ...args]

const parsed = (out: string): ReadonlyArray<unknown> => linesOf(out).map((line) => JSON.parse(line))

const errors = (out: string): ReadonlyArray<string> =>
  parsed(out).map((answer) => {
    expect(Object.keys(answer as object)).toEqual(["error"])
    return (answer as { readonly error: string }).error
  })

describe("iec104 explain --json", () => {
  it("tells the fields of every known frame, in one process", async () => {
    const frames = vectors.filter(({ fits }) => fits)
    const { code, out, err } = await iec104(json(), frames.map(({ hex }) => `${hex}\n`).join(""))
    expect([code, err]).toEqual([0, ""])
    const answers = parsed(out)
    expect(answers).toHaveLength(385)
    for (const [index, { hex, fields }] of frames.entries()) expect(answers[index], hex).toEqual(fields)
  })

  it("takes frames as arguments, and one frame with an octet an argument", async () => {
    const [frames, octets] = await Promise.all([
      iec104(json(STARTDT, "68:04:43:00:00:00")),
      iec104(json(..."68 04 07 00 00 00".split(" ")))
    ])
    expect(parsed(frames.out)).toEqual([startdt, testfr])
    expect(parsed(octets.out)).toEqual([startdt])
  })

  it("passes over empty lines and comments, and needs no newline at the end", async () => {
    const { code, out } = await iec104(json(), `# a capture\r\n\r\n   \n${STARTDT}\r\n  # more\n68 04 43 00 00 00`)
    expect([code, parsed(out)]).toEqual([0, [startdt, testfr]])
  })

  it("answers a bad line in its place, goes on, and fails at the end", async () => {
    const input = [STARTDT, "68zz", "680", `${STARTDT}680443000000`, "6804070000", "680e00000000ff", STARTDT]
    const { code, out, err } = await iec104(json(), `${input.join("\n")}\n`)
    expect([code, err]).toEqual([1, ""])
    const lines = linesOf(out)
    expect(parsed(`${lines[0]}\n${lines[6]}\n`)).toEqual([startdt, startdt])
    expect(errors(`${lines.slice(1, 6).join("\n")}\n`)).toEqual([
      'standard input, line 2: "z" is not a hexadecimal digit',
      'standard input, line 3: "680" has an odd number of hexadecimal digits',
      "standard input, line 4: length 4 means an APDU of 6 octets, here are 12",
      "standard input, line 5: an APDU has at least 6 octets, here are 5",
      "standard input, line 6: length 14 means an APDU of 16 octets, here are 7"
    ])
  })

  it("names the argument that is no frame", async () => {
    const { code, out, err } = await iec104(json("xyz", STARTDT))
    expect([code, err]).toEqual([1, ""])
    expect(out).toBe(`{"error":"argument 1: \\"x\\" is not a hexadecimal digit"}\n${JSON.stringify(startdt)}\n`)
  })

  it("keeps nothing of a line without end", async () => {
    const { code, out, err } = await iec104(json(), `${"0".repeat(9_000_000)}\n${STARTDT}\n`)
    expect([code, err]).toEqual([1, ""])
    const [first = "", second = ""] = linesOf(out)
    expect(errors(`${first}\n`)).toEqual(["standard input, line 1: a line of more than 4194304 characters"])
    expect(JSON.parse(second)).toEqual(startdt)
  })

  it("answers a line before the next one comes", async () => {
    expect(JSON.parse(await askOne(json(), STARTDT))).toEqual(startdt)
  })

  it("answers 100,000 lines in little memory", async () => {
    expect(await countAnswers(json(), MEASURED, 100_000)).toEqual({ code: 0, err: "", answers: 100_000 })
  })

  it("ends quietly when nobody reads on", async () => {
    expect(await closeEarly(json(), MEASURED, 100_000)).toEqual({ code: 0, err: "" })
  })
})
