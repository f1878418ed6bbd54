// `npm run mutants`: plants every fault of test/mutants, one at a time, in a copy of the tree, and runs the tests that enter the lines
// that it changes, until one of them fails. Which that is, is told; a fault that none of them notices has survived, and so has the
// mistake that it stands for. See test/mutants/README.md.
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Entered from "./mutants/Entered.ts"
import * as Patch from "./mutants/Patch.ts"
import { Tree } from "./mutants/Tree.ts"

const HELP = `npm run mutants -- [NAME...]   plants the faults of ${Patch.FOLDER} and tells which tests notice each;
                               ends with 1 where one survives or does not fit any more. NAME: those whose name begins so
  --list       names every fault and why it is one
  --only NAME  the same as NAME
  --survivors  those that survived when it was run last
  --jobs N     so many at once (default: as many as there are processors)
  --old-map    uses the map of which tests enter which lines though sources or tests have changed since
  --help       this

The map is made first, and again where sources or tests have changed: every test file runs once, which takes some minutes. Then a
fault takes some seconds; one that survives as long as all tests that enter its lines.`

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")

/** A file of tests that says nothing for so long stands still, which is noticed too. */
const PATIENCE_MS = 180_000

/** What becomes of a fault. */
interface Verdict {
  readonly name: string
  readonly fate: "caught" | "survived" | "unfit"
  /** The file that notices it, and the tests in it; or why it does not fit. */
  readonly by: string
  readonly names: readonly string[]
  readonly tookMs: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean" },
    only: { type: "string", multiple: true },
    survivors: { type: "boolean" },
    jobs: { type: "string" },
    "old-map": { type: "boolean" },
    help: { type: "boolean" }
  }
})

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const results = path.join(root, ".cache/mutants/results.json")

function earlier(): readonly Verdict[] {
  try {
    return JSON.parse(fs.readFileSync(results, "utf8")) as readonly Verdict[]
  } catch {
    return []
  }
}

/** Those that are asked for. */
function chosen(all: readonly Patch.Patch[]): readonly Patch.Patch[] {
  const names = [...positionals, ...(values.only ?? [])]
  const left = new Set(earlier().flatMap(({ name, fate }) => (fate === "caught" ? [] : [name])))
  const found = all.filter(
    ({ name }) =>
      (names.length === 0 || names.some((given) => name.startsWith(given))) &&
      (values.survivors !== true || left.has(name))
  )
  for (const given of names)
    if (!all.some(({ name }) => name.startsWith(given)))
      throw new Error(`there is no fault whose name begins with ${given}`)
  return found
}

/** Plants one, and runs what may notice it. */
async function judge(tree: Tree, entered: Entered.Entered, sense: Entered.Sense, patch: Patch.Patch): Promise<Verdict> {
  const { name } = patch
  const beganMs = Date.now()
  const end = (fate: Verdict["fate"], by: string, names: readonly string[] = []): Verdict => ({
    name,
    fate,
    by,
    names,
    tookMs: Date.now() - beganMs
  })
  const faulty = Patch.apply(patch, (file) => fs.readFileSync(path.join(root, file), "utf8"))
  if (typeof faulty === "string") return end("unfit", faulty)
  let left = Entered.testsFor(entered, sense, patch, faulty).filter((test) => entered.tests[test]?.isUnsound !== true)
  const tried = left.length
  while (left.length > 0) {
    tree.plant(faulty)
    const { failed, names } = await tree.run(left, PATIENCE_MS, null)
    tree.heal()
    if (failed === null) break
    // What fails without the fault as well has not noticed it: a busy machine is enough for some.
    if ((await tree.run([failed], PATIENCE_MS, null)).failed === null) return end("caught", failed, names)
    left = left.slice(left.indexOf(failed) + 1)
  }
  return end("survived", `${tried} test files that enter it`)
}

function tell({ name, fate, by, names, tookMs }: Verdict, place: string): void {
  const more = names.length > 1 ? `, and ${names.length - 1} more` : ""
  const what =
    fate === "caught"
      ? `caught by ${by} (${names[0]}${more})`
      : fate === "survived"
        ? `SURVIVED ${by}`
        : `DOES NOT FIT: ${by}`
  console.log(`${place} ${name}: ${what}, ${seconds(tookMs)}`)
}

async function main(): Promise<boolean> {
  const all = Patch.all(root)
  const patches = chosen(all)
  if (values.list === true) {
    for (const { name, why } of patches) console.log(`${name}\n    ${why}`)
    console.log(`${patches.length} faults`)
    return true
  }
  const beganMs = Date.now()
  const jobs = Math.max(1, Number(values.jobs ?? os.availableParallelism()))
  const trees: Tree[] = []
  const tree = (): Tree => {
    const made = new Tree(root)
    trees.push(made)
    return made
  }
  process.on("exit", () => {
    for (const one of trees) one.remove()
  })
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130))
  const first = tree()
  let entered = Entered.known(root, values["old-map"] === true)
  if (entered === null) {
    console.log("Making the map: which tests enter which lines.")
    entered = await Entered.make(root, first, (done, of) => {
      if (done % 20 === 0 || done === of) console.log(`  ${done} of ${of} test files, ${seconds(Date.now() - beganMs)}`)
    })
  }
  const unsound = Object.entries(entered.tests).filter(([, { isUnsound }]) => isUnsound)
  for (const [name] of unsound) console.log(`  ${name} fails without a fault: it is left out`)
  const map = entered
  const sense = new Entered.Sense(root, map)
  const verdicts: Verdict[] = []
  let next = 0
  const work = async (own: Tree): Promise<void> => {
    for (let at = next++; at < patches.length; at = next++) {
      const verdict = await judge(own, map, sense, patches[at] as Patch.Patch)
      verdicts.push(verdict)
      tell(verdict, `[${verdicts.length}/${patches.length}]`)
      keep(verdicts)
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, patches.length) }, (_, i) => work(i === 0 ? first : tree())))
  return summary(verdicts, Date.now() - beganMs)
}

/** Keeps what was found, beside what is known of the others from before. */
function keep(verdicts: readonly Verdict[]): void {
  const names = new Set(verdicts.map(({ name }) => name))
  fs.mkdirSync(path.dirname(results), { recursive: true })
  fs.writeFileSync(results, JSON.stringify([...earlier().filter(({ name }) => !names.has(name)), ...verdicts], null, 1))
}

function summary(verdicts: readonly Verdict[], tookMs: number): boolean {
  const of = (fate: Verdict["fate"]): readonly Verdict[] => verdicts.filter((verdict) => verdict.fate === fate)
  const suites = new Map<string, number>()
  for (const { by } of of("caught")) {
    const suite = by
      .split("/")
      .slice(0, 3)
      .join("/")
      .replace(/\/[^/]*\.test\.ts$/, "")
    suites.set(suite, (suites.get(suite) ?? 0) + 1)
  }
  console.log("\nCaught first by:")
  for (const [suite, count] of [...suites].sort(([, a], [, b]) => b - a)) console.log(`  ${suite}: ${count}`)
  for (const fate of ["survived", "unfit"] as const)
    for (const { name, by } of of(fate))
      console.log(`${fate === "survived" ? "SURVIVED" : "DOES NOT FIT"} ${name} (${by})`)
  console.log(
    `${verdicts.length} faults: ${of("caught").length} caught, ${of("survived").length} survived, ${of("unfit").length} do not fit; ${seconds(tookMs)}`
  )
  return of("survived").length + of("unfit").length === 0
}

if (values.help === true) console.log(HELP)
else process.exitCode = (await main()) ? 0 : 1
