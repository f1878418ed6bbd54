// What has run since the last look, as V8's precise coverage has it: whether any of that never ran before, and how much it was. Counts
// of blocks are the same on every machine, where seconds are not.
import * as inspector from "node:inspector"

/** From an offset in a source to before another. */
type Gap = readonly [from: number, to: number]
type Gaps = readonly Gap[]

export interface Look {
  /** Characters of code that ran for the first time. */
  readonly gained: number
  /** Blocks that ran. */
  readonly work: number
}

interface Found extends Look {
  /** Of each function that has run, what of it has never. */
  readonly gaps: ReadonlyMap<string, Gaps>
}

/** What did not run of a function: blocks follow what they are in, and what ran within one that did not is known better. */
function gapsOf(ranges: readonly inspector.Profiler.CoverageRange[]): Gaps {
  let gaps: Gap[] = []
  for (const { startOffset: from, endOffset: to, count } of ranges) {
    if (count === 0) gaps.push([from, to])
    else if (gaps.length > 0)
      gaps = gaps.flatMap(([a, b]): Gap[] =>
        to <= a || from >= b
          ? [[a, b]]
          : ([
              [a, from],
              [to, b]
            ].filter(([x = 0, y = 0]) => x < y) as unknown as Gap[])
      )
  }
  return gaps.sort(([a], [b]) => a - b)
}

/** What is in both. */
function both(one: Gaps, other: Gaps): Gaps {
  const found: Gap[] = []
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const [[a, b], [c, d]] = [one[i] as Gap, other[j] as Gap]
    const [from, to] = [Math.max(a, c), Math.min(b, d)]
    if (from < to) found.push([from, to])
    if (b < d) i++
    else j++
  }
  return found
}

const lengthOf = (gaps: Gaps): number => gaps.reduce((sum, [from, to]) => sum + to - from, 0)

export class Coverage {
  private readonly session = new inspector.Session()
  private readonly isLooked: (url: string) => boolean
  private readonly gaps = new Map<string, Gaps>()

  /** Looks at the code of these files, from now on. */
  constructor(isLooked: (url: string) => boolean) {
    this.isLooked = isLooked
    this.session.connect()
    this.session.post("Profiler.enable")
    this.session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  }

  /** What has run since the last look; it counts as known from now on only where it is kept. */
  look(keep: boolean): Look {
    const found = this.found()
    if (keep && found.gained > 0) for (const [key, gaps] of found.gaps) this.gaps.set(key, gaps)
    return found
  }

  /** Functions that have run. */
  get entered(): number {
    return this.gaps.size
  }

  private found(): Found {
    const gaps = new Map<string, Gaps>()
    let [gained, work] = [0, 0]
    for (const { scriptId, url, functions } of this.taken()) {
      if (!this.isLooked(url)) continue
      for (const { ranges } of functions) {
        const [whole] = ranges
        if (whole === undefined || whole.count === 0) continue
        for (const { count } of ranges) work += count
        const key = `${scriptId}:${whole.startOffset}:${whole.endOffset}`
        const [before, now] = [this.gaps.get(key), gapsOf(ranges)]
        const after = before === undefined ? now : both(before, now)
        const more = (before === undefined ? whole.endOffset - whole.startOffset : lengthOf(before)) - lengthOf(after)
        if (more <= 0) continue
        gained += more
        gaps.set(key, after)
      }
    }
    return { gained, work, gaps }
  }

  private taken(): readonly inspector.Profiler.ScriptCoverage[] {
    let taken: readonly inspector.Profiler.ScriptCoverage[] = []
    // It answers before it returns.
    this.session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error
      taken = result
    })
    return taken
  }
}
