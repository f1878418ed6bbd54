// What a point says or is told, as an immutable object. A class of information is a table of its fields: names, kinds,
// and where the core keeps each. Everything else is derived from that table.
import { DateTime } from "../DateTime.ts"
import type { Field } from "./fields.ts"

/** The form of the core (`Value.read`, `Value.readExtra`): plain numbers; quality bits as on the wire. */
export interface CoreForm {
  readonly value: number
  readonly quality: number
  readonly extra: number
  /** QU of switching commands, QL of set-points. */
  readonly qualifier: number
}

/** Where information comes from. Programs that make information need none of it. */
export interface Origin {
  /** The time tag, or how to find it out when somebody asks for it. */
  readonly recordedAt?: DateTime | Date | null | (() => DateTime | null) | undefined
  /** When it was made, received or sent, as a date or in ms since 1970 UTC; default now. */
  readonly processedAt?: Date | number | undefined
  /** Whether it was received. Default false. */
  readonly isReadonly?: boolean | undefined
}

/** A field with its place in the form of the core. The value has to be given, the others begin as `initial`. */
export interface Part<Kept, Given, Place extends keyof CoreForm> {
  readonly place: Place
  readonly field: Field<Kept, Given>
  readonly initial: Kept | undefined
}

export const value = <Kept, Given>(field: Field<Kept, Given>): Part<Kept, Given, "value"> => ({
  place: "value",
  field,
  initial: undefined
})

export const other = <Kept, Given, const Place extends "quality" | "extra" | "qualifier">(
  place: Place,
  field: Field<Kept, Given>,
  initial: Kept
): Part<Kept, Given, Place> => ({ place, field, initial })

type AnyPart = Part<unknown, unknown, keyof CoreForm>
/** The fields of a class, in the order of texts. */
export type Shape = Readonly<Record<string, AnyPart>>

type Kept<P extends AnyPart> = Exclude<P["initial"], undefined>
type Given<P extends AnyPart> = Parameters<P["field"]["accept"]>[0]
/** What stands at a place of the core's form, `Without` when nothing does. */
type At<S extends Shape, Place extends keyof CoreForm, Without> = [PartAt<S, Place>] extends [never]
  ? Without
  : Kept<PartAt<S, Place>>
type PartAt<S extends Shape, Place extends keyof CoreForm> = Extract<S[keyof S], { readonly place: Place }>

