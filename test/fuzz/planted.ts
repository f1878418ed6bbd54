// A target with a fault that somebody has planted, by name in FUZZ_PLANTED: each kind of failure has to be found, or nobody knows that it would be.
import { octetsOf, type Target, textOf } from "./Target.ts"

/** Four octets deep: by chance alone it takes 2^32 inputs. */
function throws(input: Uint8Array): void {
  if (input[0] !== 0x66) return
  if (input[1] !== 0x75) return
  if (input[2] !== 0x7a) return
  if (input[3] === 0x7a) throw new TypeError(`${textOf(input)} is too much`)
}

function loops(input: Uint8Array): void {
  if (input[0] !== 0x21) return
  for (let at = 0; at < input.length; at += input[at] === 0x21 ? 0 : 1);
}

/** Each octet is compared with all. */
function quadratic(input: Uint8Array): void {
  let same = 0
  for (const one of input) for (const other of input) if (one === other) same++
  if (same < 0) throw new Error("never")
}

function memory(input: Uint8Array): void {
  const all: number[][] = []
  while (input[0] === 0x2a) all.push(Array.from({ length: 100_000 }, (_, at) => at * 1.5))
}

const faults: Readonly<Record<string, (input: Uint8Array) => void>> = {
  throws,
  loops,
  quadratic,
  memory,
  none: () => {}
}
const fault = faults[process.env["FUZZ_PLANTED"] ?? "none"]
if (fault === undefined) throw new Error("there is no such fault")

export const target: Target = {
  name: "planted",
  about: "a fault that somebody has planted",
  seeds: () => [octetsOf("abcdefgh")],
  words: [],
  text: true,
  most: 2000,
  work: { base: 1000, octet: 100 },
  batch: 256,
  run: fault
}
