// Every example against the real Python c104 client, and so is its Python twin: the same client finds the same server.
// Prints `ok NAME` or `not ok NAME: why` for each check and "N passed, N failed, N skipped" at the end.
import { spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { findPython, MissingTool } from "../interop/tools.mjs"

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, "..", "..")
const certificates = join(root, "test", "fixtures", "tls")
const clientLimitMs = 60_000
const startLimitMs = 15_000
// Time tags of Python are local time.
const env = { ...process.env, TZ: "UTC", PYTHONUNBUFFERED: "1" }

const say = (text) => process.stdout.write(`${text}\n`)
const total = { passed: 0, failed: 0 }
const check = (name, why) => {
  total[why === null ? "passed" : "failed"]++
  say(why === null ? `ok ${name}` : `not ok ${name}: ${why}`)
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const within = (promise, limitMs, what) => {
  let timer
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${limitMs / 1000} s`)), limitMs)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}

/** Starts a server and reads its port from its first line. */
const start = async (command, args) => {
  const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] })
  const exited = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)))
  let noise = ""
  child.stderr.on("data", (data) => {
    noise += data
  })
  const lines = createInterface({ input: child.stdout })
  const first = new Promise((resolve) => lines.once("line", resolve))
  lines.on("line", () => {})
  try {
    const ended = exited.then((code) => Promise.reject(new Error(`it ended with ${code}: ${noise.trim()}`)))
    const line = await within(Promise.race([first, ended]), startLimitMs, "starting")
    const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
    if (port === undefined) throw new Error(`it began with: ${line}`)
    return { child, exited, port: Number(port) }
  } catch (error) {
    child.kill("SIGKILL")
    throw error
  }
}

const runClient = async (python, name, port, twin) => {
  const args = ["-u", "-B", join(here, "client.py"), name, String(port), twin, certificates]
  const child = spawn(python, args, { env, stdio: ["ignore", "pipe", "pipe"] })
  let noise = ""
  child.stderr.on("data", (data) => {
    noise += data
  })
  const exited = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)))
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [, verdict, what, why] = /^(ok|not ok) (.*?)(?:: (.*))?$/.exec(line) ?? []
    if (verdict === undefined) say(`# ${line}`)
    else check(`${name}.${twin}: ${what}`, verdict === "ok" ? null : (why ?? "no reason given"))
  })
  const code = await within(exited, clientLimitMs, "the client").catch((error) => {
    child.kill("SIGKILL")
    return error.message
  })
  check(`${name}.${twin}: the client ran to its end`, code === 0 ? null : `it ended with ${code}: ${noise.trim()}`)
}

const examples = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length))

try {
  const python = findPython(root, (text) => say(`# ${text}`))
  for (const name of examples) {
    const twin = join("examples", "python", `${name}.py`)
    const servers = [["ts", process.execPath, ["--import", "./test/examples/source.mjs", `examples/${name}.ts`, "0"]]]
    if (existsSync(join(root, twin))) servers.push(["py", python, [twin, String(await freePort())]])
    for (const [language, command, args] of servers)
      try {
        const server = await start(command, [...args, ...(name === "tls" ? [certificates] : [])])
        try {
          await runClient(python, name, server.port, language)
        } finally {
          server.child.kill("SIGKILL")
          await server.exited
        }
      } catch (error) {
        check(`${name}.${language}: the example starts`, error.message)
      }
  }
} catch (error) {
  check(error instanceof MissingTool ? "tools" : "preparation", error.message)
}
say(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
