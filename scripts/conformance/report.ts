// The report of a conformance run in three forms: a table of lines, a page (HTML), and JUnit XML.
import type * as Suite from "../../test/conformance/Suite.ts"
import * as Verdicts from "./verdicts.ts"

/** What was judged, for the head of a report. */
export interface Run {
  readonly against: string
  readonly results: readonly Suite.Result[]
}

/** What each family is about. */
export const families: Readonly<Record<string, string>> = {
  A: "TCP and framing",
  B: "U frames and start/stop",
  C: "Sequence numbers",
  D: "k and w",
  E: "Timers",
  F: "Redundancy",
  G: "ASDU header and mirrors",
  H: "Monitored information",
  I: "Initialisation, interrogation, counters",
  J: "Clock, test, reset",
  K: "Commands",
  L: "Parameters",
  M: "Files",
  N: "Robustness and security"
}

/** The letter of a case. */
export const familyOf = ({ number }: { readonly number: string }): string => number.replace(/\d+$/, "")
const titleOf = (family: string): string => families[family] ?? family

/** Stimulus, expectation, and what this station does where readings differ. */
export const wording = ({ of }: Pick<Suite.Result, "of">): string =>
  `${of.stimulus}: ${of.expected}${of.policy === "" ? "" : ` (policy: ${of.policy})`}`

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)

/** One line of the table; a failure brings its reason in full below. */
export function line(result: Suite.Result): string {
  const head = `${result.of.number.padEnd(4)} ${cut(wording(result), 84).padEnd(84)} ${result.verdict}`
  if (result.verdict === "failed") return `${head}\n     ${result.detail.replaceAll("\n", "\n     ")}`
  return result.detail === "" ? head : `${head}: ${result.detail}`
}

const plain = (text: string): string =>
  // Control characters have no place in XML, not even escaped.
  [...text].filter((c) => c >= " " || c === "\n" || c === "\t").join("")

const escaped = (text: string): string =>
  plain(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const byFamily = (results: readonly Suite.Result[]): readonly (readonly [string, readonly Suite.Result[]])[] =>
  Object.keys(families)
    .map((family) => [family, results.filter(({ of }) => familyOf(of) === family)] as const)
    .filter(([, of]) => of.length > 0)

/** JUnit XML: one suite a family. */
export function junit({ against, results }: Run): string {
  const suites = byFamily(results).map(([family, of]) => {
    const count = Verdicts.totals(of)
    const skipped = (count.get("pending") ?? 0) + (count.get("not applicable") ?? 0)
    const cases = of.map((result) => {
      const { detail, verdict, ms } = result
      const name = escaped(`${result.of.number} ${wording(result)}`)
      const head = `    <testcase classname="conformance.${family}" name="${name}" time="${(ms / 1000).toFixed(3)}"`
      if (verdict === "passed") return `${head}/>`
      const reason = escaped(detail)
      const inner =
        verdict === "failed"
          ? `<failure message="${escaped(detail.split("\n")[0] ?? "")}">${reason}</failure>`
          : `<skipped message="${verdict}: ${reason}"/>`
      return `${head}>\n      ${inner}\n    </testcase>`
    })
    const counts = `tests="${of.length}" failures="${count.get("failed")}" skipped="${skipped}"`
    return `  <testsuite name="${escaped(`${family}. ${titleOf(family)}`)}" ${counts}>\n${cases.join("\n")}\n  </testsuite>`
  })
  const name = escaped(`conformance of ${against}`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${name}">\n${suites.join("\n")}\n</testsuites>\n`
}

const style = `
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1c2530 }
  table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
  th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid #dfe4ea }
  td:first-child { font-weight: 600; white-space: nowrap }
  .v { white-space: nowrap; font-weight: 600 }
  .passed .v { color: #176b3a } .failed .v { color: #b3261e } .pending .v, .not .v { color: #76601a }
  .failed { background: #fdf0ef } .policy { color: #55606e } pre { white-space: pre-wrap; margin: .3rem 0 0 }
`

/** A page that needs nothing but itself. */
export function html({ against, results }: Run): string {
  const count = Verdicts.totals(results)
  const sums = Verdicts.verdicts.map((verdict) => `${count.get(verdict)} ${verdict}`).join(", ")
  const sections = byFamily(results).map(([family, of]) => {
    const rows = of.map(({ of: { number, stimulus, expected, policy }, verdict, detail }) => {
      const reading = policy === "" ? "" : `<div class="policy">policy: ${escaped(policy)}</div>`
      const reason =
        verdict === "failed" ? `<pre>${escaped(detail)}</pre>` : detail === "" ? "" : `<div>${escaped(detail)}</div>`
      const cells = [number, escaped(stimulus), `${escaped(expected)}${reading}`]
      return `<tr class="${verdict}">${cells.map((cell) => `<td>${cell}</td>`).join("")}<td><span class="v">${verdict}</span>${reason}</td></tr>`
    })
    const head = "<tr><th>No.</th><th>Stimulus</th><th>Expected</th><th>Verdict</th></tr>"
    return `<h2>${family}. ${escaped(titleOf(family))}</h2>\n<table>\n${head}\n${rows.join("\n")}\n</table>`
  })
  const title = `Conformance of ${escaped(against)}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head>
<body><h1>${title}</h1><p>${results.length} cases: ${sums}.</p>
${sections.join("\n")}
</body></html>
`
}
