// The command line of the conformance run.
import { spawn } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Given from "../../test/conformance/Given.ts"
import { ServedStation } from "../../test/conformance/ServedStation.ts"
import * as Suite from "../../test/conformance/Suite.ts"
import * as Live from "./live.ts"
import * as Report from "./report.ts"
import * as Verdicts from "./verdicts.ts"

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..")
const stations = path.join(root, "test", "conformance", "stations.yaml")
const start = path.join(root, "scripts", "start.mjs")

const help = `Plays the conformance checklist for a controlled station.

  npm run conformance                        against our own server in virtual time, its clients in
                                             memory; cases about TLS over TCP
  npm run conformance -- --tcp               all against our own server over TCP, its clock held
  npm run conformance -- --live HOST:PORT    against any server over TCP in real time
  npm run conformance -- --serve [PORT]      builds if needed and starts our server with
                                             test/conformance/stations.yaml

  --only K        one family; --only K4 one case; may be repeated
  --points FILE   with --live: the points of the server, as a configuration file; without it the server is
                  taken to have the points of every case
  --link TEXT     with --live: its parameters, default "k=12 w=8 t1=15 t2=10 t3=20"
  --pace N        with --live: the times of the server are these divided by N
  --at-once N     with --live: cases of families A, B, D, E played at the same time, default 1

Against our own: npm run conformance -- --serve 2404
                 npm run conformance -- --live 127.0.0.1:2404 --points test/conformance/stations.yaml --pace 10 --at-once 20

Writes reports/conformance.html and reports/conformance.junit.xml. Exit code 1 when a case failed.`

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const options = {
  help: { type: "boolean" },
  tcp: { type: "boolean" },
  live: { type: "string" },
  serve: { type: "boolean" },
  only: { type: "string", multiple: true },
  points: { type: "string" },
  link: { type: "string" },
  pace: { type: "string" },
  "at-once": { type: "string" }
} as const

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} ${text} is no number above 0`)
  return value
}

/** Runs until the server ends. */
function serve(port: string): Promise<number> {
  // As under `npm start`: when this process is killed outright, the server ends too.
  const env = { ...process.env, npm_lifecycle_event: "start" }
  const child = spawn(process.execPath, [start, stations, "--listen", `127.0.0.1:${port}`], { stdio: "inherit", env })
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", (code) => resolve(code ?? 1))
  })
}

interface Plan {
  readonly against: string
  readonly choose: Verdicts.Choose
  readonly atOnce: number
}

function plan(values: ReturnType<typeof read>["values"]): Plan {
  if (values.live !== undefined) {
    const server: Live.Server = {
      ...Live.address(values.live),
      link: { ...Given.standard.link, ...(values.link === undefined ? {} : Given.linkOf(values.link)) },
      pace: positive("pace", values.pace ?? "1"),
      points: values.points === undefined ? null : Live.pointsOf(values.points)
    }
    const atOnce = Math.round(positive("at-once", values["at-once"] ?? "1"))
    return { against: `the server at ${values.live}`, choose: Live.choose(server), atOnce }
  }
  if (values.tcp === true)
    return { against: "our server over TCP", choose: (of) => ({ of, open: ServedStation.overTcp }), atOnce: 1 }
  return {
    against: "our server in virtual time, over TCP where a case is about TLS",
    choose: (of) => ({ of, open: Suite.isOverTls(of) ? ServedStation.overTcp : ServedStation.inMemory }),
    atOnce: 1
  }
}

const read = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true })

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args)
  if (values.help === true) {
    say(help)
    return 0
  }
  if (values.serve === true) return serve(positionals[0] ?? "2404")
  if (positionals.length > 0) throw new Error(`${positionals[0]} is not understood`)
  const { against, choose, atOnce } = plan(values)
  const cases = Verdicts.chosen(values.only ?? [])
  say(`Conformance of ${against}: ${cases.length} cases\n`)
  const mayShare = (of: (typeof cases)[number]): boolean => /^[ABDE]\d/.test(of.number)
  const results = await Verdicts.play(cases, choose, { atOnce, mayShare }, (result) => say(Report.line(result)))
  const folder = path.join(root, "reports")
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, "conformance.html"), Report.html({ against, results }))
  fs.writeFileSync(path.join(folder, "conformance.junit.xml"), Report.junit({ against, results }))
  const count = Verdicts.totals(results)
  say(`\n${results.length} cases: ${Verdicts.verdicts.map((verdict) => `${count.get(verdict)} ${verdict}`).join(", ")}`)
  say("reports/conformance.html, reports/conformance.junit.xml")
  say(Verdicts.closing(results))
  return (count.get("failed") ?? 0) > 0 ? 1 : 0
}

/** The exit code: 0, 1 when a case failed, 2 when the arguments cannot be used. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}
