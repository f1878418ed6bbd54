// Who has which file of a server, of all sessions: a name belongs to one transfer or deletion at a time, until its file is
// closed. A literal table.
import * as Keyed from "../image/Keyed.ts"
import * as Numbered from "../image/Numbered.ts"
import type { FileName } from "./FileMessage.ts"

/** A file that a session has, or wants to have, from its request to the store until it is closed. */
export interface Holding {
  readonly number: number
  /** What it is the only one to have; null as long as it has nothing. */
  readonly name: string | null
  /** Nobody wants it any more. */
  readonly isGivenUp: boolean
  /** It is closed when the store has answered what it was asked: who wants the same waits for that. */
  readonly isClosing: boolean
  /** The calls that wait until it is closed, in the order in which they came there. */
  readonly behind: Numbered.Numbered<number>
  /** The calls of the store for it, one after the other. */
  readonly calls: Numbered.Numbered<number>
}

export interface Holders {
  readonly holdings: Numbered.Numbered<Holding>
  readonly byName: Keyed.Keyed<number>
}

export const none: Holders = { holdings: null, byName: null }

const keyOf = ({ ca, ioa, nof }: FileName): string => `${ca} ${ioa} ${nof}`

export const find = ({ holdings }: Holders, number: number): Holding | undefined => Numbered.find(holdings, number)

/** Who has a file, or undefined. */
export function holderOf(holders: Holders, name: FileName): Holding | undefined {
  const number = Keyed.find(holders.byName, keyOf(name))
  return number === undefined ? undefined : find(holders, number)
}

export const put = (holders: Holders, holding: Holding): Holders => ({
  ...holders,
  holdings: Numbered.put(holders.holdings, holding.number, holding)
})

/** Something that has no file yet. */
export const begin = (holders: Holders, number: number): Holders =>
  put(holders, { number, name: null, isGivenUp: false, isClosing: false, behind: null, calls: null })

/** A file that nobody has is a holding's own from now on. */
export function take(holders: Holders, holding: Holding, name: FileName): Holders {
  const key = keyOf(name)
  const { holdings } = put(holders, { ...holding, name: key })
  return { holdings, byName: Keyed.put(holders.byName, key, holding.number) }
}

/** A holding is no more, and its file is nobody's. */
export function free({ holdings, byName }: Holders, { number, name }: Holding): Holders {
  return {
    holdings: Numbered.without(holdings, number),
    byName: name === null ? byName : Keyed.without(byName, name)
  }
}
