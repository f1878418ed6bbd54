// Octets of a frame in words and as fields, by the core and by the c104 face: whatever they are, there is an answer, in proportion to them;
// and fields make octets that have these fields.
import { explainBytes, explainBytesDict } from "../../../src/api/c104/explain.ts"
import * as Explain from "../../../src/core/wire/Explain.ts"
import * as Fields from "../../../src/core/wire/Fields.ts"
import * as Frames from "../../property/support/Frames.ts"
import * as Seeds from "../Seeds.ts"
import { hold, type Target } from "../Target.ts"

const ASDU_MAX = 249
/** Characters of words for a frame, and for an octet: a whole object may have three of them. */
const [WORDS, WORDS_AN_OCTET] = [600, 120]

/** What is no frame by its first octet is taken for an ASDU, so that this is what is judged. */
const frameOf = (input: Uint8Array): Uint8Array =>
  input[0] === 0x68 ? input : Frames.i(0, 0, input.subarray(0, ASDU_MAX))

function run(input: Uint8Array): void {
  const frame = frameOf(input)
  const words = [...Explain.explain(frame), explainBytes(frame), JSON.stringify(explainBytesDict(frame))]
  const length = words.reduce((sum, line) => sum + line.length, 0)
  hold(
    length <= WORDS + WORDS_AN_OCTET * frame.length,
    () => `${frame.length} octets are explained in ${length} characters`
  )
  hold(!words.join().includes("undefined"), () => `it is explained as ${words.join(", ")}`)
  const decoded = Fields.decode(frame)
  if (!decoded.ok) return
  const encoded = Fields.encode(JSON.parse(JSON.stringify(decoded.fields)))
  hold(encoded.ok, () => `its fields are refused: ${encoded.ok ? "" : encoded.error}`)
  // Bits that are reserved are no field.
  const again = Fields.decode(encoded.octets)
  const [before, after] = [JSON.stringify(decoded), JSON.stringify(again)]
  hold(before === after, () => `its fields ${before} make octets with other ones: ${after}`)
  hold(
    encoded.octets.length === frame.length,
    () => `its fields make ${encoded.octets.length} octets of ${frame.length}`
  )
}

export const target: Target = {
  name: "decoder",
  about: "frames and ASDUs in words and as fields",
  seeds: () => Seeds.vectors(),
  words: [Uint8Array.of(0xff, 0xff, 0xff), Uint8Array.of(0xfe, 0xff, 0xff), Uint8Array.of(0x82), Uint8Array.of(0xff)],
  text: false,
  most: 300,
  work: { base: 12_000, octet: 300 },
  batch: 256,
  run
}
