// Sets of flags as immutable values: quality, protection equipment, packed single points, debug topics. A set exists
// once, so that === compares sets.
import * as Wire from "../../core/wire/Quality.ts"
import { InvalidArgument } from "../../shell/Errors.ts"

/** How one class of sets is called, and how its sets are written. */
interface Kind {
  readonly name: string
  /** What the text calls a set with flags, and the empty set. */
  readonly title: string
  readonly emptyTitle: string
  /** How the text says whether the set is empty; "" when it does not. */
  readonly verdict: "is_good" | "is_none" | ""
  readonly max: number
}

/** All sets of one class, each made once. */
class Family<F extends Flags<F>> {
  readonly kind: Kind
  readonly #make: (value: number) => F
  readonly #made = new Map<number, F>()

  constructor(kind: Kind, make: (value: number) => F) {
    this.kind = kind
    this.#make = make
  }

  /** Throws `InvalidArgument` outside 0..max. */
  from(value: number): F {
    const present = this.#made.get(value)
    if (present !== undefined) return present
    const { name, max } = this.kind
    if (!(Number.isInteger(value) && value >= 0 && value <= max))
      throw new InvalidArgument({ what: name, expected: `a whole number from 0 to ${max}`, value })
    const made = this.#make(value)
    this.#made.set(value, made)
    return made
  }
}

/** An immutable set of flags. Operations give sets and take sets of the same class. */
export abstract class Flags<Self extends Flags<Self>> {
  /** The flags as bits. */
  readonly value: number

  protected constructor(value: number) {
    this.value = value
    Object.freeze(this)
  }

  /** Each class has its own, so that sets of different classes are different types. */
  protected abstract get family(): Family<Self>

  or(other: Self): Self {
    return this.family.from(this.value | this.#bitsOf(other))
  }

  and(other: Self): Self {
    return this.family.from(this.value & this.#bitsOf(other))
  }

  xor(other: Self): Self {
    return this.family.from(this.value ^ this.#bitsOf(other))
  }

  /** Whether all flags of `other` are in this set; false when `other` is empty. */
  has(other: Self): boolean {
    const bits = this.#bitsOf(other)
    return bits !== 0 && (this.value & bits) === bits
  }

  /** Whether there is any flag. */
  isAny(): boolean {
    return this.value !== 0
  }

  /** Whether there is no flag. */
  isNone(): boolean {
    return this.value === 0
  }

  equals(other: Self): boolean {
    return this.value === this.#bitsOf(other)
  }

  valueOf(): number {
    return this.value
  }

  toJSON(): number {
    return this.value
  }

  /** The names of the flags in the order of their bits; bits without a name are UNSUPPORTED_BIT_n. */
  toString(): string {
    const { title, emptyTitle, verdict, max } = this.family.kind
    const names = Array.from({ length: 32 - Math.clz32(max) }, (_, bit) => bit)
      .filter((bit) => (this.value & (1 << bit)) !== 0)
      .map((bit) => this.#nameOf(1 << bit) ?? `UNSUPPORTED_BIT_${bit}`)
    const set = this.isNone() ? `${emptyTitle} set: {}` : `${title} set: { ${names.join(" | ")} }`
    return verdict === "" ? set : `${set}, ${verdict}: ${this.isNone() ? "True" : "False"}`
  }

  /** The constants of the class are the names of its flags. */
  #nameOf(bit: number): string | undefined {
    const flag: unknown = this.family.from(bit)
    return Object.entries(this.constructor).find(([, constant]) => constant === flag)?.[0]
  }

  #bitsOf(other: Self): number {
    if (other instanceof this.constructor) return other.value
    throw new InvalidArgument({ what: "operand", expected: `a ${this.family.kind.name}`, value: other })
  }
}

const OCTET = 0xff

/** Quality of information (60870-5-101 7.2.6.1-4), with the standard's bit positions. */
export class Quality extends Flags<Quality> {
  static readonly #family = new Family<Quality>(
    { name: "Quality", title: "Quality", emptyTitle: "Quality", verdict: "is_good", max: OCTET },
    (value) => new Quality(value)
  )

  /** No flag. */
  static readonly none: Quality = Quality.from(0)
  /** OV: the value is beyond its range. */
  static readonly Overflow: Quality = Quality.from(Wire.OV)
  /** EI: the elapsed time of protection equipment is invalid. */
  static readonly ElapsedTimeInvalid: Quality = Quality.from(Wire.EI)
  /** BL: blocked for transmission; the value is the one from before. */
  static readonly Blocked: Quality = Quality.from(Wire.BL)
  /** SB: entered by an operator or another source. */
  static readonly Substituted: Quality = Quality.from(Wire.SB)
  /** NT: the last update failed or is too old. */
  static readonly NonTopical: Quality = Quality.from(Wire.NT)
  /** IV: the value must not be used. */
  static readonly Invalid: Quality = Quality.from(Wire.IV)

  /** The set of these bits, 0..255. Throws `InvalidArgument`. */
  static from(value: number): Quality {
    return Quality.#family.from(value)
  }

  /** Whether there is no flag. */
  isGood(): boolean {
    return this.isNone()
  }

  protected override get family(): Family<Quality> {
    return Quality.#family
  }
}

/** Quality of a counter (60870-5-101 7.2.6.9). The numbers are c104's, not the standard's: see {@link toWire}. */
export class BinaryCounterQuality extends Flags<BinaryCounterQuality> {
  static readonly #family = new Family<BinaryCounterQuality>(
    {
      name: "BinaryCounterQuality",
      title: "BinaryCounterQuality",
      emptyTitle: "BinaryCounterQuality",
      verdict: "is_good",
      max: OCTET
    },
    (value) => new BinaryCounterQuality(value)
  )

