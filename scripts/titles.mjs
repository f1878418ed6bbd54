// `npm run titles REF`: whether every test of a commit is still there, by its title, and says the same: the texts of errors that it
// expects, and the octets of transcripts and vectors. A test or a text that went for a reason stands in test/retired.json with
// the reason; all others that are missing are an error. Octets that went are told.
import { execFileSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"

const HELP = `npm run titles -- REF    tells which test titles and expected errors of a commit are missing here; exits with 1 if any is`
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")

/** Moments at which a title was made are no part of it. */
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g

/** The number of tests of each title in a checkout. */
function titlesOf(folder) {
  const vitest = path.join(folder, "node_modules", "vitest", "vitest.mjs")
  const options = { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] }
  const found = new Map()
  const listed = execFileSync(process.execPath, [vitest, "list", "--no-static-parse", "--json"], options)
  for (const { name } of JSON.parse(listed)) {
    const title = name.replaceAll(MOMENT, "TIME")
    found.set(title, (found.get(title) ?? 0) + 1)
  }
  return found
}

/** What `toThrow` is given in the tests of a checkout. */
function errorsOf(folder) {
  const found = new Map()
  for (const name of fs.readdirSync(path.join(folder, "test"), { recursive: true })) {
    if (!name.endsWith(".ts")) continue
    const text = fs.readFileSync(path.join(folder, "test", name), "utf8")
    for (const [, expected] of text.matchAll(/toThrow\(\s*(\/(?:[^/\\\n]|\\.)+\/\w*|"[^"\n]*"|`[^`]*`)\s*\)/g)) {
      const error = `error ${expected}`
      found.set(error, (found.get(error) ?? 0) + 1)
    }
  }
  return found
}

/** Everything that tests of a checkout promise. */
const promisesOf = (folder) => ({ titles: titlesOf(folder), errors: errorsOf(folder) })

/** Lines of expected octets that are not there any more, or changed, by file. */
function octetsGone(reference) {
  const kept = ["test/vectors", "test/conformance/transcripts"]
  const told = execFileSync("git", ["diff", "--numstat", reference, "--", ...kept], { cwd: root, encoding: "utf8" })
  return told
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([, gone]) => Number(gone) > 0)
}

/** Calls back with a checkout of a commit that uses the packages of this one. */
function within(reference, use) {
  const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "titles-")), "tree")
  const git = (...words) => execFileSync("git", words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] })
  git("worktree", "add", "--quiet", "--detach", folder, `${reference}^{commit}`)
  try {
    fs.symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"))
    return use(folder)
  } finally {
    git("worktree", "remove", "--force", folder)
  }
}

const [reference, ...others] = process.argv.slice(2)
if (reference === undefined || reference.startsWith("-") || others.length > 0) {
  console.log(HELP)
  process.exit(reference === "--help" ? 0 : 2)
}
const retired = JSON.parse(fs.readFileSync(path.join(root, "test", "retired.json"), "utf8"))
const before = within(reference, promisesOf)
const now = promisesOf(root)
let lacking = 0
for (const kind of ["titles", "errors"]) {
  const missing = [...before[kind]].filter(([text, count]) => (now[kind].get(text) ?? 0) < count && !(text in retired))
  lacking += missing.length
  for (const [text, count] of missing)
    console.log(`missing: ${text}${count > 1 ? ` (${now[kind].get(text) ?? 0} of ${count})` : ""}`)
}
for (const [, gone, file] of octetsGone(reference)) console.log(`${gone} lines of expected octets changed: ${file}`)
const sum = (promises) => [...promises.values()].reduce((total, count) => total + count, 0)
console.log(
  `${sum(before.titles)} tests and ${sum(before.errors)} errors in ${reference}, ` +
    `${sum(now.titles)} and ${sum(now.errors)} here, ${lacking} missing without a reason`
)
process.exitCode = lacking === 0 ? 0 : 1
