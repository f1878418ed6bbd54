// The conformance transcripts against the Python package c104's own server: a fresh server for every run of a case, in
// real time. Writes reports/c104-conformance.html and .junit.xml, and with --write docs/C104-CONFORMANCE.md.
//   npm exec node test/interop/c104-conformance.mjs [-- --only K] [--at-once 24] [--write]
import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import net from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { parseArgs } from "node:util"
import * as Live from "../../scripts/conformance/live.ts"
import * as Report from "../../scripts/conformance/report.ts"
import * as Verdicts from "../../scripts/conformance/verdicts.ts"
import * as TypeTable from "../../src/core/wire/TypeTable.ts"
import { RemoteStation } from "../conformance/RemoteStation.ts"
import { c104Version, findPython } from "./tools.mjs"

const root = join(import.meta.dirname, "..", "..")
const say = (text) => console.log(text)
const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    "at-once": { type: "string", default: "24" },
    write: { type: "boolean" }
  }
})

/** Why c104 cannot have what a run presupposes, or null. */
const obstacle = ({ points, link }) => {
  const seconds = [link.t1, link.t2, link.t3]
  if (!seconds.every(Number.isInteger)) return "its timers are whole seconds"
  for (const point of points) {
    if (point.groups.length > 0 || point.counters.length > 0) return "it has no groups"
    if (point.cyclic > 0) return "a cyclic point would have to be configured for it"
    if (point.termination !== true) return "its termination of commands cannot be chosen"
    if (Object.keys(point.variants).length > 0) return "a point has one type in it"
    if (point.deadband !== "") return "it has no deadbands"
  }
  const places = points.flatMap(({ ca, from, to }) =>
    Array.from({ length: to - from + 1 }, (_, index) => `${ca}:${from + index}`)
  )
  return new Set(places).size < places.length ? "it has no command and monitoring point at one address" : null
}

const freePort = async () => {
  const server = net.createServer()
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

const describe = ({ points, link, select }) =>
  JSON.stringify({
    link,
    selectMs: select * 1000,
    points: points.flatMap(({ ca, from, to, type, select: isSelected, related }) =>
      Array.from({ length: to - from + 1 }, (_, index) => [
        ca,
        from + index,
        TypeTable.byId[type].mnemonic,
        isSelected,
        related === 0 ? 0 : related + index
      ])
    )
  })

const startPeer = async (python, given) => {
  const port = await freePort()
  const child = spawn(python, ["-u", "-B", join(import.meta.dirname, "c104_server.py"), String(port)], {
    env: { ...process.env, TZ: "UTC" }
  })
  child.stdin.on("error", () => {})
  child.stdin.write(`${describe(given)}\n`)
  let noise = ""
  child.stderr.on("data", (data) => {
    noise += data
  })
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)))
  const ready = new Promise((resolve) =>
    createInterface({ input: child.stdout }).on("line", (line) => line === "ready" && resolve("ready"))
  )
  const first = await Promise.race([ready, ended])
  if (first !== "ready") throw new Error(`the c104 server did not start (${first}): ${noise.trim().split("\n").at(-1)}`)
  return { port, child, ended }
}

/** One run's server; it tells when c104 ended by itself. */
class Peer extends RemoteStation {
  constructor(peer, given) {
    super({ host: "127.0.0.1", port: peer.port, link: given.link }, given)
    this.peer = peer
  }
  async stop() {
    await super.stop()
    const { child, ended } = this.peer
    const endedAs = child.signalCode ?? child.exitCode
    child.stdin.end()
    const timer = setTimeout(() => child.kill("SIGKILL"), 3000)
    await ended
    clearTimeout(timer)
    if (endedAs !== null) throw new Error(`the c104 server ended by itself: ${endedAs}`)
  }
}

/** Cases at a time when failed ones are played once more. */
const quietly = 8
const python = findPython(root, say)
const cases = Verdicts.chosen(options.only ?? [])

/** Why a run cannot be played against a server that is made for it, or null. */
const hindrance = (of, run) => {
  const found = Live.choose({ host: "127.0.0.1", port: 1, link: run.given.link, pace: 1, points: null })({
    ...of,
    runs: [run]
  })
  return typeof found === "string" ? found : obstacle(run.given)
}

const openPeer = async (given) => {
  // The station refuses what it cannot be configured for; that is known before a server is started.
  new RemoteStation({ host: "127.0.0.1", port: 1, link: given.link }, given)
  return new Peer(await startPeer(python, given), given)
}

const choose = (of) => {
  if (of.pending !== "" || of.notApplicable !== "") return { of, open: () => Promise.reject(new Error("not played")) }
  const found = of.runs.map((run) => hindrance(of, run))
  const runs = of.runs.filter((_, index) => found[index] === null)
  if (runs.length === 0) return found[0] ?? "it has no runs"
  return { of: { ...of, runs }, open: (given) => openPeer(given) }
}

