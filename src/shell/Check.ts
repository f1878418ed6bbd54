// Checks of arguments that the public calls share.
import { InvalidAddress, InvalidArgument, InvalidValue } from "./Errors.ts"
import * as Nearest from "./Nearest.ts"
import { given } from "./Reason.ts"

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max

/** Throws {@link InvalidAddress} unless an address is a whole number from `min` to `max`. */
export function address(what: string, value: number, min: number, max: number): void {
  if (!isWithin(value, min, max)) throw new InvalidAddress({ what, value, min, max })
}

/** Throws {@link InvalidArgument} unless `value`, which is no address, is a whole number from `min` to `max`. */
export function inRange(what: string, value: number, min: number, max: number): void {
  if (!isWithin(value, min, max))
    throw new InvalidArgument({ what, expected: `a whole number from ${min} to ${max}`, value })
}

/** Throws {@link InvalidArgument} unless `value` is true or false. */
export function flag(what: string, value: boolean): boolean {
  if (typeof value === "boolean") return value
  throw new InvalidArgument({ what, expected: "true or false", value })
}

/** A value that is one of several texts. Throws {@link InvalidArgument} for any other. */
export function oneOf<A extends string>(what: string, value: A, known: readonly A[]): A {
  if (known.includes(value)) return value
  throw new InvalidArgument({ what, expected: `one of ${known.join(", ")}`, value })
}

/** Throws {@link InvalidArgument} unless `bits` are those of a quality. */
export function qualityBits(bits: number): void {
  if (!(Number.isInteger(bits) && bits >= 0 && bits <= 255))
    throw new InvalidArgument({ what: "quality", expected: "a Quality, or its bits 0..255", value: bits })
}

/** Throws {@link InvalidArgument} unless `value` is a function. */
export function callable(what: string, value: unknown): void {
  if (typeof value !== "function") throw new InvalidArgument({ what, expected: "a function", value })
}

/** Throws {@link InvalidValue} unless `value` is a number: what else can be read as one is most likely a mistake. */
export function number(type: string, value: unknown): void {
  if (typeof value !== "number")
    throw new InvalidValue({ type, problem: `its value is a number, not ${typeof value} ${given(value)}` })
}

/** The names of the options of a kind: all of them, as the compiler sees to. */
export const namesOf = <Options>(all: Readonly<Record<keyof Options & string, true>>): ReadonlySet<string> =>
  new Set(Object.keys(all))

/** Throws {@link InvalidArgument} for an option that does not exist: whoever misspells one would believe in it. */
export function options(what: string, chosen: object, known: ReadonlySet<string>): void {
  if (typeof chosen !== "object" || chosen === null)
    throw new InvalidArgument({ what, expected: "an object with options", value: chosen })
  for (const name in chosen) {
    if (known.has(name)) continue
    const names = [...known]
    const problem = `there is no option ${name}${Nearest.hint(name, names) || `; there are ${names.join(", ")}`}`
    throw new InvalidArgument({ what, expected: "options that exist", value: name, problem })
  }
}
