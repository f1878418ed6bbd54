// The numbers of information elements (60870-5-101 7.2.6) with their ranges: immutable, checked when made, and good
// wherever their plain number is.
import { InvalidArgument, InvalidValue } from "../../shell/Errors.ts"

/** A number: plain, or one of the classes below. */
export type NumberLike = number | Numeric

/** What a number may be. Each class below is the description of its own range. */
export interface Range {
  /** What messages call it. */
  readonly type: string
  readonly min: number
  readonly max: number
  /** Whether only whole numbers are allowed. */
  readonly whole: boolean
}

const plain = (given: unknown): unknown => (given instanceof Numeric ? given.value : given)

const show = (given: unknown): string =>
  typeof given === "number" || typeof given === "boolean" || given === null || given === undefined
    ? String(given)
    : typeof given === "string"
      ? JSON.stringify(given)
      : `a value of type ${typeof given}`

/** The plain number behind `given`. Throws `InvalidValue` with the range when it is none, or outside `range`. */
export function checked(range: Range, given: unknown, what: string = range.type): number {
  const number = plain(given)
  const { min, max, whole } = range
  if (typeof number === "number" && number >= min && number <= max && (!whole || Number.isInteger(number)))
    // Adding 0 turns -0 into 0, which has no sign on the wire.
    return number + 0
  const expected = `a ${whole ? "whole number" : "number"} from ${min} to ${max}`
  throw new InvalidValue({ type: what, problem: `${expected} is required, not ${show(number)}` })
}

/** A number with a range. Used in an expression it is its plain number. */
export abstract class Numeric {
  readonly value: number
  readonly min: number
  readonly max: number

  protected constructor(range: Range, value: number) {
    this.value = value
    this.min = range.min
    this.max = range.max
  }

  valueOf(): number {
    return this.value
  }

  toJSON(): number {
    return this.value
  }

  /** Decimal. */
  toString(): string {
    return String(this.value)
  }
}

/** A number to calculate with. Results are plain numbers and have no range. */
export abstract class Calculable extends Numeric {
  /** The result of an operation as this kind of number keeps it. */
  protected abstract settle(result: number): number
  /** The right side of an operation as a plain number. */
  protected abstract operand(given: NumberLike): number

  plus(other: NumberLike): number {
    return this.settle(this.value + this.operand(other))
  }

  minus(other: NumberLike): number {
    return this.settle(this.value - this.operand(other))
  }

  times(other: NumberLike): number {
    return this.settle(this.value * this.operand(other))
  }

  /** Throws `InvalidArgument` when the divisor is 0. */
  dividedBy(other: NumberLike): number {
    const divisor = this.operand(other)
    if (divisor === 0) throw new InvalidArgument({ what: "divisor", expected: "a number other than 0", value: divisor })
    return this.settle(this.value / divisor)
  }
}

/** A whole number. Its operations take whole numbers; division truncates toward zero: -5 / 2 is -2. */
export abstract class Integer extends Calculable {
  static readonly whole: boolean = true

  protected constructor(range: Range, value: NumberLike, what: string) {
    super(range, checked(range, value, what))
    Object.freeze(this)
  }

  protected override settle(result: number): number {
    return Math.trunc(result) + 0
  }

  protected override operand(given: NumberLike): number {
    return checked(anyWhole, given)
  }
}

/** Exactly the whole numbers that JavaScript tells from their neighbours. */
const anyWhole: Range = {
  type: "operand",
  min: Number.MIN_SAFE_INTEGER,
  max: Number.MAX_SAFE_INTEGER,
  whole: true
}

/** 0..31: sequence number of a counter reading (60870-5-101 7.2.6.9). */
export class UInt5 extends Integer {
  static readonly type = "UInt5"
  static readonly min = 0
  static readonly max = 31

  constructor(value: NumberLike, what: string = UInt5.type) {
    super(UInt5, value, what)
  }
}

/** 0..127: qualifier of a set-point command (60870-5-101 7.2.6.39). */
export class UInt7 extends Integer {
  static readonly type = "UInt7"
  static readonly min = 0
  static readonly max = 127

  constructor(value: NumberLike, what: string = UInt7.type) {
    super(UInt7, value, what)
  }
}

/** 0..65535: milliseconds of protection equipment (CP16Time2a, 60870-5-101 7.2.6.20). */
export class UInt16 extends Integer {
  static readonly type = "UInt16"
  static readonly min = 0
  static readonly max = 65_535

  constructor(value: NumberLike, what: string = UInt16.type) {
    super(UInt16, value, what)
  }
}

/** -64..63: step position (60870-5-101 7.2.6.5). */
export class Int7 extends Integer {
  static readonly type = "Int7"
  static readonly min = -64
  static readonly max = 63

  constructor(value: NumberLike, what: string = Int7.type) {
    super(Int7, value, what)
  }
}

/** -32768..32767: scaled value (60870-5-101 7.2.6.7). */
export class Int16 extends Integer {
  static readonly type = "Int16"
  static readonly min = -32_768
  static readonly max = 32_767

  constructor(value: NumberLike, what: string = Int16.type) {
    super(Int16, value, what)
  }
}

/** -1..1 as a 32 bit float: normalized value (60870-5-101 7.2.6.6). The wire has steps of 2^-15, and no 1. */
export class NormalizedFloat extends Calculable {
  static readonly type = "NormalizedFloat"
  static readonly min = -1
  static readonly max = 1
  static readonly whole = false

  constructor(value: NumberLike, what: string = NormalizedFloat.type) {
    super(NormalizedFloat, Math.fround(checked(NormalizedFloat, value, what)))
    Object.freeze(this)
  }

  protected override settle(result: number): number {
    return Math.fround(result)
  }

  protected override operand(given: NumberLike): number {
    return checked(anyFinite, given)
  }

  /** Six decimals. */
  override toString(): string {
    return this.value.toFixed(6)
  }
}

const anyFinite: Range = { type: "operand", min: -Number.MAX_VALUE, max: Number.MAX_VALUE, whole: false }

/** 32 bits: bitstring (60870-5-101 7.2.6.13). Bit 1 of the standard is the lowest one. */
export class Byte32 extends Numeric {
  static readonly type = "Byte32"
  static readonly min = 0
  static readonly max = 4_294_967_295
  static readonly whole = true

  /** From 0..4294967295, or from up to four octets of which the first holds the lowest bits. */
  constructor(value: NumberLike | Uint8Array = 0, what: string = Byte32.type) {
    super(Byte32, value instanceof Uint8Array ? Byte32.#join(value, what) : checked(Byte32, value, what))
    Object.freeze(this)
  }

  static #join(octets: Uint8Array, what: string): number {
    if (octets.length > 4)
      throw new InvalidValue({ type: what, problem: `at most 4 octets are required, not ${octets.length}` })
    return octets.reduceRight((bits, octet) => bits * 256 + octet, 0)
  }

  /** The four octets as on the wire, lowest bits first. */
  toBytes(): Uint8Array {
    return Uint8Array.from([0, 8, 16, 24], (shift) => this.value >>> shift)
  }

  /** 0b and 32 digits. */
  override toString(): string {
    return `0b${this.value.toString(2).padStart(32, "0")}`
  }
}
