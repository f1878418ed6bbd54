// What a point says or is told, as an immutable object. A class of information is a table of its fields: names, kinds,
// and where the core keeps each. Everything else is derived from that table.
import * as Check from "../../../shell/Check.ts"
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
  readonly recordedAt?: DateTime | Date | null | undefined
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

/**
 * Information of any class. Its fields are its own and frozen: objects can be compared, and one that says something else has
 * to be made anew.
 */
export abstract class Information<Value = unknown, Quality = unknown> {
  /** The field that says the most. */
  abstract readonly value: Value
  /** Null for commands, which have none. */
  abstract readonly quality: Quality
  /** Time tag, or null. */
  readonly recordedAt: DateTime | null
  /** Whether it was received. */
  readonly isReadonly: boolean
  readonly #processedMs: number

  protected constructor(recordedAt: Origin["recordedAt"], origin: Omit<Origin, "recordedAt">) {
    this.recordedAt = recordedAt == null ? null : DateTime.from(recordedAt, "recordedAt")
    this.isReadonly = origin.isReadonly ?? false
    this.#processedMs = origin.processedAt === undefined ? Date.now() : Number(origin.processedAt)
  }

  /** When it was made, received or sent last; not part of what is compared. */
  get processedAt(): Date {
    return new Date(this.#processedMs)
  }

  /** All fields as a plain object, `processedAt` included. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { ...(this as Readonly<Record<string, unknown>>), processedAt: this.processedAt }
  }

  /** The numbers that the core keeps. */
  abstract toCore(): CoreForm
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
  const [[firstKey, first], [secondKey, second] = ["", undefined], ...others] = parts as [
    [string, AnyPart],
    [string, AnyPart]?,
    ...[string, AnyPart][]
  ]
  const at = (place: keyof CoreForm) => parts.find(([, part]) => part.place === place) ?? null
  const [valueKey, valuePart] = at("value") as readonly [string, AnyPart]
  const qualityPart = at("quality")?.[1] ?? null

  const names = new Set([...parts.map(([key]) => key), "recordedAt", "isReadonly"])
  /** Those of a copy of another one, which has a quality in any case. */
  const copied = new Set([...names, "quality"])

  class Defined extends Information {
    static fromCore(form: CoreForm, origin: Origin = {}): Defined {
      return new Defined(origin as Readonly<Record<string, unknown>> & Origin, origin, form)
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

    declare readonly quality: unknown

    /** The fields of `form`, which the core has checked, or else those of `options`. */
    constructor(
      options: Readonly<Record<string, unknown>> & Origin,
      origin: Omit<Origin, "recordedAt"> = {},
      form: CoreForm | null = null
    ) {
      super(options?.recordedAt, origin)
      const fields = this as unknown as Record<string, unknown>
      fields.quality = null
      if (form !== null) {
        // Every command makes one of these. In a loop, one place would store fields of many names, which is dear.
        fields[firstKey] = first.field.fromCore(form[first.place])
        if (second !== undefined) fields[secondKey] = second.field.fromCore(form[second.place])
        for (const [key, { place, field }] of others) fields[key] = field.fromCore(form[place])
      } else {
        Check.options(name, options, options?.quality == null ? copied : names)
        for (const [key, { place, field, initial }] of parts)
          if (options[key] === undefined && place !== "value") fields[key] = initial
          else fields[key] = field.accept(options[key], `${name}.${key}`)
      }
      Object.freeze(this)
    }

    get value(): unknown {
      return this.#at(valueKey)
    }

    #at(key: string): unknown {
      return (this as unknown as Readonly<Record<string, unknown>>)[key]
    }

    override toCore(): CoreForm {
      const numbers = parts.map(([key, { place, field }]) => [place, field.toCore(this.#at(key))])
      return { ...zeros, ...Object.fromEntries(numbers) }
    }

    override toString(): string {
      const fields = parts.map(([key, { field }]) => `${key}=${field.show(this.#at(key))}`)
      const { recordedAt, processedAt, isReadonly } = this
      const common = [
        `recordedAt=${recordedAt}`,
        `processedAt=${processedAt.toISOString()}`,
        `isReadonly=${isReadonly}`
      ]
      return `<${name} ${[...fields, ...common].join(", ")}>`
    }
  }
  Object.defineProperty(Defined, "name", { value: name })
  // The fields of `Defined` are made from `shape`, which is what the type says of them.
  return Defined as unknown as InformationClass<S>
}
