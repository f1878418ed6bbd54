// What the parity tests share: a row of the parity list, the one test that belongs to it, and words for what was sent.
import { it } from "vitest"
import type * as Fields from "../../src/core/wire/Fields.ts"
import type { RawClient } from "../support/RawClient.ts"

/** A row of the list: what the Python package does, and how this package compares. */
export interface Row {
  readonly row: number
  readonly area: string
  /** Where c104's behaviour comes from: the standard, its API, a habit of its own, or a defect. */
  readonly class: "STD" | "API" | "QUIRK" | "BUG"
  readonly verdict: "same" | "better" | "not applicable"
  /** What the test asserts: our behaviour. */
  readonly statement: string
  /** Why it is better, or does not apply. */
  readonly why?: string
}

/** A row in which both behave alike. */
export const same = (row: number, area: string, of: Row["class"], statement: string): Row => ({
  row,
  area,
  class: of,
  verdict: "same",
  statement
})

/** A row in which ours differs on purpose: what ours does, and why. */
export const better = (row: number, area: string, of: Row["class"], statement: string, why: string): Row => ({
  row,
  area,
  class: of,
  verdict: "better",
  statement,
  why
})

/** The name of a row's test: `scripts/parity.mjs` finds the result by its number. */
export const nameOf = ({ row, statement }: Row): string => `${row}: ${statement}`

/** `row(12, body)` registers the test of a row, under its number and statement. */
export const tester = (rows: readonly Row[]) => {
  const byNumber = new Map(rows.map((row) => [row.row, row]))
  return (number: number, body: () => void | Promise<void>): void => {
    const row = byNumber.get(number)
    if (row === undefined) throw new Error(`row ${number} is not in the list`)
    it(nameOf(row), body)
  }
}

/** An ASDU in one word: type, cause with P/N, common address, e.g. "100/7+@1". */
export const word = ({ typeId, cot, negative, ca }: Fields.AsduFields): string =>
  `${typeId}/${cot}${negative ? "-" : "+"}@${ca}`

/** All ASDUs that a client has received, in words; a TESTFR round trip makes sure that nothing is on its way. */
export const words = async (client: RawClient): Promise<string[]> => {
  await client.testfr()
  return client.asdus().map(word)
}

/** What `addStation` or `addPoint` gave, which must be something. */
export const given = <A>(made: A | null | undefined): A => {
  if (made === null || made === undefined) throw new Error("the address is in use")
  return made
}

/** Lets `ms` pass: for what must not happen meanwhile. */
export const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
