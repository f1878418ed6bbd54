// docs/CONFORMANCE.md: what is turned down and how, why connections end, limits, readings, rules, and the checklist.
import * as Limits from "../../src/core/Limits.ts"
import * as Rejection from "../../src/core/procedure/Rejection.ts"
import * as Violation from "../../src/core/Violation.ts"
import * as Suite from "../../test/conformance/Suite.ts"
import type * as Transcript from "../../test/conformance/Transcript.ts"
import * as Report from "../conformance/report.ts"
import { type Ambiguity, ambiguities } from "./ambiguities.ts"
import * as Markdown from "./markdown.ts"
import * as Rules from "./rules.ts"

const reaction = ({ reaction: of }: Rejection.RejectionRow): readonly [string, string] => {
  switch (of.kind) {
    case "close":
      return ["none", "closes (MALFORMED_ASDU)"]
    case "mirror":
      return [`the request comes back with cause ${of.cause}, P/N = 1`, "stays"]
    case "confirm":
      return ["ACTCON (DEACTCON for a deactivation) with P/N = 1", "stays"]
    case "ignore":
      return ["none", "stays"]
  }
}

const rejections = (): string =>
  Markdown.table(
    ["situation", "what", "answer", "connection", "application is told", "clause"],
    Object.entries(Rejection.table).map(([name, row]) => [
      name,
      row.text,
      ...reaction(row),
      "event `rejected` with situation and APDU",
      row.clause
    ])
  )

const reasons = (): string =>
  Markdown.table(
    ["reason", "caused by", "what", "clause"],
    Object.entries(Violation.reasons).map(([name, { blame, text, clause }]) => [name, blame, text, clause])
  )

const limits = (): string =>
  Markdown.table(
    ["limit", "default", "range", "what happens when it is reached"],
    Limits.table.map(({ name, unit, default: standard, min, max, consequence }) => [
      name,
      `${standard} ${unit}`,
      `${min} to ${max}`,
      consequence
    ])
  )

const file = /^(test\/.*\/)?([^/]+)$/
const shown = (tests: readonly string[]): string =>
  tests.length === 0
    ? "-"
    : tests.map((test) => (test.includes("/") ? `[${file.exec(test)?.[2]}](../${test})` : test)).join(", ")

const where = ({ decidedBy }: Ambiguity): string => {
  if (decidedBy === null) return "fixed"
  return "profile" in decidedBy ? `profile \`${decidedBy.profile}\`` : decidedBy.setting
}

const readings = (): string =>
  Markdown.table(
    ["", "question", "seen", "here", "decided by", "test"],
    ambiguities.map((row, index) => [
      String(index + 1),
      row.question,
      row.variants,
      row.choice,
      where(row),
      shown(row.tests)
    ])
  )

const rules = (): string =>
  Rules.groups
    .map(({ title, rules: of }) => {
      const rows = of.map(({ text: said, tests }) => [said, shown(tests)])
      return `### ${title}\n\n${Markdown.table(["rule", "test"], rows)}`
    })
    .join("\n\n")

const played = (of: Transcript.Case): string => {
  const { pending, notApplicable } = of
  if (pending !== "") return `pending: ${pending}`
  if (notApplicable !== "") return `not applicable: ${notApplicable}`
  const over = Suite.isOverTls(of) ? "over TLS" : "memory and TCP"
  return [over, Suite.missing(of)].filter((text) => text !== "").join("; ")
}

const checklist = (cases: readonly Transcript.Case[]): string =>
  Object.entries(Report.families)
    .map(([family, title]) => {
      const of = cases.filter((one) => Report.familyOf(one) === family)
      const rows = of.map((one) => [one.number, one.stimulus, one.expected, one.policy, played(one)])
      const table = Markdown.table(["", "stimulus", "expected", "policy", "played"], rows)
      return `### ${family}. ${title}\n\n${table}`
    })
    .join("\n\n")

const sums = (cases: readonly Transcript.Case[]): string => {
  const pending = cases.filter((of) => of.pending !== "").length
  const none = cases.filter((of) => of.notApplicable !== "").length
  const part = cases.filter((of) => of.pending === "" && Suite.missing(of) !== "").length
  const partly = part === 0 ? "" : ` (${part} in part)`
  return `${cases.length} cases: ${cases.length - pending - none} are played${partly}, ${pending} are pending, ${none} do not apply.`
}

/** The whole document. */
export function text(): string {
  const cases = Suite.cases()
  return `# Conformance

Made by \`npm run documents\` from the tables that the code runs on; a test compares. Clauses are those of IEC
60870-5-101, -104 and -5, named from knowledge of the standards; check a copy before a formal claim.

- [What is turned down, and how](#what-is-turned-down-and-how)
- [Why a connection ends](#why-a-connection-ends)
- [Limits](#limits)
- [Where readings differ](#where-readings-differ)
- [Rules](#rules)
- [The checklist](#the-checklist)

## What is turned down, and how

A request is judged for its structure, then for the causes in the order of the profile field \`rejectionOrder\`
(default 46, 44, 45, 47), then for its content. Exactly one row applies, and there is exactly one answer. File ASDUs know no negative
confirmation: several objects or surplus octets close, and what cannot be done is said in FRQ, SRQ, SCQ or AFQ.

${rejections()}

## Why a connection ends

The application gets the event \`closed\` with the reason.

${reasons()}

## Limits

Everything has a limit. They are options of the server (\`limits\`).

${limits()}

## Where readings differ

The standard leaves these open, or implementations read them differently. "Profile" is a field of the
[interoperability profile](INTEROPERABILITY.md#profile).

${readings()}

## Rules

What this station does where the standard, implementations and practice meet. Tests are cases of the checklist below,
or files.

${rules()}

## The checklist

${sums(cases)} \`npm run conformance\` plays them and prints the verdicts; the transcripts are in
[test/conformance](../test/conformance/README.md). Each is played against the whole server by a clock that is moved:
"memory and TCP" cases over lines in memory and over sockets.

${checklist(cases)}
`
}