const mayShare = () => true
const first = await Verdicts.play(cases, choose, { atOnce: Number(options["at-once"]), mayShare }, () => {})
// In real time, and with many at once, a failure may be the machine's: it counts when it comes a second time.
const again = new Map()
const doubtful = first.filter(({ verdict }) => verdict === "failed").map(({ of }) => of)
for (const result of await Verdicts.play(doubtful, choose, { atOnce: quietly, mayShare }, (result) =>
  say(Report.line(result))
))
  again.set(result.of, result)
const results = first.map((result) => again.get(result.of) ?? result)
const against = `the server of c104 ${c104Version}`
mkdirSync(join(root, "reports"), { recursive: true })
writeFileSync(join(root, "reports", "c104-conformance.html"), Report.html({ against, results }))
writeFileSync(join(root, "reports", "c104-conformance.junit.xml"), Report.junit({ against, results }))

const cell = (text) => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, "; ")
const cut = (text, length) => (text.length <= length ? text : `${text.slice(0, length)} …`)
/** The place in the transcripts, and what came there; octets and all else are in the report. */
const cameOf = (detail) => {
  const lines = detail.split("\n")
  const came = lines
    .at(-1)
    .replace(/ \[[0-9a-f ]+\]$/, "")
    .replaceAll(/(\d+\.\d{3})\d* s/g, "$1 s")
  const place = /^[\w-]+\.txt:\d+/.exec(detail)?.[0]
  return cut([place, lines.length > 1 || place === undefined ? came : detail].filter(Boolean).join(": "), 220)
}
/** Two habits end many cases that are about something else. */
const habits = [
  {
    title: "Ended where the termination of a direct command (ACTTERM) did not come",
    holds: (detail) =>
      /nothing came$/.test(detail) && /< .*(-term\b|\b[23][0-9A-F] 01 [08]A )/.test(detail.split("\n")[0])
  },
  {
    title: "Ended where an unknown type is confirmed negatively instead of being mirrored with cause 44",
    holds: (detail) =>
      /unknown-mirror|\b63 01 6C /.test(detail.split("\n")[0]) && /ACTIVATION_CON \(7\) negative/.test(detail)
  }
]
const failed = results.filter(({ verdict }) => verdict === "failed")
const habitOf = ({ detail }) => habits.find(({ holds }) => holds(detail))
const own = failed.filter((result) => habitOf(result) === undefined)
const reasons = Map.groupBy(
  results.filter(({ verdict }) => verdict === "not applicable"),
  ({ detail }) => detail.replace(/:.*/s, "")
)
const rows = own.map(
  ({ of, detail }) =>
    `| ${of.number} | ${cell(of.stimulus)} | ${cell(of.expected)} | ${cell(of.policy)} | ${cell(cameOf(detail))} |`
)
const shared = habits.map(({ title, holds }) => {
  const numbers = failed.filter((result) => holds(result.detail) && habitOf(result).holds === holds)
  return `${title}: ${numbers.length}\n\n${numbers.map(({ of }) => of.number).join(", ")}\n`
})
const count = Verdicts.totals(results)
const page = `# The conformance transcripts against c104

What the server of the Python package c104 does with the transcripts that this project is tested with; a by-product of
comparing the two.

| | |
| --- | --- |
| date | ${new Date().toISOString().slice(0, 10)} |
| version | c104 ${c104Version} from PyPI, ${process.platform} ${process.arch} |
| command | \`npm exec node test/interop/c104-conformance.mjs -- --write\` |
| cases | ${results.length}: ${Verdicts.verdicts.map((verdict) => `${count.get(verdict)} ${verdict}`).join(", ")} |

How to read it:

- The transcripts are this project's reading of IEC 60870-5-104. A row with an entry under "our reading" is one where the
  standard leaves a choice: there a failure says that c104 chose otherwise, not that it is wrong.
- The first thing that did not come as expected ends a case; what would follow was not looked at. Times may be off by
  1 s. What failed was played twice; where timing decides, a case
  may end otherwise in another run.
- Every run has a fresh server with the link parameters and points of the transcript, which accepts every command and
  clock synchronisation. Where a case needs more of a server than that, it is not applicable.

## What failed

| case | stimulus | expected | our reading | what came |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

## What ended early

Two habits of c104 end cases that are about something else, which is therefore not known of these.

${shared.join("\n")}
## What could not be played

| cases | why |
| ---: | --- |
${[...reasons].map(([why, of]) => `| ${of.length} | ${cell(why)} |`).join("\n")}
`
if (options.write === true) writeFileSync(join(root, "docs", "C104-CONFORMANCE.md"), page)
say(`${results.length} cases: ${Verdicts.verdicts.map((verdict) => `${count.get(verdict)} ${verdict}`).join(", ")}`)
