// Starts the built server and other programs with a Node that is new enough.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..")

// The host's Node may be older than the server wants; the project brings its own.
const [major, minor] = process.versions.node.split(".").map(Number)
const ownNode = join(root, "node_modules", "node", "bin", "node")
const node = major > 22 || (major === 22 && minor >= 19) || !existsSync(ownNode) ? process.execPath : ownNode

export const spawnNode = (args, stdio) => spawn(node, args, { stdio })

export const withLimit = (promise, limitMs, what) => {
  let timer
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${limitMs / 1000} s`)), limitMs)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}

/** Serves a file on a free port; resolves with the first line, which tells the port, when it is ready. */
export const startServer = async (cli, file) => {
  const child = spawnNode([cli, "serve", file, "--listen", "127.0.0.1:0", "--json"], ["pipe", "pipe", "pipe"])
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)))
  const lines = []
  let noise = ""
  child.stderr.on("data", (data) => {
    noise += data
  })
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (lines.push(line) === 1) resolve(line)
    })
  })
  const ended = exited.then((code) =>
    Promise.reject(new Error(`the server exited with ${code} before it was ready: ${noise}`))
  )
  const first = await withLimit(Promise.race([ready, ended]), 10_000, "starting the server").catch((error) => {
    child.kill("SIGKILL")
    throw error
  })
  return { child, exited, lines, first, noise: () => noise }
}
