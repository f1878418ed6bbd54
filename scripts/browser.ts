// `npm run browser`: the core runs in a browser. Bundles it with a whole session and runs that in headless Chromium, which is
// installed by apt-get where it is missing and that can be done.

import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")
const LIMIT_MS = 60_000
const NAMES = ["chromium", "chromium-browser", "google-chrome"]

const runs = (command: string): boolean => spawnSync(command, ["--version"], { timeout: LIMIT_MS }).status === 0

/** The name of a browser that can be started, installed if need be; null when there is none. */
function browser(): string | null {
  const { CHROMIUM } = process.env
  const found = (CHROMIUM === undefined ? NAMES : [CHROMIUM]).find(runs)
  if (found !== undefined || process.getuid?.() !== 0 || !runs("apt-get")) return found ?? null
  console.log("# installing chromium with apt-get")
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]])
    spawnSync("apt-get", ["-q", ...args], { stdio: "ignore" })
  return NAMES.find(runs) ?? null
}

/** Runs in the page: what came of it is the text of the page. */
const entry = `
import * as core from "./src/core/index.ts"
import { wholeSession } from "./test/property/support/WholeSession.ts"
let said = "ok"
try { wholeSession(core) } catch (error) { said = "failed: " + (error?.stack ?? error) }
document.body.textContent = said
`

const command = browser()
if (command === null) {
  console.error(
    "chromium is missing: install it (Debian and Ubuntu: apt-get install chromium), or name one in CHROMIUM"
  )
  process.exit(1)
}
const { outputFiles } = await build({
  stdin: { contents: entry, resolveDir: root, sourcefile: "browser-entry.ts", loader: "ts" },
  bundle: true,
  format: "iife",
  platform: "browser",
  target: "es2023",
  write: false
})
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "iec104-browser-"))
try {
  const page = path.join(folder, "page.html")
  fs.writeFileSync(path.join(folder, "core.js"), outputFiles[0]?.text ?? "")
  fs.writeFileSync(page, '<!doctype html><meta charset="utf-8"><body>nothing ran</body><script src="core.js"></script>')
  const args = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folder}`, "--dump-dom"]
  const { stdout } = spawnSync(command, [...args, pathToFileURL(page).href], { encoding: "utf8", timeout: LIMIT_MS })
  const said = /<body>([\s\S]*?)<script|<body>([\s\S]*?)<\/body>/.exec(stdout)?.slice(1).find(Boolean) ?? stdout
  console.log(`a whole session of the core in ${command}: ${said.trim()}`)
  process.exitCode = said.trim() === "ok" ? 0 : 1
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
