// Data copied as a whole, so that the copy shares nothing with it: one walk that whoever uses it may have swap what is no plain data,
// such as references for names and names for references. What is neither plain nor swapped is refused by its path. What is
// shared within the data is shared within the copy: the work is that of the data, however many hold the same tree.

/** What stands in the place of an object that a walk has come to; undefined: its copy. */
export type Swap = (value: object, copying: Copying) => unknown

/** What stands in the place of an object as long as its parts are copied. */
const UNDER_WAY = {}

const TYPED: readonly (Uint8ArrayConstructor | Int32ArrayConstructor | Float64ArrayConstructor)[] = [
  Uint8Array,
  Int32Array,
  Float64Array
]

export class Copying {
  private readonly swap: Swap
  private readonly copies: Map<object, unknown> = new Map()
  private readonly path: string[] = []

  constructor(swap: Swap) {
    this.swap = swap
  }

  /** The copy of what stands under a name. */
  of(name: string, value: unknown): unknown {
    if (typeof value !== "object" || value === null) {
      if (typeof value === "function" || typeof value === "symbol") this.refuse(`is a ${typeof value}`, name)
      return value
    }
    const known = this.copies.get(value)
    if (known === UNDER_WAY) this.refuse("is a part of itself", name)
    if (known !== undefined) return known
    this.copies.set(value, UNDER_WAY)
    this.path.push(name)
    const copy = this.swap(value, this) ?? this.copied(value)
    this.path.pop()
    this.copies.set(value, copy)
    return copy
  }

  /** The fields of an object but for some; by a name where it is not what the walk has come to. */
  fields(value: object, leftOut: readonly string[] = [], name?: string): Record<string, unknown> {
    const found: Record<string, unknown> = {}
    if (name !== undefined) this.path.push(name)
    for (const [key, part] of Object.entries(value)) if (!leftOut.includes(key)) found[key] = this.of(key, part)
    if (name !== undefined) this.path.pop()
    return found
  }

  private copied(value: object): unknown {
    if (Array.isArray(value)) return this.list(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    // Records of another realm have another prototype, which has none either.
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return this.fields(value)
    for (const Typed of TYPED) if (value instanceof Typed) return new Typed(value)
    if (value instanceof DataView)
      return new DataView(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength))
    if (value instanceof Set) return new Set(Array.from(value, (part, at) => this.of(String(at), part)))
    if (value instanceof Map) return new Map(Array.from(value, ([key, part]) => [key, this.of(String(key), part)]))
    return this.refuse(`is a ${value.constructor.name}`)
  }

  /** A list of numbers stays one to the compiler; what is not there is undefined. */
  private list(value: readonly unknown[]): unknown[] {
    const copy = value.slice()
    for (let at = 0; at < copy.length; at++) if (typeof copy[at] !== "number") copy[at] = this.of(String(at), copy[at])
    return copy
  }

  /** What it has come to cannot be copied. */
  refuse(why: string, ...below: readonly string[]): never {
    throw new TypeError(`${[...this.path, ...below].join(".")} ${why}`)
  }
}
