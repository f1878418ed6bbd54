// `iec104 compose`: frames out of fields, over every known frame, outside the profile too, and what is said about bad ones.
import { describe, expect, it } from "vitest"
import { askOne, closeEarly, countAnswers, iec104, linesOf, vectors } from "./support.ts"

const INTERROGATION = '{"typeId":100,"cot":6,"ca":47,"objects":[{"ioa":0,"qoi":20}]}'
const interrogation = "680e00000000640106002f0000000014"

describe("iec104 compose --json", () => {
  const json = (...args: ReadonlyArray<string>) => ["compose", "--json", ...args]

  it("gives the octets of every known frame in one process, but for address fields of other sizes", async () => {
    const input = vectors.map(({ fields }) => `${JSON.stringify(fields)}\n`).join("")
    const { code, out, err } = await iec104(json(), input)
    expect([code, err]).toEqual([1, ""])
    const answers = linesOf(out)
    expect(answers).toHaveLength(396)
    for (const [index, { hex, fits }] of vectors.entries())
      if (fits) expect(answers[index]).toBe(hex)
      else expect(answers[index]).toMatch(/^\{"error":"standard input, line \d+: address sizes .* are not those of/)
  })

  it("takes objects as arguments and from standard input, and fills in what follows from the rest", async () => {
    const [given, input] = await Promise.all([
      iec104(json(INTERROGATION, '{"apci":{"format":"S","nr":5}}')),
      iec104(json(), `# comment\n\n${INTERROGATION}\r\n{"apci":{"format":"S","nr":5}}`)
    ])
    expect(given).toEqual({ code: 0, out: `${interrogation}\n680401000a00\n`, err: "" })
    expect(input).toEqual(given)
  })

  it("refuses a frame that says something twice, in whatever of its objects", async () => {
    const lines = [
      '{"typeId":100,"cot":6,"ca":47,"ca":48,"objects":[{"ioa":0,"qoi":20}]}',
      '{"typeId":100,"cot":6,"ca":47,"objects":[{"ioa":0,"qoi":20,"\\u0071oi":21}]}',
      INTERROGATION
    ]
    const { code, out } = await iec104(json(), lines.join("\n"))
    expect([code, ...linesOf(out)]).toEqual([
      1,
      ...["ca", "qoi"].map((key, n) =>
        JSON.stringify({
          error: `standard input, line ${n + 1}: not valid JSON: the key "${key}" is given twice in one object`
        })
      ),
      interrogation
    ])
  })

  it("composes what stands there, also outside the profile and with wrong numbers", async () => {
    const { code, out } = await iec104(
      json(),
      [
        '{"typeId":200,"cot":63,"negative":true,"test":true,"oa":255,"ca":65535,"data":"0102ff"}',
        '{"typeId":1,"count":9,"cot":3,"ca":0,"objects":[{"ioa":0,"spi":true}]}',
        '{"apci":{"format":"I","length":4},"typeId":100,"cot":6,"ca":1,"objects":[]}'
      ].join("\n")
    )
    expect(code).toBe(0)
    expect(linesOf(out)).toEqual([
      "680d00000000c801ffffffff0102ff",
      "680e0000000001090300000000000001",
      "680400000000640006000100"
    ])
  })

  it("answers a bad line in its place, goes on, and fails at the end", async () => {
    const lines = [
      '{"typeId":999,"objects":[]}',
      "{",
      '"hello"',
      '{"typeId":1,"colour":"red","objects":[]}',
      INTERROGATION
    ]
    const { code, out, err } = await iec104(json(), `${lines.join("\n")}\n`)
    expect([code, err]).toEqual([1, ""])
    const answers = linesOf(out)
    expect(answers).toHaveLength(5)
    expect(answers[4]).toBe(interrogation)
    const errors = answers.slice(0, 4).map((line): unknown => JSON.parse(line))
    expect(errors).toEqual([
      { error: expect.stringMatching(/^standard input, line 1: typeId must be an integer 0\.\.255, not 999/) },
      { error: expect.stringMatching(/^standard input, line 2: not valid JSON: /) },
      { error: 'standard input, line 3: a frame must be an object, not "hello"' },
      { error: expect.stringMatching(/^standard input, line 4: .*colour/) }
    ])
  })

  it("answers a line before the next one comes", async () => {
    expect(await askOne(json(), INTERROGATION)).toBe(`${interrogation}\n`)
  })

  it("composes 100,000 frames in little memory", async () => {
    expect(await countAnswers(json(), INTERROGATION, 100_000)).toEqual({ code: 0, err: "", answers: 100_000 })
  })

  it("ends quietly when nobody reads on", async () => {
    expect(await closeEarly(json(), INTERROGATION, 100_000)).toEqual({ code: 0, err: "" })
  })
})

describe("iec104 compose", () => {
  it("tells bad objects on standard error", async () => {
    const { code, out, err } = await iec104(["compose", "5", INTERROGATION])
    expect({ code, out, err }).toEqual({
      code: 1,
      out: `${interrogation}\n`,
      err: "argument 1: a frame must be an object, not 5\n"
    })
  })
})
