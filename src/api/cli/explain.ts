// `iec104 explain [--json] [HEX...]`: what the octets of frames say, in words or as fields, from the arguments or from
// standard input.
import type * as Effect from "effect/Effect"
import * as Explain from "../../core/wire/Explain.ts"
import * as Fields from "../../core/wire/Fields.ts"
import * as Hex from "../../core/wire/Hex.ts"
import * as Lines from "./Lines.ts"
import type * as Output from "./Output.ts"

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
export const linesOf = (hex: ReadonlyArray<string>): ReadonlyArray<string> =>
  hex.length > 0 && hex.every((text) => /^(0x)?[0-9a-f]{1,2}$/i.test(text)) ? [hex.join(" ")] : hex

/** The octets of a line, at least one; or what is wrong with it. */
const octetsOf = (text: string): Uint8Array | string => {
  const octets = Hex.hexToOctets(text)
  return octets.length === 0 ? "there are no octets" : octets
}

/** A line may hold several frames, and each is told as far as it goes. */
export const inWords: Lines.Answer = (text) => {
  const octets = octetsOf(text)
  return typeof octets === "string" ? octets : frames(octets).flatMap(Explain.explain)
}

/** A line is one frame and has one answer, so that answers can be matched with lines: its fields, or why it has none. */
export const asFields: Lines.Answer = (text) => {
  const octets = octetsOf(text)
  if (typeof octets === "string") return octets
  const decoded = Fields.decode(octets)
  return decoded.ok ? [JSON.stringify(decoded.fields)] : decoded.error
}

export const explain = (options: {
  readonly hex: ReadonlyArray<string>
  readonly json: boolean
}): Effect.Effect<void, Output.CliError> =>
  Lines.answerAll({
    given: linesOf(options.hex),
    answer: options.json ? asFields : inWords,
    json: options.json,
    invitation: "Reading frames as hexadecimal octets from the terminal, a frame a line."
  })
