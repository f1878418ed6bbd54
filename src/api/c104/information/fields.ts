// What the fields of information are made of: what a program may give, what is kept, which number the core has for it,
// and how it is written in texts.
import { SHORT_MAX } from "../../../core/image/Value.ts"
import { InvalidValue } from "../../../shell/Errors.ts"
import { nameOf, Qoc } from "../enums.ts"
import type { Flags } from "../flags.ts"
import { checked, type NumberLike, type Numeric, type Range } from "../numbers.ts"

/** A kind of field: `Given` is what a program may write, `Kept` what it reads. */
export interface Field<Kept, Given = Kept> {
  /** Throws `InvalidValue`, which calls the field `what`, for a value that it cannot have. */
  accept(given: Given, what: string): Kept
  /** The number that the core keeps. */
  toCore(kept: Kept): number
  fromCore(number: number): Kept
  show(kept: Kept): string
}

const refuse = (what: string, expected: string, given: unknown): never => {
  const shown =
    typeof given === "object" && given !== null ? `a ${given.constructor?.name ?? "null object"}` : String(given)
  throw new InvalidValue({ type: what, problem: `${expected} is required, not ${shown}` })
}

/** A truth value; the core has 0 and 1. */
export const truth: Field<boolean> = {
  accept: (given, what) => (typeof given === "boolean" ? given : refuse(what, "true or false", given)),
  toCore: Number,
  fromCore: (number) => number !== 0,
  show: String
}

/** A member of an enumeration. */
export const member = <const E extends Readonly<Record<string, number>>>(enumeration: E): Field<E[keyof E]> => {
  const names = Object.keys(enumeration)
  const members = new Set<unknown>(Object.values(enumeration))
  const isMember = (given: unknown): given is E[keyof E] => members.has(given)
  return {
    accept: (given, what) =>
      isMember(given)
        ? given
        : refuse(
            what,
            names
              .map((name) => `${name} (${enumeration[name]})`)
              .join(", ")
              .replace(/, ([^,]*)$/, " or $1"),
            given
          ),
    toCore: (kept) => kept,
    fromCore: (number) => (isMember(number) ? number : refuse("received value", names.join(), number)),
    show: (kept) => nameOf(enumeration, kept) ?? String(kept)
  }
}

/** A number class, with whatever its constructor takes. */
interface NumberClass<N extends Numeric, Given> {
  new (value: Given, what?: string): N
}

/** A number of a class; plain numbers in its range are accepted. */
export const numeric = <N extends Numeric, Given>(type: NumberClass<N, Given | number>): Field<N, Given | number> => ({
  accept: (given, what) => (given instanceof type ? given : new type(given, what)),
  toCore: (kept) => kept.value,
  fromCore: (number) => new type(number),
  show: String
})

const plain = (range: Omit<Range, "type" | "whole">, show: (kept: number) => string): Field<number, NumberLike> => ({
  accept: (given, what) => checked({ ...range, type: what, whole: true }, given),
  toCore: (kept) => kept,
  fromCore: (number) => number,
  show
})

/** A signed number of 32 bits. */
export const int32: Field<number, NumberLike> = plain({ min: -2_147_483_648, max: 2_147_483_647 }, String)

/** Qualifier of a switching command: {@link Qoc}, or another number of five bits. */
export const commandQualifier: Field<number, NumberLike> = plain(
  { min: 0, max: 31 },
  (kept) => nameOf(Qoc, kept) ?? String(kept)
)

/** The shortest text that names a 32 bit float. */
const floatText = (kept: number): string =>
  String(
    [6, 7, 8, 9].map((digits) => Number(kept.toPrecision(digits))).find((text) => Math.fround(text) === kept) ?? kept
  )

/** A 32 bit float. NaN and the infinities are allowed: they make a point invalid. */
export const float32: Field<number, NumberLike> = {
  accept: (given, what) => {
    const special = typeof given === "number" && !Number.isFinite(given)
    return special ? given : Math.fround(checked({ type: what, min: -SHORT_MAX, max: SHORT_MAX, whole: false }, given))
  },
  toCore: (kept) => kept,
  fromCore: (number) => number,
  show: floatText
}

interface FlagsClass<F> {
  readonly name: string
  readonly prototype: F
  from(value: number): F
}

/** A set of flags; `toCore` and `fromCore` where the core has other positions than the class. */
export const flags = <F extends Flags<F>>(
  type: FlagsClass<F>,
  toCore: (kept: F) => number = (kept) => kept.value,
  fromCore: (bits: number) => F = (bits) => type.from(bits)
): Field<F> => ({
  accept: (given, what) =>
    given instanceof type.prototype.constructor ? given : refuse(what, `a ${type.name}`, given),
  toCore,
  fromCore,
  show: String
})
