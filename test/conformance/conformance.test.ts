// Every row of the conformance checklist is a transcript. It is played against the whole server, whose
// clock is held: over lines in memory, and over real sockets.
import { describe, expect, it } from "vitest"
import * as Player from "./Player.ts"
import { ServedStation } from "./ServedStation.ts"
import * as Suite from "./Suite.ts"
import type * as Transcript from "./Transcript.ts"

const all = Suite.cases()

const grouped = ["F1", "F2", "F3", "F4", "F5", "F11", "F14", "F15", "F16", "F19", "F23"]

/** Rows that cannot be played yet, and what brings them. */
const pending: Readonly<Record<string, string>> = {
  A2: "redundancy groups by client address",
  ...Object.fromEntries(grouped.map((number) => [number, "redundancy groups"])),
  N13: "certificate revocation lists"
}

/** Runs that cannot be played yet, of rows that otherwise are. */
const pendingRuns: Readonly<Record<string, string>> = { N9: "revoked is pending (certificate revocation lists)" }

/** Rows that say nothing about this server. */
const notApplicable: readonly string[] = ["H20"]

const isPlayed = (of: Transcript.Case): boolean => of.pending === "" && of.notApplicable === ""

describe("the checklist", () => {
  it("has every row exactly once, in order", () => {
    expect(all.map(({ number }) => number)).toEqual(Suite.numbers())
  })
  it("waits for exactly these rows", () => {
    expect(Object.fromEntries(all.flatMap((of) => (of.pending === "" ? [] : [[of.number, of.pending]])))).toEqual(
      pending
    )
  })
  it("waits for exactly these runs of others", () => {
    const found = all.flatMap((of) => (Suite.missing(of) === "" ? [] : [[of.number, Suite.missing(of)]]))
    expect(Object.fromEntries(found)).toEqual(pendingRuns)
  })
  it("leaves exactly these rows out", () => {
    expect(all.flatMap((of) => (of.notApplicable === "" ? [] : [of.number]))).toEqual(notApplicable)
  })
  it("has lines for every row that can be played", () => {
    const empty = all.filter((of) => isPlayed(of) && !of.runs.some((run) => run.lines.length > 0))
    expect(empty.map(({ number }) => number)).toEqual([])
  })
})

const title = (of: (typeof all)[number]): string =>
  `${of.number} ${of.stimulus}: ${of.expected}${of.policy === "" ? "" : ` (policy: ${of.policy})`}`

/** Some rows are tens of thousands of frames, which take their time where others want the machine too. */
const LIMIT_MS = 120_000

describe("in virtual time", () => {
  for (const of of all)
    if (isPlayed(of) && !Suite.isOverTls(of)) it(title(of), () => Player.play(of, ServedStation.inMemory), LIMIT_MS)
})

describe("over TCP", () => {
  for (const of of all) if (isPlayed(of)) it(title(of), () => Player.play(of, ServedStation.overTcp), LIMIT_MS)
})
