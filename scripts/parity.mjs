// The parity run: plays the test of every row of the parity list and prints the table: row, class, verdict, test.
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { rowsA } from "../test/parity/rowsA.ts"
import { rowsB } from "../test/parity/rowsB.ts"

const HELP = `npm run parity -- [--failed] [--area NAME]
  --failed     only rows whose test did not pass
  --area NAME  only rows of an area: API, LINK, GI, CI, RD, CS, CMD, ...`

const args = process.argv.slice(2)
const area = args.includes("--area") ? args[args.indexOf("--area") + 1] : undefined
const known = args.every((arg, index) => ["--failed", "--area"].includes(arg) || args[index - 1] === "--area")
if (!known || (args.includes("--area") && area === undefined)) {
  console.log(HELP)
  process.exit(args.includes("--help") ? 0 : 2)
}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "parity-"))
const report = path.join(folder, "report.json")

/** The result of each test by the number at the beginning of its name, and the file in which it stands. */
function play() {
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs")
  const options = ["run", "test/parity", "--reporter=json", `--outputFile=${report}`]
  const { status } = spawnSync(process.execPath, [vitest, ...options], { cwd: root, stdio: "ignore" })
  if (!fs.existsSync(report)) throw new Error(`vitest ended with ${status} and wrote no report`)
  const found = new Map()
  for (const { name: file, assertionResults } of JSON.parse(fs.readFileSync(report, "utf8")).testResults)
    for (const { title, status, failureMessages } of assertionResults) {
      const number = Number(/^(\d+): /.exec(title)?.[1])
      if (Number.isNaN(number)) continue
      const reason = failureMessages?.[0]?.split("\n")[0] ?? ""
      found.set(number, [...(found.get(number) ?? []), { status, reason, file: path.relative(root, file) }])
    }
  return found
}

let results
try {
  results = play()
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}

const cells = ({ row, area, class: of, verdict }, outcome, file) =>
  [String(row).padStart(3), area.padEnd(4), of.padEnd(5), verdict.padEnd(14), outcome.padEnd(6), file].join("  ")

const counts = { passed: 0, failed: 0, skipped: 0 }
const verdicts = { same: 0, better: 0, "not applicable": 0 }
console.log("row  area  class  verdict         test    file and statement")
for (const row of [...rowsA, ...rowsB]) {
  const tests = results.get(row.row) ?? []
  const [test] = tests
  // A row without a test, or with two, counts as failed: the table would claim what nothing shows.
  const outcome = tests.length !== 1 ? "failed" : test.status === "passed" ? "passed" : "failed"
  counts[outcome]++
  verdicts[row.verdict]++
  if (area !== undefined && row.area !== area) continue
  if (args.includes("--failed") && outcome === "passed") continue
  console.log(cells(row, outcome, test?.file ?? "-"))
  console.log(`     ${row.statement}`)
  if (row.why !== undefined) console.log(`     why: ${row.why}`)
  if (tests.length !== 1) console.log(`     ${tests.length} tests have this number`)
  else if (outcome === "failed") console.log(`     ${test.reason}`)
}
console.log(
  `\n${Object.entries(verdicts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ")}`
)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 ? 1 : 0
