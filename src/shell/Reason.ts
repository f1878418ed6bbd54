// What the application gave or threw, in words: whatever it is there is something to read, and reading it never fails.
import { inspect, types } from "node:util"

/** Characters that are shown of a text, and members of a list, at most. */
const TEXT_MAX = 200
const LIST_MAX = 10

const UNREADABLE = "something that cannot be shown"

const inspected = (value: unknown): string =>
  inspect(value, {
    depth: 1,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
    maxStringLength: TEXT_MAX,
    maxArrayLength: LIST_MAX
  }).replace(/\s*\n\s*/g, " ")

/** Texts that look like something else: "2404" like the number that is required, "true", or like nothing at all. */
const MISTAKABLE = /^(?![A-Za-z])|^(true|false|null|undefined|NaN)$/

/** A value that was given. */
export function given(value: unknown): string {
  try {
    if (typeof value === "function") return String(value)
    if (typeof value !== "string") return inspected(value)
    const text = value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}...` : value
    return MISTAKABLE.test(text) ? JSON.stringify(text) : text
  } catch {
    return UNREADABLE
  }
}

/** Why something failed, by what it threw: the message of an error, or what else there is of it. */
export function reason(cause: unknown): string {
  try {
    if (typeof cause === "string" && cause !== "") return cause
    if (!(cause instanceof Error || types.isNativeError(cause))) return given(cause)
    const { message, name } = cause
    if (typeof message === "string" && message !== "") return message
    // Tagged errors of Effect say what they have to say in their fields.
    const fields = Object.entries(cause).filter(([key]) => key !== "_tag" && key !== "name" && key !== "message")
    return fields.length === 0 ? name : `${name} ${inspected(Object.fromEntries(fields))}`
  } catch {
    return UNREADABLE
  }
}
