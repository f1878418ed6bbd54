// Runs a target in a thread of its own, and ends that where an input takes it too long or too much memory.
import { Worker } from "node:worker_threads"

export interface Task {
  /** Where the target is: a URL. */
  readonly module: string
  /** Fuzz; fuzz, and keep what has reached something; or only run inputs that are given. */
  readonly how: "fuzz" | "keep" | "judge"
  readonly seed: number
  /** 0: until it is ended. */
  readonly seconds: number
  readonly inputs: readonly Uint8Array[]
  /** How many inputs were begun, how long the last is, whether it shall end; and from {@link BODY} on its octets. */
  readonly shared: SharedArrayBuffer
}

export interface Progress {
  readonly kind: "progress"
  readonly runs: number
  /** The most that an input has run of what it may. */
  readonly worst: number
  /** Inputs that are changed further. */
  readonly pool: number
  /** Functions that have run. */
  readonly entered: number
  readonly seconds: number
}

/** An input that failed, as it was, or made shorter. */
interface Failed {
  readonly kind: "found" | "shrunk"
  readonly input: Uint8Array
  readonly what: string
}

export type Said = Progress | Failed | { readonly kind: "over" }

export interface Outcome {
  readonly progress: Progress | null
  /** What failed, and why. */
  readonly failures: readonly { readonly input: Uint8Array; readonly what: string }[]
}

const INPUT_MAX = 1_048_576
export const BODY = 16
const LOOK_MS = 500

export interface Bounds {
  /** So long one input may take: no measure of work, but an end of what never ends. */
  readonly stuckMs: number
  readonly heapMb: number
}

export const bounds: Bounds = { stuckMs: 30_000, heapMb: 1024 }

const worker = new URL("./worker.ts", import.meta.url)

/** Runs a task to its end, or to that of `signal`. */
export function run(
  task: Omit<Task, "shared">,
  { stuckMs, heapMb }: Bounds,
  told: (progress: Progress) => void,
  signal?: AbortSignal
): Promise<Outcome> {
  const shared = new SharedArrayBuffer(BODY + INPUT_MAX)
  const head = new Int32Array(shared, 0, 3)
  const last = (): Uint8Array => new Uint8Array(shared).slice(BODY, BODY + (head[1] as number))
  return new Promise((resolve) => {
    let progress: Progress | null = null
    let found: Outcome["failures"][number] | null = null
    const shrunk: Outcome["failures"][number][] = []
    const resourceLimits = { maxOldGenerationSizeMb: heapMb }
    const thread = new Worker(worker, { workerData: { ...task, shared }, resourceLimits })
    let [count, sinceMs] = [-1, performance.now()]
    const looking = setInterval(() => {
      const now = Atomics.load(head, 0)
      if (now !== count) [count, sinceMs] = [now, performance.now()]
      else if (performance.now() - sinceMs > stuckMs && now > 0) over(`it does not end within ${stuckMs / 1000} s`)
    }, LOOK_MS)
    const over = (why: string | null): void => {
      clearInterval(looking)
      void thread.terminate()
      // What was found before it is worth more than that it could not be made shorter.
      const rest = why === null || shrunk.length > 0 ? found : (found ?? { input: last(), what: why })
      resolve({ progress, failures: shrunk.length > 0 || rest === null ? shrunk : [rest] })
    }
    // It ends behind what it does now, so that it can keep what it has.
    signal?.addEventListener("abort", () => Atomics.store(head, 2, 1))
    thread.on("message", (said: Said) => {
      if (said.kind === "over") return over(null)
      if (said.kind === "progress") {
        progress = said
        told(said)
      } else if (said.kind === "found") found = said
      else shrunk.push(said)
    })
    thread.on("error", (cause: Error) => over(cause.stack ?? String(cause)))
    thread.on("exit", (code) => over(`its thread ended with ${code}`))
  })
}
