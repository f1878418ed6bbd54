// `npm run fuzz`: targets are given octets that nobody has thought of, guided by which code they reach. Ends with 1 at something that fails,
// which is written to a file with the command that runs it again.
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import * as Run from "../test/fuzz/Run.ts"
import * as Store from "../test/fuzz/Store.ts"
import { moduleOf, names } from "../test/fuzz/targets.ts"

const help = `Fuzzes what takes octets or text from outside, guided by V8's coverage.

  npm run fuzz                               every target for ten seconds
  npm run fuzz -- TARGET... [--seconds N]    some, for so long each; 0: until Ctrl-C (twice: at once)
  npm run fuzz -- --again [FILE...]          runs inputs once more: those of the files, or all that ever failed and
                                             all of the corpus

  --seed S      begins with another seed; the same makes the same inputs. Default: the time
  --keep        adds to test/fuzz/corpus what reached something new
  --found DIR   where what fails is written, default test/fuzz/found
  --targets M   a module with other targets
  --memory MB   most memory of a target, default ${Run.bounds.heapMb}
  --stuck S     seconds after which an input is taken for endless, default ${Run.bounds.stuckMs / 1000}
  --help

Targets: ${names.join(", ")}.
A failure is an input for which something is thrown that should not be, a rule of the target does not hold, more code runs
than its length allows (counted, not timed), it does not end, or takes more memory.
Inputs that fail belong into test/fuzz/found when what they found is mended: npm test runs them.`

const out = (line: string): void => void process.stdout.write(`${line}\n`)
const isTerminal = process.stderr.isTTY
const QUIET_S = 10
/** Octets of a failing input that are printed, where the file may be lost with the machine. */
const PRINTED = 2048

function wrong(problem: string): never {
  process.stderr.write(`fuzz: ${problem}; see --help\n`)
  process.exit(2)
}

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: "string", default: "10" },
        seed: { type: "string", default: String(Date.now() % 0x7fff_ffff) },
        again: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        found: { type: "string", default: Store.foundFolder },
        targets: { type: "string" },
        memory: { type: "string", default: String(Run.bounds.heapMb) },
        stuck: { type: "string", default: String(Run.bounds.stuckMs / 1000) },
        help: { type: "boolean", short: "h", default: false }
      }
    })
  } catch (cause) {
    return wrong(cause instanceof Error ? cause.message : String(cause))
  }
}

const { values, positionals } = given()
if (values.help) {
  out(help)
  process.exit(0)
}

const numberOf = (option: "seconds" | "seed" | "stuck" | "memory"): number => {
  const value = Number(values[option])
  return Number.isFinite(value) && value >= 0 && values[option] !== ""
    ? value
    : wrong(`--${option} is a number from 0, not ${values[option]}`)
}

const [seconds, seed] = [numberOf("seconds"), Math.floor(numberOf("seed"))]
const bounds: Run.Bounds = { stuckMs: numberOf("stuck") * 1000, heapMb: numberOf("memory") }
const known = values.targets === undefined ? names : []
const moduleFor = (target: string): string =>
  values.targets === undefined ? moduleOf(target) : pathToFileURL(path.resolve(values.targets)).href

const controller = new AbortController()
process.once("SIGINT", () => controller.abort())

const words = ({ runs, seconds, pool, entered, worst }: Run.Progress): string =>
  `${seconds.toFixed(0)} s, ${runs} inputs (${Math.round(runs / Math.max(seconds, 0.001))}/s), ${pool} reached something, ${entered} functions entered, work at most ${(100 * worst).toFixed(0)} % of what is allowed`

let toldS = 0
const telling = (target: string) => (progress: Run.Progress) => {
  if (isTerminal) process.stderr.write(`\r\x1b[K${target}: ${words(progress)}`)
  else if (progress.seconds >= toldS) {
    toldS += QUIET_S
    process.stderr.write(`${target}: ${words(progress)}\n`)
  }
}

const clear = (): void => void (isTerminal && process.stderr.write("\r\x1b[K"))

/** One target; whether all was well. */
async function one(target: string, how: Run.Task["how"], inputs: readonly Uint8Array[]): Promise<boolean> {
  const module = moduleFor(target)
  toldS = QUIET_S
  const { progress, failures } = await Run.run(
    { module, how, seed, seconds, inputs },
    bounds,
    telling(target),
    controller.signal
  )
  clear()
  const good = progress !== null && failures.length === 0
  const all = how === "judge" ? `${inputs.length} inputs` : progress === null ? "" : words(progress)
  out(`${target}: ${good ? "ok" : "FAILED"}, ${all}`)
  for (const { input, what } of failures) {
    out(what)
    if (how === "judge") continue
    const file = Store.write(values.found, target, input, what, await isText(module))
    if (input.length <= PRINTED) out(`octets: ${Buffer.from(input).toString("hex")}`)
    const more = values.targets === undefined ? "" : ` --targets ${values.targets}`
    out(`It is in ${file}. Once more: npm run fuzz -- --again ${file}${more}`)
  }
  return good
}

const isText = async (module: string): Promise<boolean> =>
  ((await import(module)) as { target: { text: boolean } }).target.text

/** Inputs of files by their targets. */
function againOf(): ReadonlyMap<string, readonly Uint8Array[]> {
  const inputs = new Map<string, readonly Uint8Array[]>()
  const add = (target: string, more: readonly Uint8Array[]): void =>
    void inputs.set(target, [...(inputs.get(target) ?? []), ...more])
  for (const file of positionals.length > 0 ? positionals : Store.found()) {
    const target = Store.targetOf(file)
    if (known.length > 0 && !known.includes(target)) wrong(`${file} is for no target: its name begins with one`)
    try {
      add(target, Store.inputsIn(file))
    } catch (cause) {
      wrong(cause instanceof Error ? cause.message : String(cause))
    }
  }
  if (positionals.length === 0) for (const target of known) add(target, Store.corpus(target))
  return inputs
}

async function all(): Promise<readonly boolean[]> {
  const results: boolean[] = []
  if (values.again) {
    for (const [target, inputs] of againOf()) results.push(await one(target, "judge", inputs))
    return results
  }
  for (const target of positionals)
    if (known.length > 0 && !known.includes(target)) wrong(`there is no target ${target}`)
  out(`Seed ${seed}.`)
  for (const target of positionals.length > 0 ? positionals : known) {
    if (controller.signal.aborted) break
    results.push(await one(target, values.keep ? "keep" : "fuzz", []))
  }
  return results
}

const results = await all()
const failed = results.filter((good) => !good).length
out(`${results.length - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed > 0 ? 1 : 0
