// `npm start`: builds when needed, then serves the example substation until it is told to stop.
// Further arguments go to `serve`; a file among them takes the place of the example.
import { spawn, spawnSync } from "node:child_process"
import os from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { isStale } from "./freshness.mjs"

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const main = "dist/cli/main.js"
const example = "examples/substation.yaml"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`This needs Node 22.19 or newer and got ${process.version}: use "npm start" after "npm ci".`)
  process.exit(1)
}

if (isStale(root, main)) {
  console.error("Building ...")
  // Standard output belongs to the server (`--json` is read by programs), so the build writes to standard error.
  const build = spawnSync("npm", ["run", "build", "--silent"], { cwd: root, stdio: ["ignore", 2, 2] })
  if (build.error) throw build.error
  if (build.status !== 0) process.exit(build.status ?? 1)
}

const extra = process.argv.slice(2)
const file = extra.some((argument) => /\.ya?ml$/.test(argument)) ? [] : [path.relative("", path.join(root, example))]

// Its own process group: a Ctrl-C reaches us from the terminal and once more from npm, and must reach the server once.
const server = spawn(process.execPath, [path.join(root, main), "serve", ...file, ...extra], {
  stdio: "inherit",
  detached: true
})

const samePressMs = 250
const patienceMs = 2000
let stops = 0
let lastMs = Number.NEGATIVE_INFINITY

const forward = (signal) => {
  const nowMs = performance.now()
  const repeated = nowMs - lastMs < samePressMs
  lastMs = nowMs
  if (repeated) return
  stops++
  server.kill(signal)
  // Whoever asks twice wants it to end: the server gets the signal again, and after that no choice.
  if (stops > 1) setTimeout(() => server.kill("SIGKILL"), patienceMs).unref()
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forward(signal))

// If npm is killed outright, no signal comes; a server that nobody owns would keep the port.
const parent = process.ppid
if (process.env.npm_lifecycle_event === "start") {
  setInterval(() => {
    if (process.ppid !== parent && stops === 0) forward("SIGTERM")
  }, 200).unref()
}

server.on("error", (error) => {
  console.error(`Cannot start the server: ${error.message}`)
  process.exit(1)
})
server.on("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]))
