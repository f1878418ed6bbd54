// Which test files enter which lines of src, and how long each takes: made once for a state of sources and tests, and kept.
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Faulty, Patch } from "./Patch.ts"
import type { Tree } from "./Tree.ts"

interface Test {
  readonly tookMs: number
  /** It fails without a fault. */
  readonly isUnsound: boolean
  readonly lines: Readonly<Record<string, readonly number[]>>
}

export interface Entered {
  readonly key: string
  readonly tests: Readonly<Record<string, Test>>
}

/** A file that says nothing for so long while the map is made has failed. */
const PATIENCE_MS = 300_000
/** So many lines above the one that is changed is looked for one that is entered: statements may be long. */
const STATEMENT_LINES = 40
/** What it costs to begin with a file; and by how much sooner those are tried that are called alike, and that use the same words. */
const START_MS = 300
const ALIKE = 10
const RELATED = 60
/** Words are the same that begin with so many letters that are. */
const WORD = 6

function filesIn(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

/** Test files that `npm test` runs. */
const testsIn = (root: string): readonly string[] =>
  filesIn(path.join(root, "test"))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.relative(root, file))
    .filter((file) => !/^test\/(interop|architecture|types|mutants)\//.test(file))

export function keyOf(root: string): string {
  const hash = createHash("sha256")
  for (const folder of ["src", "test"])
    for (const file of filesIn(path.join(root, folder)))
      if (!file.includes(`${path.sep}mutants${path.sep}`)) hash.update(file).update(fs.readFileSync(file))
  return hash.digest("hex").slice(0, 16)
}

const fileOf = (root: string): string => path.join(root, ".cache/mutants/entered.json")

/** The map as it was made last; null where it is of other sources or tests, unless that does not matter. */
export function known(root: string, isOldWell: boolean): Entered | null {
  try {
    const found = JSON.parse(fs.readFileSync(fileOf(root), "utf8")) as Entered
    return isOldWell || found.key === keyOf(root) ? found : null
  } catch {
    return null
  }
}

/** Makes the map: runs every test file once. */
export async function make(root: string, tree: Tree, progress: (done: number, of: number) => void): Promise<Entered> {
  const tests = testsIn(root)
  const folder = path.join(tree.folder, ".map")
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder)
  let done = 0
  const unsound = new Set<string>()
  const { tookMs } = await tree.run(tests, PATIENCE_MS, folder, () => progress(++done, tests.length))
  for (const line of fs.readFileSync(path.join(tree.folder, ".says"), "utf8").split("\n")) {
    const said =
      line === "" ? {} : (JSON.parse(line) as { readonly ends?: string; readonly failed?: readonly string[] })
    if (said.ends !== undefined && (said.failed ?? []).length > 0) unsound.add(said.ends)
  }
  const found: Record<string, Test> = {}
  for (const file of fs.readdirSync(folder)) {
    const { test, lines } = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"))
    found[test] = { tookMs: tookMs.get(test) ?? PATIENCE_MS, isUnsound: unsound.has(test), lines }
  }
  const entered: Entered = { key: keyOf(root), tests: found }
  fs.mkdirSync(path.dirname(fileOf(root)), { recursive: true })
  fs.writeFileSync(fileOf(root), JSON.stringify(entered))
  return entered
}

/** The words of a text, in small letters, by how they begin. */
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    (text.match(/[A-Z]?[a-z]+|[A-Z]{2,}|\d{2,}/g) ?? []).flatMap((word) =>
      word.length > 2 ? [word.toLowerCase().slice(0, WORD)] : []
    )
  )

/** Which test files say what, and how much a word tells: few files have it. */
export class Sense {
  private readonly texts: ReadonlyMap<string, ReadonlySet<string>>
  private readonly counts = new Map<string, number>()

  constructor(root: string, { tests }: Entered) {
    const text = (name: string): string => `${name} ${fs.readFileSync(path.join(root, name), "utf8")}`
    const there = Object.keys(tests).filter((name) => fs.existsSync(path.join(root, name)))
    this.texts = new Map(there.map((name) => [name, wordsOf(text(name))]))
    for (const words of this.texts.values())
      for (const word of words) this.counts.set(word, (this.counts.get(word) ?? 0) + 1)
  }

  /** How much a test file has to do with some words. */
  of(name: string, words: ReadonlySet<string>): number {
    let sum = 0
    for (const word of words)
      if (this.texts.get(name)?.has(word) === true) sum += Math.log(this.texts.size / (this.counts.get(word) ?? 1))
    return sum
  }
}

/** The tests that can notice a fault, those first that probably will, and soon. */
export function testsFor({ tests }: Entered, sense: Sense, patch: Patch, files: readonly Faulty[]): readonly string[] {
  const candidates = new Set<string>()
  for (const { file, lines } of files) {
    const wanted = new Set([nearest(tests, file, Math.min(...lines)), ...lines])
    for (const [name, test] of Object.entries(tests))
      if ((test.lines[file] ?? []).some((line) => wanted.has(line))) candidates.add(name)
  }
  const words = wordsOf([patch.name, patch.why, ...patch.pieces.map(({ file, old }) => `${file} ${old}`)].join(" "))
  const topic = wordsOf([patch.name, ...files.map(({ file }) => path.basename(file))].join(" "))
  const most = Math.max(1, ...[...candidates].map((name) => sense.of(name, words)))
  const score = (name: string): number => {
    const own = wordsOf(path.basename(name))
    const alike = [...topic].filter((word) => own.has(word)).length
    return ((tests[name]?.tookMs ?? 0) + START_MS) / (ALIKE ** alike * RELATED ** (sense.of(name, words) / most))
  }
  const scores = new Map([...candidates].map((name) => [name, score(name)]))
  return [...scores].sort(([, a], [, b]) => a - b).map(([name]) => name)
}

/** The line at or above one that some test enters. */
function nearest(tests: Entered["tests"], file: string, line: number): number {
  const entered = new Set(Object.values(tests).flatMap((test) => test.lines[file] ?? []))
  for (let at = line; at > line - STATEMENT_LINES; at--) if (entered.has(at)) return at
  return line
}
