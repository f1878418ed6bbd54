// `iec104 compose [--json] [FIELDS...]`: the octets of frames that are given as fields, the inverse of `explain --json`.
import type * as Effect from "effect/Effect"
import * as Fields from "../../core/wire/Fields.ts"
import * as Hex from "../../core/wire/Hex.ts"
import * as Json from "./Json.ts"
import * as Lines from "./Lines.ts"
import type * as Output from "./Output.ts"

const octetsOf: Lines.Answer = (text) => {
  let fields: unknown
  try {
    fields = Json.parse(text)
  } catch (cause) {
    return `not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`
  }
  const encoded = Fields.encode(fields)
  return encoded.ok ? [Hex.octetsToHex(encoded.octets)] : encoded.error
}

export const compose = (options: {
  readonly fields: ReadonlyArray<string>
  readonly json: boolean
}): Effect.Effect<void, Output.CliError> =>
  Lines.answerAll({
    given: options.fields,
    answer: octetsOf,
    json: options.json,
    invitation: "Reading frames as JSON objects from the terminal, a frame a line."
  })
