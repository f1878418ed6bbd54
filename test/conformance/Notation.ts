// Frames as a transcript writes them: `STARTDT act`, `S 5`, `I 3 2 | 2D 01 06 ...`, raw octets, or quoted text; joined
// with ` + ` and multiplied with `12 x`. Every frame becomes a pattern of octets; what is sent may leave nothing open.
import * as Frame from "../../src/core/wire/Frame.ts"

export interface Pattern {
  /** Octets in order; -1 = any. */
  readonly octets: readonly number[]
  /** Whether anything may follow. */
  readonly open: boolean
}

/** What is known when a frame is written without numbers: how many I frames each side has sent so far. */
export interface Numbers {
  own: number
  peer: number
}

const functions: ReadonlyMap<string, number> = new Map([
  ["STARTDT act", Frame.U.STARTDT_ACT],
  ["STARTDT con", Frame.U.STARTDT_CON],
  ["STOPDT act", Frame.U.STOPDT_ACT],
  ["STOPDT con", Frame.U.STOPDT_CON],
  ["TESTFR act", Frame.U.TESTFR_ACT],
  ["TESTFR con", Frame.U.TESTFR_CON]
])

/** Octets that count up from one to another, over 255 to 0. */
const counting = (from: number, to: number): readonly number[] =>
  Array.from({ length: ((to - from) & 0xff) + 1 }, (_, index) => (from + index) & 0xff)

/** Octets by chance, the same ones for the same seed. */
function random(count: number, seed: number): readonly number[] {
  let state = Math.imul(seed + 1, 2_654_435_761)
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state >>> 24
  })
}

/**
 * `2D 01 ?? 00*243 00..EB random*20:7 flip:3 name *`: octets, any octet, repeated octets, octets that count up, octets
 * by chance of a seed, what follows with one bit wrong, named octets, anything.
 */
export function octetsOf(text: string, names: ReadonlyMap<string, string>): Pattern {
  const octets: number[] = []
  let open = false
  let flip = -1
  for (const word of text.trim().split(/\s+/)) {
    const [, pair, times] = /^([0-9A-Fa-f]{2}|\?\?)(?:\*(\d+))?$/.exec(word) ?? []
    const [, from, to] = /^([0-9A-Fa-f]{2})\.\.([0-9A-Fa-f]{2})$/.exec(word) ?? []
    const [, count, seed] = /^random\*(\d+):(\d+)$/.exec(word) ?? []
    const [, bit] = /^flip:(\d+)$/.exec(word) ?? []
    const named = names.get(word)
    if (open) throw new Error(`${word} stands behind *, which is everything to the end`)
    if (word === "*") open = true
    else if (bit !== undefined) flip = 8 * octets.length + Number(bit)
    else if (from !== undefined) octets.push(...counting(Number.parseInt(from, 16), Number.parseInt(to as string, 16)))
    else if (count !== undefined) octets.push(...random(Number(count), Number(seed)))
    else if (pair !== undefined) {
      const octet = pair === "??" ? -1 : Number.parseInt(pair, 16)
      for (let i = 0; i < Number(times ?? 1); i++) octets.push(octet)
    } else if (named !== undefined) {
      const inner = octetsOf(named, names)
      octets.push(...inner.octets)
      open = inner.open
    } else throw new Error(`${JSON.stringify(word)} is neither an octet nor a name`)
  }
  const flipped = octets[flip >> 3]
  if (flip >= 0 && flipped !== undefined) octets[flip >> 3] = flipped ^ (1 << (flip & 7))
  return { octets, open }
}

/** Two octets of the control field: a number and its low bit; `5..` counts up from 5, `*` leaves it open. */
function field(text: string, index: number): readonly number[] {
  if (text === "*") return [-1, -1]
  const [, first, counting] = /^(\d+)(\.\.)?$/.exec(text) ?? []
  if (first === undefined) throw new Error(`${JSON.stringify(text)} is no sequence number like 5, 5.. or *`)
  const number = (Number(first) + (counting === undefined ? 0 : index)) & 0x7fff
  return [(number << 1) & 0xff, number >> 7]
}

function information(text: string, index: number, numbers: Numbers, names: ReadonlyMap<string, string>): Pattern {
  const [, send, receive, content = ""] = /^I(?: +(\S+) +(\S+))? *\|(.*)$/.exec(text) ?? []
  if (content === "")
    throw new Error("an I frame reads I 3 2 | 2D 01 ..., or I | 2D 01 ... for the numbers that are due")
  const asdu = octetsOf(content, names)
  const length = asdu.open ? -1 : asdu.octets.length + 4
  const own = field(send ?? String(numbers.own & 0x7fff), send === undefined ? 0 : index)
  const peer = field(receive ?? String(numbers.peer & 0x7fff), receive === undefined ? 0 : index)
  return { octets: [Frame.START, length, ...own, ...peer, ...asdu.octets], open: asdu.open }
}

function one(text: string, index: number, numbers: Numbers, names: ReadonlyMap<string, string>): Pattern {
  const code = functions.get(text)
  if (code !== undefined) return { octets: [Frame.START, 4, code, 0, 0, 0], open: false }
  if (/^S(?: |$)/.test(text)) {
    const said = text.slice(1).trim()
    const receive = said === "" ? field(String(numbers.peer & 0x7fff), 0) : field(said, index)
    return { octets: [Frame.START, 4, 1, 0, ...receive], open: false }
  }
  if (/^I[ |]/.test(text)) return information(text, index, numbers, names)
  if (text.startsWith('"'))
    return { octets: [...(JSON.parse(text) as string)].map((c) => c.charCodeAt(0)), open: false }
  return octetsOf(text, names)
}

/** Whether this is the beginning of an I frame, or a whole one. */
const isInformation = ({ octets, open }: Pattern): boolean =>
  octets[0] === Frame.START &&
  ((octets[2] ?? 1) & 1) === 0 &&
  (open || octets[1] === -1 || octets.length === (octets[1] ?? 0) + 2)

/** The frames of a line in order; I frames advance `numbers.own`. */
export function frames(text: string, numbers: Numbers, names: ReadonlyMap<string, string>): readonly Pattern[] {
  return text.split(/\s\+\s/).flatMap((part) => {
    const [, count = "1", frame = ""] = /^(?:(\d+) x )?(.*)$/.exec(part.trim()) ?? []
    return Array.from({ length: Number(count) }, (_, index) => {
      const pattern = one(frame, index, numbers, names)
      if (isInformation(pattern)) numbers.own++
      return pattern
    })
  })
}

/** The octets of patterns that leave nothing open, one behind the other. */
export function exact(patterns: readonly Pattern[]): Uint8Array {
  const octets: number[] = []
  for (const pattern of patterns) {
    if (pattern.open || pattern.octets.includes(-1)) throw new Error("what is sent may not leave octets open")
    for (const octet of pattern.octets) octets.push(octet)
  }
  return Uint8Array.from(octets)
}

export const matches = ({ octets, open }: Pattern, frame: Uint8Array): boolean =>
  (open ? frame.length >= octets.length : frame.length === octets.length) &&
  octets.every((octet, index) => octet < 0 || octet === frame[index])

/** The pattern as a line of octets. */
export const show = ({ octets, open }: Pattern): string =>
  [...octets.map((octet) => (octet < 0 ? "??" : octet.toString(16).padStart(2, "0"))), ...(open ? ["*"] : [])].join(" ")
