// The `{...}` of a transcript line: whole-number arithmetic over loop counters, in place of the text it stands in.
// `{8*i+1}` becomes a decimal number, `{i:2}` the number as two octets in hexadecimal, low octet first.

/** Values of the counters of the loops around a line. */
export type Counters = ReadonlyMap<string, number>

const NONE: Counters = new Map()
const token = /\s*(\d+|[a-z]+|[-+*/%()])/gy

function tokens(text: string): string[] {
  const found = [...text.matchAll(token)].map(([, word]) => word as string)
  if (found.join("") !== text.replace(/\s/g, "")) throw new Error(`cannot read the expression {${text}}`)
  return found
}

/** Sums of products of numbers, counters and brackets; `/` and `%` are those of whole numbers. */
export function evaluate(text: string, counters: Counters = NONE): number {
  const words = tokens(text)
  let at = 0
  const primary = (): number => {
    const word = words[at++]
    if (word === "(") {
      const inner = sum()
      if (words[at++] !== ")") throw new Error(`a bracket is not closed in {${text}}`)
      return inner
    }
    if (word === "-") return -primary()
    const value = word === undefined ? undefined : /^\d/.test(word) ? Number(word) : counters.get(word)
    if (value === undefined) throw new Error(`${word ?? "the end"} has no value in {${text}}`)
    return value
  }
  const product = (): number => {
    let value = primary()
    for (let sign = words[at]; sign === "*" || sign === "/" || sign === "%"; sign = words[at]) {
      at++
      const right = primary()
      value = sign === "*" ? value * right : sign === "/" ? Math.trunc(value / right) : value % right
    }
    return value
  }
  const sum = (): number => {
    let value = product()
    for (let sign = words[at]; sign === "+" || sign === "-"; sign = words[at]) {
      at++
      value += sign === "+" ? product() : -product()
    }
    return value
  }
  const result = sum()
  if (at < words.length) throw new Error(`${words[at]} is one too many in {${text}}`)
  return result
}

const littleEndian = (value: number, octets: number): string =>
  Array.from({ length: octets }, (_, index) =>
    (Math.floor(value / 256 ** index) & 0xff).toString(16).padStart(2, "0")
  ).join(" ")

/** The text with every `{...}` replaced by its value. */
export const fill = (text: string, counters: Counters): string =>
  text.includes("{")
    ? text.replace(/\{([^{}:]*)(?::(\d))?\}/g, (_, inner: string, octets: string | undefined) => {
        const value = evaluate(inner, counters)
        return octets === undefined ? String(value) : littleEndian(value, Number(octets))
      })
    : text