  /** No flag. */
  static readonly none: BinaryCounterQuality = BinaryCounterQuality.from(0)
  /** CA: the counter was set since the last reading. */
  static readonly Adjusted: BinaryCounterQuality = BinaryCounterQuality.from(0x20)
  /** CY: the counter overflowed in the period. */
  static readonly Carry: BinaryCounterQuality = BinaryCounterQuality.from(0x40)
  /** IV: the reading must not be used. */
  static readonly Invalid: BinaryCounterQuality = BinaryCounterQuality.from(0x80)

  /** The set of these bits, 0..255. Throws `InvalidArgument`. */
  static from(value: number): BinaryCounterQuality {
    return BinaryCounterQuality.#family.from(value)
  }

  /** Whether there is no flag. */
  isGood(): boolean {
    return this.isNone()
  }

  protected override get family(): Family<BinaryCounterQuality> {
    return BinaryCounterQuality.#family
  }
}

const counterBits: readonly (readonly [flag: BinaryCounterQuality, wire: number])[] = [
  [BinaryCounterQuality.Adjusted, Wire.CA],
  [BinaryCounterQuality.Carry, Wire.CY],
  [BinaryCounterQuality.Invalid, Wire.IV]
]

/** The bits of BCR octet 5: CY 0x20, CA 0x40, IV 0x80. Bits without a name have no place there. */
export const toWire = (quality: BinaryCounterQuality): number =>
  counterBits.reduce((octet, [flag, wire]) => (quality.has(flag) ? octet | wire : octet), 0)

/** The quality in BCR octet 5; its other bits are the sequence number. */
export const fromWire = (octet: number): BinaryCounterQuality =>
  counterBits.reduce(
    (quality, [flag, wire]) => ((octet & wire) !== 0 ? quality.or(flag) : quality),
    BinaryCounterQuality.none
  )

/** Start events of protection equipment (60870-5-101 7.2.6.11). */
export class StartEvents extends Flags<StartEvents> {
  static readonly #family = new Family<StartEvents>(
    { name: "StartEvents", title: "StartEvents", emptyTitle: "StartEvent", verdict: "", max: OCTET },
    (value) => new StartEvents(value)
  )

  /** No flag. */
  static readonly none: StartEvents = StartEvents.from(0)
  static readonly General: StartEvents = StartEvents.from(1)
  static readonly PhaseL1: StartEvents = StartEvents.from(2)
  static readonly PhaseL2: StartEvents = StartEvents.from(4)
  static readonly PhaseL3: StartEvents = StartEvents.from(8)
  static readonly InEarthCurrent: StartEvents = StartEvents.from(16)
  static readonly ReverseDirection: StartEvents = StartEvents.from(32)

  /** The set of these bits, 0..255. Throws `InvalidArgument`. */
  static from(value: number): StartEvents {
    return StartEvents.#family.from(value)
  }

  protected override get family(): Family<StartEvents> {
    return StartEvents.#family
  }
}

