// The lines that `iec104 explain` is given, from standard input in any pieces: each has its answer, in words and as fields.
import * as Explain from "../../../src/api/cli/explain.ts"
import * as InputLines from "../../../src/api/cli/InputLines.ts"
import * as Seeds from "../Seeds.ts"
import { hold, octetsOf, type Target, textOf } from "../Target.ts"

/** Characters of the answers to a line, and to a character of it. */
const [ANSWER, ANSWER_A_CHARACTER] = [2000, 160]

const lengthOf = (answer: readonly string[] | string): number =>
  typeof answer === "string" ? answer.length : answer.reduce((sum, line) => sum + line.length, 0)

async function* pieces(text: string): AsyncGenerator<string> {
  for (let at = 0, size = 1; at < text.length; at += size, size = (size * 7) % 61) yield text.slice(at, at + size)
}

async function linesOf(text: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const some of InputLines.completed(pieces(text))) lines.push(...some)
  return lines
}

async function run(input: Uint8Array): Promise<void> {
  const text = textOf(input)
  const lines = await linesOf(text)
  const whole = text.split("\n")
  if (whole.at(-1) === "") whole.pop()
  hold(JSON.stringify(lines) === JSON.stringify(whole), () => "its lines are others when it comes in pieces")
  for (const line of [...lines, ...Explain.linesOf(text.split(" ").slice(0, 300))]) {
    const words = Explain.inWords(line)
    const fields = Explain.asFields(line)
    const length = lengthOf(words) + lengthOf(fields)
    hold(
      length <= ANSWER + ANSWER_A_CHARACTER * line.length,
      () => `a line of ${line.length} characters is answered by ${length}`
    )
    if (typeof fields !== "string") JSON.parse(fields[0] as string)
  }
}

const hex = (octets: Uint8Array, separator: string): string =>
  Buffer.from(octets).toString("hex").replace(/../g, `$&${separator}`)

export const target: Target = {
  name: "explain",
  about: "lines of hexadecimal octets, as `iec104 explain` reads them",
  seeds: () => [
    ...Seeds.vectors().map((octets, at) => octetsOf(hex(octets, ["", " ", ":", ", ", "-"][at % 5] as string))),
    octetsOf("# a comment\n0x68 0x04 0x07 0 0 0\n\n68 04 43 00 00 00 68 04 83 00 00 00\r\n0X6804010002006804\n")
  ],
  words: ["0x", "0X", "68", "6804", "\r\n", "\n", ";", ":", "-", "#", "６８", "é", "\u0000"].map(octetsOf),
  text: true,
  most: 4096,
  work: { base: 20_000, octet: 200 },
  batch: 32,
  run
}
