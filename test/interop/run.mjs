// The interoperability run: the built server against the real Python c104 client, every octet judged by tshark.
// See README.md.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { parse } from "yaml"
import { dissect, judge } from "./dissect.mjs"
import { runEveryType } from "./everytype/run.mjs"
import { expectationOf } from "./expectation.mjs"
import { pcapOf } from "./pcap.mjs"
import { startProxy } from "./proxy.mjs"
import { startServer, withLimit } from "./server.mjs"
import { findPython, findTshark, MissingTool } from "./tools.mjs"

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, "..", "..")
const work = join(root, ".cache", "interop")
const clientLimitMs = 40_000
const stopLimitMs = 3_000

const { values: options } = parseArgs({
  options: { cli: { type: "string" }, only: { type: "string" } }
})
const builtCli = join(root, "dist", "cli", "main.js")
const cli = options.cli ?? builtCli

const total = { passed: 0, failed: 0 }
const say = (text) => console.log(`# ${text}`)
const check = (name, why) => {
  total[why === null ? "passed" : "failed"]++
  console.log(why === null ? `ok ${name}` : `not ok ${name}: ${why}`)
}

const newestMs = (path) =>
  statSync(path).isDirectory()
    ? Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
    : statSync(path).mtimeMs

const buildIfStale = () => {
  if (options.cli !== undefined) return
  const isFresh = existsSync(builtCli) && statSync(builtCli).mtimeMs >= newestMs(join(root, "src"))
  if (isFresh) return
  say("building (npm run build)")
  const result = spawnSync("npm", ["run", "build"], { cwd: root, encoding: "utf8" })
  if (result.status !== 0 || !existsSync(builtCli))
    throw new Error(`npm run build failed:\n${result.stdout}${result.stderr}`)
}

const runClient = async (python, port, profile, plan) => {
  const args = ["-u", "-B", join(here, "client.py"), "--port", String(port), "--profile", profile, "--plan", plan]
  const child = spawn(python, args, { env: { ...process.env, TZ: "UTC" }, stdio: ["ignore", "pipe", "pipe"] })
  createInterface({ input: child.stderr }).on("line", (line) => say(`client: ${line}`))
  const exited = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)))
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [, verdict, name, why] = /^(ok|not ok) (.*?)(?:: (.*))?$/.exec(line) ?? []
    if (verdict === undefined) console.log(line)
    else check(`${profile}: ${name}`, verdict === "ok" ? null : (why ?? "no reason given"))
  })
  const code = await withLimit(exited, clientLimitMs, "the client").catch((error) => {
    child.kill("SIGKILL")
    return error.message
  })
  check(`${profile}: the client ran to its end`, code === 0 ? null : `it ended with ${code}`)
}

const judgeEvents = (profile, lines) => {
  const events = []
  const strange = lines.filter((line) => {
    try {
      events.push(JSON.parse(line).event)
      return typeof events.at(-1) !== "string"
    } catch {
      return true
    }
  })
  check(`${profile}: every line of the server is one JSON event`, strange.length === 0 ? null : strange[0])
  const least = { connected: 2, started: 3, stopped: 1, command: 9, closed: 2 }
  for (const [event, due] of Object.entries(least)) {
    const n = events.filter((e) => e === event).length
    check(`${profile}: the server reports \`${event}\``, n >= due ? null : `${n} times, expected at least ${due}`)
  }
}

const closers = (connection) => connection.records.filter((r) => r.data === null).map((r) => r.from)

const session = async (python, tshark, profile) => {
  const text = readFileSync(join(here, "stations.yaml"), "utf8")
  const file = profile === "c104" ? join(here, "stations.yaml") : join(work, `stations.${profile}.yaml`)
  if (profile !== "c104") writeFileSync(file, text.replace(/^profile: c104$/m, `profile: ${profile}`))
  const config = parse(readFileSync(file, "utf8"))
  if (config.profile !== profile) throw new Error(`${file} says profile: ${config.profile}`)
  const plan = join(work, "plan.json")
  writeFileSync(plan, JSON.stringify(config))

  const server = await startServer(cli, file)
  try {
    const ready = JSON.parse(server.first)
    check(
      `${profile}: the first line of the server is \`ready\` with a port`,
      ready.event === "ready" && ready.port > 0 ? null : server.first
    )
    const proxy = await startProxy(ready.port)
    await runClient(python, proxy.port, profile, plan)
    const { connections } = proxy
    await withLimit(proxy.close(), stopLimitMs, "closing the connections").catch((error) => say(error.message))
    // c104 resets a connection when it closes with octets unread, so only an error on the server's side counts.
    const impolite = connections.filter(
      (c) => c.errors.some((e) => e.startsWith("server")) || closers(c).join() !== "client,server"
    )
    check(
      `${profile}: the client closed 2 connections, and the server closed after it`,
      impolite.length === 0 && connections.length === 2
        ? null
        : JSON.stringify(connections.map((c) => [closers(c), c.errors]))
    )
    server.child.kill("SIGTERM")
    const code = await withLimit(server.exited, stopLimitMs, "stopping the server").catch((error) => error.message)
    check(`${profile}: SIGTERM ends the server with exit code 0`, code === 0 ? null : String(code))
    judgeEvents(profile, server.lines)
    if (server.noise() !== "") say(`the server wrote on stderr: ${server.noise().trim()}`)

    const capture = join(work, `${profile}.pcap`)
    writeFileSync(capture, pcapOf(connections))
    say(`capture: ${capture}`)
    for (const [name, why] of judge(dissect(tshark, capture), connections, expectationOf(config)))
      check(`${profile}: tshark: ${name}`, why)
  } finally {
    server.child.kill("SIGKILL")
  }
}

try {
  mkdirSync(work, { recursive: true })
  const tshark = findTshark(say)
  buildIfStale()
  if (options.only !== "every-type") {
    const python = findPython(root, say)
    for (const profile of ["c104", "iec"])
      await session(python, tshark, profile).catch((error) => check(`${profile}: the session`, error.message))
  }
  if (options.only !== "c104") say(`${await runEveryType(check, tshark, root, cli)} fields compared`)
} catch (error) {
  check(error instanceof MissingTool ? "tools" : "preparation", error.message)
}
console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