/** What the constructor of a class takes. */
export type Options<S extends Shape> = {
  readonly [K in keyof S as S[K]["place"] extends "value" ? K : never]: Given<S[K]>
} & {
  readonly [K in keyof S as S[K]["place"] extends "value" ? never : K]?: Given<S[K]> | undefined
} & {
  /** Time tag; dropped by points of types without one. Default null. */
  readonly recordedAt?: DateTime | Date | null | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** The fields of information: what a program gave, or made of the core's numbers when the first one is read. */
let fieldsOf: (info: Information, parts: readonly (readonly [string, AnyPart])[]) => Fields

/**
 * Information of any class. All fields are read-only: make a new object to say something else. Every command makes one
 * for its callback, which seldom reads it; so numbers become fields when they are asked for.
 */
export abstract class Information<Value = unknown, Quality = unknown> {
  /** The field that says the most. */
  abstract readonly value: Value
  /** Null for commands, which have none. */
  abstract readonly quality: Quality
  readonly #said: CoreForm | Fields
  #fields: Fields | null
  #recordedAt: DateTime | null | (() => DateTime | null)
  readonly #processedMs: number
  readonly #isReadonly: boolean

  static {
    fieldsOf = (info, parts) => {
      if (info.#fields === null) {
        const form = info.#said as CoreForm
        info.#fields = Object.fromEntries(parts.map(([key, { place, field }]) => [key, field.fromCore(form[place])]))
      }
      return info.#fields
    }
  }

  /** `said` is the form of the core, or with `made` the fields. */
  protected constructor(said: CoreForm | Fields, made: boolean, origin: Origin) {
    const { recordedAt = null, processedAt, isReadonly = false } = origin
    this.#said = said
    this.#fields = made ? (said as Fields) : null
    this.#recordedAt =
      recordedAt === null || typeof recordedAt === "function" ? recordedAt : DateTime.from(recordedAt, "recordedAt")
    this.#processedMs = processedAt === undefined ? Date.now() : Number(processedAt)
    this.#isReadonly = isReadonly
  }

  /** Time tag, or null. */
  get recordedAt(): DateTime | null {
    if (typeof this.#recordedAt === "function") this.#recordedAt = this.#recordedAt()
    return this.#recordedAt
  }

  /** When it was made, received or sent last. */
  get processedAt(): Date {
    return new Date(this.#processedMs)
  }

  /** Whether it was received. */
  get isReadonly(): boolean {
    return this.#isReadonly
  }

  /** The numbers that the core keeps. */
  abstract toCore(): CoreForm
  /** All fields as a plain object. */
  abstract toJSON(): Fields
  abstract toString(): string
}

type Instance<S extends Shape> = Information<At<S, "value", never>, At<S, "quality", null>> & {
  readonly [K in keyof S]: Kept<S[K]>
}

/** A class of information. */
export interface InformationClass<S extends Shape> {
  /** Throws `InvalidValue` or `InvalidArgument`, which name the field. */
  new (options: Options<S>, origin?: Omit<Origin, "recordedAt">): Instance<S>
  readonly prototype: Instance<S>
  /** The information behind the numbers of the core. */
  fromCore(form: CoreForm, origin?: Origin): Instance<S>
  /** The number that the core has for a value. Throws `InvalidValue`. */
  valueToCore(given: Given<PartAt<S, "value">>): number
  valueFromCore(number: number): At<S, "value", never>
  /** The quality bits of the core. Throws `InvalidValue`. Classes without quality ignore what is given. */
  qualityToCore(given: At<S, "quality", unknown>): number
  qualityFromCore(bits: number): At<S, "quality", null>
}

const zeros: CoreForm = { value: 0, quality: 0, extra: 0, qualifier: 0 }

/** Makes the class of a table of fields. */
export function define<const S extends Shape>(name: string, shape: S): InformationClass<S> {
  const parts = Object.entries<AnyPart>(shape)
  const at = (place: keyof CoreForm) => parts.find(([, part]) => part.place === place) ?? null
  const [valueKey, valuePart] = at("value") as readonly [string, AnyPart]
  const qualityPart = at("quality")?.[1] ?? null

  /** What a program says, checked. */
  const accepted = (options: Fields): Fields =>
    Object.fromEntries(
      parts.map(([key, { place, field, initial }]) =>
        options[key] === undefined && place !== "value"
          ? [key, initial]
          : [key, field.accept(options[key], `${name}.${key}`)]
      )
    )

  class Defined extends Information {
    static fromCore(form: CoreForm, origin: Origin = {}): Defined {
      return new Defined({}, origin, form)
    }
    static valueToCore(given: unknown): number {
      return valuePart.field.toCore(valuePart.field.accept(given, `${name}.${valueKey}`))
    }
    static valueFromCore(number: number): unknown {
      return valuePart.field.fromCore(number)
    }
    static qualityToCore(given: unknown): number {
      return qualityPart === null ? 0 : qualityPart.field.toCore(qualityPart.field.accept(given, `${name}.quality`))
    }
    static qualityFromCore(bits: number): unknown {
      return qualityPart === null ? null : qualityPart.field.fromCore(bits)
    }

    /** The fields of `form`, which the core has checked, or else those of `options`. */
    constructor(options: Fields & Pick<Origin, "recordedAt">, origin: Origin = {}, form: CoreForm | null = null) {
      if (form !== null) super(form, false, origin)
      else super(accepted(options), true, { ...origin, recordedAt: options.recordedAt })
    }

    get value(): unknown {
      return fieldsOf(this, parts)[valueKey]
    }

    get quality(): unknown {
      return fieldsOf(this, parts).quality ?? null
    }

    override toCore(): CoreForm {
      const fields = fieldsOf(this, parts)
      const numbers = parts.map(([key, { place, field }]) => [place, field.toCore(fields[key])])
      return { ...zeros, ...Object.fromEntries(numbers) }
    }

    override toJSON(): Fields {
      const { recordedAt, processedAt, isReadonly } = this
      return { ...fieldsOf(this, parts), recordedAt, processedAt, isReadonly }
    }

    override toString(): string {
      const fields = fieldsOf(this, parts)
      const own = parts.map(([key, { field }]) => `${key}=${field.show(fields[key])}`)
      const { recordedAt, processedAt, isReadonly } = this
      const common = [
        `recordedAt=${recordedAt}`,
        `processedAt=${processedAt.toISOString()}`,
        `isReadonly=${isReadonly}`
      ]
      return `<${name} ${[...own, ...common].join(", ")}>`
    }

    [Symbol.for("nodejs.util.inspect.custom")](): string {
      return this.toString()
    }
  }
  for (const [key] of parts)
    if (key !== "quality")
      Object.defineProperty(Defined.prototype, key, {
        get(this: Defined) {
          return fieldsOf(this, parts)[key]
        }
      })
  Object.defineProperty(Defined, "name", { value: name })
  // The fields of `Defined` are made from `shape`, which is what the type says of them.
  return Defined as unknown as InformationClass<S>
}
