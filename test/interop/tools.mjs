// The two peers this run needs from outside npm: the Python package c104 in .venv/ and Wireshark's tshark.
// Says what it installs.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"

export const c104Version = "2.2.1"

/** A tool that is missing and cannot be installed from here; the message says what to do. */
export class MissingTool extends Error {}

const run = (command, args, options = {}) => spawnSync(command, args, { encoding: "utf8", ...options })
const tail = (result) =>
  `${result.error?.message ?? ""}${result.stdout ?? ""}${result.stderr ?? ""}`.trim().split("\n").slice(-4).join("\n")
const isFound = (command) => run(command, ["--version"]).status === 0

const aptInstall = (packages, say) => {
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !existsSync("/etc/debian_version") || run("apt-get", ["--version"]).status !== 0) return false
  say(`installing ${packages.join(", ")} with apt-get`)
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: ["ignore", "pipe", "pipe"] }
  run("apt-get", ["update", "-q"], options)
  const result = run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], options)
  if (result.status !== 0) throw new MissingTool(`apt-get install ${packages.join(" ")} failed:\n${tail(result)}`)
  return true
}

/** The path of a Python that has c104; makes or repairs the virtual environment in `root`/.venv. */
export const findPython = (root, say) => {
  const folder = join(root, ".venv")
  const python = join(folder, "bin", "python")
  const version = () =>
    run(python, ["-c", "import c104, importlib.metadata as m; print(m.version('c104'))"]).stdout?.trim()
  if (existsSync(python) && version() === c104Version) return python
  if (!isFound("python3") && !aptInstall(["python3", "python3-venv"], say))
    throw new MissingTool("python3 is missing: install Python 3.9 or newer with its venv module")
  const make = () => run("python3", ["-m", "venv", "--clear", folder])
  say(`making a Python virtual environment in ${folder}`)
  let made = make()
  // Debian ships venv apart from Python.
  if (made.status !== 0 && aptInstall(["python3-venv"], say)) made = make()
  if (made.status !== 0)
    throw new MissingTool(`python3 -m venv failed (on Debian and Ubuntu: install python3-venv):\n${tail(made)}`)
  say(`installing c104 ${c104Version} into it`)
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", `c104==${c104Version}`]
  const installed = run(python, pip)
  if (installed.status !== 0 || version() !== c104Version)
    throw new MissingTool(`pip install c104==${c104Version} failed:\n${tail(installed)}`)
  return python
}

/** The command name of tshark; installs it where that needs no question. */
export const findTshark = (say) => {
  if (isFound("tshark") || (aptInstall(["tshark"], say) && isFound("tshark"))) return "tshark"
  throw new MissingTool(
    "tshark is missing: install it (Debian and Ubuntu: apt-get install tshark; macOS: brew install wireshark)"
  )
}
