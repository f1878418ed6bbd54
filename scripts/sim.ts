// Runs worlds of a seed with all checkers on until so many steps are done; a failure prints its transcript and ends with 1.
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { hex } from "../src/core/simulation/Codec.ts"
import type { Draw } from "../src/core/simulation/Draw.ts"
import * as Simulation from "../src/core/simulation/index.ts"

const usage = `usage: npm run sim -- [--seed S] [--steps M] [--world W] [--seconds N] [--shrink] [--lines L]

Runs worlds whose features and faults a seed draws, with all checkers on, until M steps are done (default 200000).
A step is an event that changes a station or a centre. What is printed follows from the seed, but for the line with steps/s.

  --seed S     the first seed (default 1); worlds have the seeds S, S + 1, ...
  --steps M    steps in all
  --world W    steps of each world before faults are over (default 5000)
  --seconds N  ends after so many seconds, whatever is left of the steps
  --shrink     looks for a smaller world that fails in the same way
  --lines L    lines of the transcript of a failure (default 60)
`

function parsed() {
  try {
    return parseArgs({
      options: {
        seed: { type: "string", default: "1" },
        steps: { type: "string", default: "200000" },
        world: { type: "string", default: "5000" },
        seconds: { type: "string" },
        lines: { type: "string", default: "60" },
        shrink: { type: "boolean", default: false },
        help: { type: "boolean", default: false }
      }
    }).values
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`)
    process.exit(2)
  }
}

const values = parsed()

const out = (line: string): void => void process.stdout.write(`${line}\n`)

function numberOf(name: "seed" | "steps" | "world" | "seconds" | "lines"): number {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  process.stderr.write(`--${name} is ${values[name]}: a whole number is required\n\n${usage}`)
  process.exit(2)
}

interface Row {
  readonly id: number
  readonly cotMonitor: readonly number[]
  readonly cotControl: readonly number[]
  readonly direction: string
}

const rows = JSON.parse(readFileSync(new URL("../test/vectors/types.json", import.meta.url), "utf8")) as readonly Row[]
const causes = Object.fromEntries(rows.map(({ id, cotMonitor }) => [id, cotMonitor]))

/** Changes that make a world smaller, each tried by itself. */
const smaller: readonly ((draw: Draw) => Draw)[] = [
  (draw) => ({ ...draw, centres: draw.centres.slice(0, 1) }),
  (draw) => ({ ...draw, centres: draw.centres.slice(0, -1) }),
  (draw) => ({ ...draw, centres: draw.centres.map(() => "obedient" as const) }),
  (draw) => ({ ...draw, faults: { partition: 0, reset: 0, stand: 0, halfClose: 0, stall: 0, wall: 0 } }),
  ...(["partition", "reset", "stand", "halfClose", "stall", "wall"] as const).map(
    (name) =>
      (draw: Draw): Draw => ({ ...draw, faults: { ...draw.faults, [name]: 0 } })
  ),
  ...(["late", "never", "fails", "none", "twoPhases", "publishes", "manual", "asksSelect"] as const).map(
    (name) =>
      (draw: Draw): Draw => ({ ...draw, handlers: { ...draw.handlers, [name]: 0 } })
  ),
  (draw) => ({ ...draw, comings: 0 }),
  (draw) => ({ ...draw, odd: 0 }),
  (draw) => ({ ...draw, storms: 0 }),
  (draw) => ({ ...draw, refreshes: 0 }),
  (draw) => ({ ...draw, way: { latencyMs: 1, jitterMs: 0, cuts: 0, merges: 0 } }),
  (draw) => ({ ...draw, stations: 1 }),
  (draw) => ({ ...draw, points: Math.max(1, draw.points >> 1) }),
  (draw) => ({ ...draw, commandPoints: 1 }),
  (draw) => ({ ...draw, undrainedOctets: 65_536, kernelOctets: 65_536 }),
  (draw) => ({ ...draw, k: 12, w: 8 }),
  (draw) => ({ ...draw, asked: [...new Set(draw.asked)] }),
  ...Array.from({ length: 15 }, (_, n) => (draw: Draw): Draw => {
    const names = [...new Set(draw.asked)]
    const left = draw.asked.filter((ask) => ask !== names[n])
    return left.length === 0 ? draw : { ...draw, asked: left }
  })
]

/** A world that fails in the same checker with less in it. */
function shrink(
  seed: number,
  steps: number,
  checker: string
): { readonly steps: number; readonly changes: readonly number[] } {
  let [fewest, changes]: [number, readonly number[]] = [steps, []]
  for (let round = 0; round < 3; round++) {
    let found = false
    for (const [n] of smaller.entries()) {
      const tried = [...changes, n]
      const result = Simulation.run(seed, fewest, { change: changeOf(tried), causes })
      const { draw } = Simulation.run(seed, 0, { change: changeOf(changes), causes })
      if (result.violation?.checker !== checker || JSON.stringify(result.draw) === JSON.stringify(draw)) continue
      changes = tried
      fewest = Math.min(fewest, result.steps)
      found = true
    }
    if (!found) break
  }
  // Failures that come when faults are over may need fewer steps before.
  for (let less = fewest >> 1; less > 0; less >>= 1) {
    const result = Simulation.run(seed, fewest - less, { change: changeOf(changes), causes })
    if (result.violation?.checker === checker) fewest = Math.min(fewest - less, result.steps)
  }
  return { steps: fewest, changes }
}

const changeOf =
  (changes: readonly number[]) =>
  (draw: Draw): Draw =>
    changes.reduce((smallest, n) => (smaller[n] as (draw: Draw) => Draw)(smallest), draw)

function fail(result: Simulation.Result, world: number): never {
  const { seed, violation } = result
  out(`seed ${seed} fails after ${result.steps} steps, at ${result.virtualMs} ms: ${violation?.message}`)
  let found = { steps: world, changes: [] as readonly number[] }
  if (values.shrink) {
    found = shrink(seed, world, violation?.checker ?? "")
    out(`smallest world found: ${found.steps} steps, changes ${found.changes.join(" ") || "none"}`)
  }
  const lines = numberOf("lines")
  const change = changeOf(found.changes)
  const again = Simulation.run(seed, found.steps, { change, causes, keeps: lines })
  out(JSON.stringify(again.draw))
  for (const { atMs, session, what, octets } of again.watch.lines.slice(-lines))
    out(`${String(atMs).padStart(8)} ${String(session).padStart(3)} ${what} ${octets === null ? "" : hex(octets)}`)
  out(`${again.violation?.message}`)
  process.exit(1)
}

if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}

const [first, steps, world] = [numberOf("seed"), numberOf("steps"), numberOf("world")]
const endMs = values.seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + numberOf("seconds") * 1000
const seen = new Map<string, number>()
let [done, seed, digest, virtualMs] = [0, first, 0, 0]
const beganMs = performance.now()
while (done < steps && performance.now() < endMs) {
  const result = Simulation.run(seed, Math.min(world, steps - done), { causes })
  done += Math.max(1, result.steps)
  virtualMs += result.virtualMs
  digest = (Math.imul(digest, 31) + result.digest) >>> 0
  for (const [what, count] of result.watch.seen) seen.set(what, (seen.get(what) ?? 0) + count)
  if (result.violation !== null) fail(result, world)
  if (process.stderr.isTTY) process.stderr.write(`\r${done} steps, seed ${seed}\x1b[K`)
  seed++
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
for (const [what, count] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1))) out(`sometimes ${what}: ${count}`)
out(
  `${seed - first} worlds from seed ${first}, ${done} steps, ${Math.round(virtualMs / 3_600_000)} virtual hours, digest ${digest.toString(16)}`
)
out(`${Math.round((done / (performance.now() - beganMs)) * 1000)} steps/s`)
