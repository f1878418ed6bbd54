// Information elements as bit fields, in the notation of IEC 60870-5-4: UI6[17..22] is unsigned("min", 17, 22).
// An element of up to 8 octets is two words: bits 1..32 in `low`, 33..64 in `high`; no field crosses the border.

/** A place for decoded fields. */
export type Target = Record<string, unknown>
/** Fields to encode. */
export type Source = Readonly<Record<string, unknown>>

/** One field of an element. `group` names the object that it lies in, "" = the information object itself. */
export type Field =
  | {
      readonly kind: "flag" | "unsigned" | "signed"
      readonly key: string
      readonly group: string
      readonly from: number
      readonly to: number
    }
  | { readonly kind: "constant"; readonly key: string; readonly group: string; readonly text: string }

/** BS1[at]: true or false. */
export const flag = (key: string, at: number): Field => ({ kind: "flag", key, group: "", from: at, to: at })
/** UIn[from..to]. */
export const unsigned = (key: string, from: number, to: number): Field => ({
  kind: "unsigned",
  key,
  group: "",
  from,
  to
})
/** In[from..to], two's complement. */
export const signed = (key: string, from: number, to: number): Field => ({ kind: "signed", key, group: "", from, to })
/** No bits: a text that says what the group is. */
export const constant = (key: string, text: string): Field => ({ kind: "constant", key, group: "", text })
/** The same fields inside the object `name`. */
export const group = (name: string, fields: readonly Field[]): readonly Field[] =>
  fields.map((field) => ({ ...field, group: name }))

/** An unknown value in an error message. */
export const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value)
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`
}

/** True for an object with named fields. */
export const isSource = (value: unknown): value is Source =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Complains about each key of `from` that is not in `known`. */
export const refuseUnknownKeys = (
  from: Source,
  known: readonly string[],
  where: string,
  complaints: string[]
): void => {
  for (const key of Object.keys(from)) {
    if (!known.includes(key)) complaints.push(`${where}${key} is not a field here (known: ${known.join(", ")})`)
  }
}

/** An integer min..max under `key`, `fallback` when it is absent; anything else is complained about and read as 0. */
export const integer = (
  from: Source,
  key: string,
  min: number,
  max: number,
  fallback: number,
  where: string,
  complaints: string[]
): number => {
  const value = from[key]
  if (value === undefined) return fallback
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value
  complaints.push(`${where}${key} must be an integer ${min}..${max}, not ${show(value)}`)
  return 0
}

/** A truth value under `key`, false when it is absent; anything else is complained about. */
export const truth = (from: Source, key: string, where: string, complaints: string[]): boolean => {
  const value = from[key]
  if (value === undefined || typeof value === "boolean") return value === true
  complaints.push(`${where}${key} must be true or false, not ${show(value)}`)
  return false
}

const emptySource: Source = {}

const targetOf = (into: Target, name: string): Target => {
  if (name === "") return into
  const present = into[name]
  if (typeof present === "object" && present !== null) return present as Target
  const made: Target = {}
  into[name] = made
  return made
}

/** Decodes `fields` out of the two words. */
export const unpack = (fields: readonly Field[], low: number, high: number, into: Target): void => {
  for (const field of fields) {
    const target = targetOf(into, field.group)
    if (field.kind === "constant") {
      target[field.key] = field.text
      continue
    }
    const width = field.to - field.from + 1
    const aligned = (field.from > 32 ? high : low) << (32 - width - ((field.from - 1) & 31))
    const value = field.kind === "signed" ? aligned >> (32 - width) : aligned >>> (32 - width)
    target[field.key] = field.kind === "flag" ? value !== 0 : value
  }
}

/** Encodes `fields` into two words. Absent fields are 0, reserved bits too; whatever does not fit is complained about. */
export const pack = (
  fields: readonly Field[],
  from: Source,
  complaints: string[]
): { readonly low: number; readonly high: number } => {
  let low = 0
  let high = 0
  for (const name of new Set(fields.map((field) => field.group))) {
    const members = fields.filter((field) => field.group === name)
    const where = name === "" ? "" : `${name}.`
    const given = name === "" ? from : (from[name] ?? emptySource)
    if (!isSource(given)) {
      complaints.push(`${name} must be an object, not ${show(given)}`)
      continue
    }
    if (name !== "")
      refuseUnknownKeys(
        given,
        members.map((field) => field.key),
        where,
        complaints
      )
    for (const field of members) {
      if (field.kind === "constant") {
        const text = given[field.key]
        if (text !== undefined && text !== field.text) {
          complaints.push(`${where}${field.key} must be ${show(field.text)} here, not ${show(text)}`)
        }
        continue
      }
      const bits = fieldBits(field, given, where, complaints) << ((field.from - 1) & 31)
      if (field.from > 32) high |= bits
      else low |= bits
    }
  }
  return { low, high }
}

const fieldBits = (
  field: Exclude<Field, { readonly kind: "constant" }>,
  from: Source,
  where: string,
  complaints: string[]
): number => {
  if (field.kind === "flag") return truth(from, field.key, where, complaints) ? 1 : 0
  const range = 2 ** (field.to - field.from + 1)
  const min = field.kind === "signed" ? -range / 2 : 0
  const value = integer(from, field.key, min, min + range - 1, 0, where, complaints)
  return value < 0 ? value + range : value
}
