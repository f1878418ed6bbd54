// Points as programs name them: by their address, and by their type too where several have one.

import * as Image from "../core/image/Image.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import * as Check from "./Check.ts"
import { InvalidArgument } from "./Errors.ts"

const IOA_MAX = 16_777_215

/** A point of a station by its address, and by its type where several have the address; type 0: the only one there. */
export interface PointKey {
  readonly ioAddress: number
  readonly type: number
}

/** A key in either form, checked. Throws {@link InvalidAddress} and {@link InvalidArgument}. */
export function of(what: string, given: number | PointKey): PointKey {
  if (typeof given !== "object" || given === null) {
    Check.address(what, given, 1, IOA_MAX)
    return { ioAddress: given, type: 0 }
  }
  const { ioAddress, type } = given
  Check.address(what, ioAddress, 1, IOA_MAX)
  if (typeof type !== "number" || TypeTable.byId[type] === undefined)
    throw new InvalidArgument({ what, expected: "an address, or an address and a type", value: given })
  return { ioAddress, type }
}

/**
 * A key in either form as it is: whoever asks for what cannot be there is told that there is nothing. Throws {@link InvalidArgument}
 * for what is none.
 */
export function asked(given: number | PointKey): PointKey {
  if (typeof given === "number") return { ioAddress: given, type: 0 }
  if (typeof given === "object" && given !== null) return given
  const expected = "its address, or an object with ioAddress and type"
  throw new InvalidArgument({ what: "point", expected, value: given })
}

/**
 * The point that is meant, or null when there is none: by an address alone its monitoring point, or its command where it has
 * none. Throws {@link InvalidArgument} where several points are meant.
 */
export function find(what: string, station: Image.Station, key: PointKey): Image.PointRef | null {
  if (key.type !== 0) return Image.findTyped(station, key.ioAddress, key.type)
  const several = severalAt(what, station, key)
  if (several !== null) throw several
  return Image.find(station, key.ioAddress)
}

/** What is wrong with a key that names no type, where several points are meant; else null. */
export function severalAt(what: string, station: Image.Station, { ioAddress, type }: PointKey): InvalidArgument | null {
  const meant = type === 0 ? Image.candidates(station, ioAddress) : []
  if (meant.length < 2) return null
  const names = meant.map(({ block }) => TypeTable.byId[block.of.type]?.mnemonic).join(", ")
  const expected = "an address and a type, since several points have the address"
  return new InvalidArgument({ what, expected, value: `${ioAddress} (${names})` })
}
