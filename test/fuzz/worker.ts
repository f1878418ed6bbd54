// The thread in which a target is fuzzed: it may hang, or take all the memory that it is given, and whoever started it still knows which
// input that was.
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { parentPort, workerData } from "node:worker_threads"
import { Coverage } from "./Coverage.ts"
import { type Finding, Fuzzer } from "./Fuzzer.ts"
import { BODY, type Said, type Task } from "./Run.ts"
import * as Store from "./Store.ts"
import type { Target } from "./Target.ts"

const { module, how, seed, seconds, inputs, shared } = workerData as Task
const PROGRESS_MS = 500
/** Longer inputs are not kept: what they reach is reached by shorter ones in time. */
const KEPT_MAX = 700

const say = (said: Said): void => parentPort?.postMessage(said)

const head = new Int32Array(shared, 0, 3)
const body = new Uint8Array(shared, BODY)

/** Notes the input that runs now. */
function watch(input: Uint8Array): void {
  body.set(input.subarray(0, body.length))
  head[1] = input.length
  Atomics.add(head, 0, 1)
}

const ours = pathToFileURL(path.join(Store.root, "src/")).href
const isLooked = (url: string): boolean => url.startsWith(ours) || url.includes("/node_modules/yaml/")

const coverage = new Coverage((url) => isLooked(url) || url === module)
const { target } = (await import(module)) as { readonly target: Target }
const newFuzzer = (): Fuzzer => new Fuzzer(target, coverage, seed, watch)
const seeds = [...(await target.seeds()), new Uint8Array(0)]

const beganMs = performance.now()

function progress(fuzzer: Fuzzer): void {
  const { runs, worst, pool } = fuzzer
  say({
    kind: "progress",
    runs,
    worst,
    pool: pool.length,
    entered: coverage.entered,
    seconds: (performance.now() - beganMs) / 1000
  })
}

async function tell(fuzzer: Fuzzer, { input, what }: Finding): Promise<void> {
  say({ kind: "found", input, what })
  say({ kind: "shrunk", ...(await fuzzer.shrunk({ input, what })) })
}

async function fuzz(): Promise<void> {
  const fuzzer = newFuzzer()
  const kept = Store.corpus(target.name)
  let finding = await fuzzer.begin([...seeds, ...kept])
  for (let toldMs = 0; finding === null; ) {
    const nowMs = performance.now()
    if (nowMs - toldMs >= PROGRESS_MS) {
      progress(fuzzer)
      toldMs = nowMs
    }
    if (Atomics.load(head, 2) !== 0 || (seconds > 0 && nowMs - beganMs >= seconds * 1000)) break
    finding = await fuzzer.round()
  }
  progress(fuzzer)
  if (finding !== null) await tell(fuzzer, finding)
  else if (how === "keep") {
    const { pool, worstInput } = fuzzer
    const reaching = await distilled([...kept, ...pool])
    Store.keep(target.name, worstInput === null ? reaching : [...reaching, worstInput])
  }
}

/** In a run of its own, since what was covered before is known to none of them. */
async function distilled(others: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const anew = new Fuzzer(target, new Coverage((url) => isLooked(url)), seed, watch)
  return anew.distilled(
    seeds,
    others.filter(({ length }) => length <= KEPT_MAX)
  )
}

/** Runs given inputs, and nothing else. */
async function judge(): Promise<void> {
  const fuzzer = newFuzzer()
  // What runs once is no input's.
  for (const input of seeds.slice(0, 3)) await fuzzer.judge(input)
  for (const input of inputs) {
    const what = await fuzzer.judge(input)
    if (what !== null) say({ kind: "shrunk", input, what })
  }
  progress(fuzzer)
}

await (how === "judge" ? judge() : fuzz())
say({ kind: "over" })
