// Checks of arguments that the public calls share.
import { InvalidAddress } from "./Errors.ts"

/** Throws {@link InvalidAddress} unless `value` is a whole number from `min` to `max`. */
export function inRange(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new InvalidAddress({ what, value, min, max })
}