/** Output circuits of protection equipment (60870-5-101 7.2.6.12). */
export class OutputCircuits extends Flags<OutputCircuits> {
  static readonly #family = new Family<OutputCircuits>(
    { name: "OutputCircuits", title: "OutputCircuit", emptyTitle: "OutputCircuit", verdict: "", max: OCTET },
    (value) => new OutputCircuits(value)
  )

  /** No flag. */
  static readonly none: OutputCircuits = OutputCircuits.from(0)
  static readonly General: OutputCircuits = OutputCircuits.from(1)
  static readonly PhaseL1: OutputCircuits = OutputCircuits.from(2)
  static readonly PhaseL2: OutputCircuits = OutputCircuits.from(4)
  static readonly PhaseL3: OutputCircuits = OutputCircuits.from(8)

  /** The set of these bits, 0..255. Throws `InvalidArgument`. */
  static from(value: number): OutputCircuits {
    return OutputCircuits.#family.from(value)
  }

  protected override get family(): Family<OutputCircuits> {
    return OutputCircuits.#family
  }
}

/** Sixteen single points in one (60870-5-101 7.2.6.40). */
export class PackedSingle extends Flags<PackedSingle> {
  static readonly #family = new Family<PackedSingle>(
    { name: "PackedSingle", title: "PackedSingle", emptyTitle: "Field", verdict: "", max: 0xffff },
    (value) => new PackedSingle(value)
  )

  /** No flag. */
  static readonly none: PackedSingle = PackedSingle.from(0)
  static readonly I0: PackedSingle = PackedSingle.from(0x0001)
  static readonly I1: PackedSingle = PackedSingle.from(0x0002)
  static readonly I2: PackedSingle = PackedSingle.from(0x0004)
  static readonly I3: PackedSingle = PackedSingle.from(0x0008)
  static readonly I4: PackedSingle = PackedSingle.from(0x0010)
  static readonly I5: PackedSingle = PackedSingle.from(0x0020)
  static readonly I6: PackedSingle = PackedSingle.from(0x0040)
  static readonly I7: PackedSingle = PackedSingle.from(0x0080)
  static readonly I8: PackedSingle = PackedSingle.from(0x0100)
  static readonly I9: PackedSingle = PackedSingle.from(0x0200)
  static readonly I10: PackedSingle = PackedSingle.from(0x0400)
  static readonly I11: PackedSingle = PackedSingle.from(0x0800)
  static readonly I12: PackedSingle = PackedSingle.from(0x1000)
  static readonly I13: PackedSingle = PackedSingle.from(0x2000)
  static readonly I14: PackedSingle = PackedSingle.from(0x4000)
  static readonly I15: PackedSingle = PackedSingle.from(0x8000)

  /** The set of these bits, 0..65535. Throws `InvalidArgument`. */
  static from(value: number): PackedSingle {
    return PackedSingle.#family.from(value)
  }

  protected override get family(): Family<PackedSingle> {
    return PackedSingle.#family
  }
}

/** Topics of diagnostic output. */
export class Debug extends Flags<Debug> {
  static readonly #family = new Family<Debug>(
    { name: "Debug", title: "Debug", emptyTitle: "Debug", verdict: "is_none", max: OCTET },
    (value) => new Debug(value)
  )

  /** No flag. */
  static readonly none: Debug = Debug.from(0)
  static readonly Server: Debug = Debug.from(1)
  static readonly Client: Debug = Debug.from(2)
  static readonly Connection: Debug = Debug.from(4)
  static readonly Station: Debug = Debug.from(8)
  static readonly Point: Debug = Debug.from(16)
  static readonly Message: Debug = Debug.from(32)
  static readonly Callback: Debug = Debug.from(64)
  static readonly Gil: Debug = Debug.from(128)
  static readonly All: Debug = Debug.from(255)

  /** The set of these bits, 0..255. Throws `InvalidArgument`. */
  static from(value: number): Debug {
    return Debug.#family.from(value)
  }

  protected override get family(): Family<Debug> {
    return Debug.#family
  }
}
