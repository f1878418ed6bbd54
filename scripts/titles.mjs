// `npm run titles REF`: whether every test of a commit is still there, by its title. A test that went for a reason stands in
// test/retired.json, title and reason; all others that are missing are an error.
import { execFileSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"

const HELP = `npm run titles -- REF    tells which test titles of a commit are missing here; exits with 1 if any is`
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
const before = within(reference, titlesOf)
const now = titlesOf(root)
const missing = [...before].filter(([title, count]) => (now.get(title) ?? 0) < count && !(title in retired))
for (const [title, count] of missing)
  console.log(`missing: ${title}${count > 1 ? ` (${now.get(title) ?? 0} of ${count})` : ""}`)
const sum = (titles) => [...titles.values()].reduce((total, count) => total + count, 0)
console.log(`${sum(before)} tests in ${reference}, ${sum(now)} here, ${missing.length} titles missing without a reason`)
process.exitCode = missing.length === 0 ? 0 : 1
