// `iec104 explain [HEX...]`: what the octets of frames say, from the arguments or from standard input.
import * as readline from "node:readline"
import * as Effect from "effect/Effect"
import * as Explain from "../../core/asdu/Explain.ts"
import * as Output from "./Output.ts"

const START = 0x68

/** Cuts octets where frames begin and end: a start octet, a length, and as many octets (60870-5-104 5.1). */
const frames = (octets: Uint8Array): ReadonlyArray<Uint8Array> => {
  const cut: Uint8Array[] = []
  let at = 0
  while (at < octets.length) {
    const length = octets[at + 1]
    const whole = octets[at] === START && length !== undefined && at + 2 + length < octets.length
    const end = whole ? at + 2 + length : octets.length
    cut.push(octets.subarray(at, end))
    at = end
  }
  return cut
}

/** One octet an argument, as in `iec104 explain 68 04 07 00 00 00`, is one frame; otherwise an argument is a line. */
const linesOf = (hex: ReadonlyArray<string>): ReadonlyArray<string> =>
  hex.length > 0 && hex.every((text) => /^(0x)?[0-9a-f]{1,2}$/i.test(text)) ? [hex.join(" ")] : hex

/** Explains one line of hexadecimal octets. True when it was hexadecimal; else says so, naming `place`. */
const explainLine = (text: string, place: string): Effect.Effect<boolean> => {
  const octets = Explain.hexToOctets(text)
  if (typeof octets === "string") return Effect.as(Output.err(`${place}: ${octets}`), false)
  return Effect.as(Output.out(...frames(octets).flatMap(Explain.explain)), true)
}

/** Standard input, a line at a time as they come; empty lines and lines that begin with # are passed over. */
const explainInput = (): Effect.Effect<boolean, Output.CliError> =>
  Effect.tryPromise({
    try: async () => {
      let [number, good] = [0, true]
      for await (const line of readline.createInterface({
        input: process.stdin,
        crlfDelay: Number.POSITIVE_INFINITY
      })) {
        number++
        if (line.trim() === "" || line.trimStart().startsWith("#")) continue
        good = (await Effect.runPromise(explainLine(line, `standard input, line ${number}`))) && good
      }
      return good
    },
    catch: (cause) => Output.failure(`standard input: ${cause instanceof Error ? cause.message : String(cause)}`)
  })

export const explain = (options: { readonly hex: ReadonlyArray<string> }): Effect.Effect<void, Output.CliError> =>
  Effect.gen(function* () {
    const lines = linesOf(options.hex)
    if (lines.length === 0 && process.stdin.isTTY) {
      yield* Output.err("Reading frames as hexadecimal octets from the terminal, a frame a line; Ctrl-D ends.")
    }
    const good =
      lines.length === 0
        ? yield* explainInput()
        : (yield* Effect.forEach(lines, (line, index) => explainLine(line, `argument ${index + 1}`))).every(Boolean)
    if (!good) return yield* Output.failure()
  })
