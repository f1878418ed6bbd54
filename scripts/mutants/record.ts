// Set up in front of every test file when the map is made: notes which lines of src it enters, by V8's own coverage, here and in the
// programs that it starts.
import * as fs from "node:fs"
import * as inspector from "node:inspector"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterAll, expect } from "vitest"

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}
interface Script {
  readonly url: string
  readonly functions: readonly { readonly ranges: readonly Range[] }[]
}

const folder = process.env.MUTANTS_MAP as string
const src = pathToFileURL(path.resolve("src")).href
const children = fs.mkdtempSync(path.join(os.tmpdir(), "iec104-map-"))
process.env.NODE_V8_COVERAGE = children

const session = new inspector.Session()
session.connect()
session.post("Profiler.enable")
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
session.post("Debugger.enable")

/** What stands in front of the first line of a source (see vitest.config.ts): before it is what is put in front of all. */
const FIRST = "/* line 1 */"

/** The lines of a source that were entered, from 1; what was made of it has the same lines, behind some others. */
function entered(text: string, { functions }: Script): readonly number[] {
  // Later ranges lie within earlier ones, or behind them.
  const counts = new Int32Array(text.length)
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset)
  const lines = text.split("\n")
  const before = Math.max(
    0,
    lines.findIndex((line) => line.includes(FIRST))
  )
  const found: number[] = []
  let at = 0
  for (const [index, line] of lines.entries()) {
    const column = line.search(/\S/)
    if (index >= before && column >= 0 && (counts[at + column] as number) > 0) found.push(index - before + 1)
    at += line.length + 1
  }
  return found
}

/** What a program has written as it ended: nothing where it was killed over that. */
function scriptsOf(text: string): readonly Script[] {
  try {
    return (JSON.parse(text) as { readonly result: readonly Script[] }).result
  } catch {
    return []
  }
}

afterAll(() => {
  const lines = new Map<string, Set<number>>()
  const note = (script: Script, text: string): void => {
    const file = path.relative(process.cwd(), fileURLToPath(script.url))
    const known = lines.get(file) ?? new Set()
    for (const line of entered(text, script)) known.add(line)
    lines.set(file, known)
  }
  session.post("Profiler.takePreciseCoverage", (failed, taken) => {
    if (failed !== null) throw failed
    for (const script of taken.result)
      if (script.url.startsWith(src))
        session.post("Debugger.getScriptSource", { scriptId: script.scriptId }, (missing, source) => {
          if (missing === null) note(script, source.scriptSource)
        })
  })
  for (const file of fs.readdirSync(children))
    for (const script of scriptsOf(fs.readFileSync(path.join(children, file), "utf8")))
      if (script.url.startsWith(src)) note(script, fs.readFileSync(fileURLToPath(script.url), "utf8"))
  fs.rmSync(children, { recursive: true, force: true })
  const test = path.relative(process.cwd(), expect.getState().testPath ?? "")
  const said = { test, lines: Object.fromEntries([...lines].map(([file, found]) => [file, [...found]])) }
  fs.writeFileSync(path.join(folder, `${test.replaceAll(/\W/g, "_")}.json`), JSON.stringify(said))
})
