// What the clocks of a time zone show, by the IANA database of the runtime: for each year the spans in which they run
// evenly, looked up once. A zone may change as often as it likes, by as much, and in either direction.
import { InvalidArgument } from "./Errors.ts"
import * as Turns from "./Turns.ts"

const SECOND_MS = 1000
const DAY_MS = 86_400_000

/** No zone is further from UTC than this; and time tags are of 2000 to 2099. */
const FURTHEST_MS = DAY_MS
const FIRST_MS = Date.UTC(1999, 0, 1)
const LAST_MS = Date.UTC(2101, 0, 1) - 1

/** Spans of a year are known for so long before it begins and after it ends. */
const MARGIN_MS = 2 * DAY_MS

/** How far apart offsets are asked for. None lasted less than six days since 2000. */
const STEP_MS = 2 * DAY_MS

/** What looking up a year costs, in units of work beyond frames: some 0.2 ms. */
const LOOK_WORK = 1024

/** A span in which offset and SU do not change. */
export interface Span {
  readonly fromMs: number
  readonly untilMs: number
  /** What local time is ahead of UTC. */
  readonly offsetMs: number
  /**
   * SU of time tags: local time is ahead of the least that it is in this year. In an hour that is shown twice it is set
   * the first time and not the second, whatever the year is like, since nothing else tells one from the other.
   */
  readonly summer: boolean
}

interface Year {
  readonly spans: readonly Span[]
  /** Whether there is summer time at all. */
  readonly hasSummer: boolean
}

export class ZoneHistory {
  private readonly format: Intl.DateTimeFormat
  private readonly years = new Map<number, Year>()

  /** Throws {@link InvalidArgument} for a name that the runtime does not know. */
  constructor(name: string) {
    try {
      this.format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" })
    } catch {
      throw new InvalidArgument({
        what: "timeZone",
        expected: 'an IANA time zone such as "Europe/Berlin"',
        value: name
      })
    }
  }

  /** The span of an instant. */
  at(epochMs: number): Span {
    const nowMs = Math.min(Math.max(epochMs, FIRST_MS), LAST_MS)
    const { spans } = this.year(new Date(nowMs).getUTCFullYear())
    let found = spans[0] as Span
    for (const span of spans) if (span.fromMs <= nowMs) found = span
    return found
  }

  /**
   * The instant at which clocks showed a local time of 2000 to 2099, NaN where they never did. Of two `summer` (SU) takes
   * the first. Elsewhere SU = 1 has to be true where the zone has summer time in that year, since such a clock is an hour
   * wrong; SU = 0 in summer is forgotten by many, which only `strict` minds.
   */
  instant(localMs: number, summer: boolean, strict: boolean): number {
    const { spans, hasSummer } = this.year(new Date(localMs).getUTCFullYear())
    let first: Span | null = null
    let last: Span | null = null
    for (const span of spans) {
      const epochMs = localMs - span.offsetMs
      if (epochMs < span.fromMs || epochMs >= span.untilMs) continue
      first ??= span
      last = span
    }
    if (first === null || last === null) return Number.NaN
    const span = summer ? first : last
    const told = span.summer === summer || (!strict && (!summer || !hasSummer))
    return told ? localMs - span.offsetMs : Number.NaN
  }

  /** Whether the year of a local time was looked up. */
  knows(localMs: number): boolean {
    return this.years.has(new Date(localMs).getUTCFullYear())
  }

  private year(number: number): Year {
    const known = this.years.get(number)
    if (known !== undefined) return known
    Turns.machine.work(LOOK_WORK)
    const made = this.look(Date.UTC(number, 0, 1) - MARGIN_MS, Date.UTC(number + 1, 0, 1) + MARGIN_MS)
    this.years.set(number, made)
    return made
  }

  /** Finds the spans between two instants: offsets are compared every other day, and a change is looked for to the second. */
  private look(fromMs: number, untilMs: number): Year {
    const starts = [fromMs]
    const offsets = [this.offsetAt(fromMs)]
    for (let atMs = fromMs; atMs < untilMs; atMs += STEP_MS) {
      const before = offsets.at(-1) as number
      const after = this.offsetAt(atMs + STEP_MS)
      if (after === before) continue
      starts.push(this.change(atMs, atMs + STEP_MS, before))
      offsets.push(after)
    }
    const least = Math.min(...offsets)
    const spans = offsets.flatMap((offsetMs, index) => {
      const startMs = starts[index] as number
      const endMs = starts[index + 1] ?? untilMs + FURTHEST_MS
      // What local time falls back by at the beginning and at the end of the span is shown twice.
      const againMs = Math.max(0, (offsets[index - 1] ?? offsetMs) - offsetMs)
      const twiceMs = Math.max(0, offsetMs - (offsets[index + 1] ?? offsetMs))
      const againUntilMs = Math.min(endMs, startMs + againMs)
      const twiceFromMs = Math.max(againUntilMs, endMs - twiceMs)
      return [
        { fromMs: startMs, untilMs: againUntilMs, offsetMs, summer: false },
        { fromMs: againUntilMs, untilMs: twiceFromMs, offsetMs, summer: offsetMs > least },
        { fromMs: twiceFromMs, untilMs: endMs, offsetMs, summer: true }
      ].filter((span) => span.untilMs > span.fromMs)
    })
    return { spans, hasSummer: spans.some(({ summer }) => summer) }
  }

  /** The first second at which the offset is no longer `before`. */
  private change(lowMs: number, highMs: number, before: number): number {
    let [low, high] = [lowMs / SECOND_MS, highMs / SECOND_MS]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.offsetAt(middle * SECOND_MS) === before) low = middle
      else high = middle
    }
    return high * SECOND_MS
  }

  /** What the runtime says: `1/1/2026, GMT+01:00`, where nothing behind GMT is none. */
  private offsetAt(epochMs: number): number {
    const [, sign, hours = 0, minutes = 0, seconds = 0] =
      /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(this.format.format(epochMs)) ?? []
    const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND_MS
    return sign === "-" ? -ms : ms
  }
}

/** Histories by name, in small letters as names may be written in any: many stations have one zone. There are as many as names. */
const histories = new Map<string, ZoneHistory>()

/** The history of a zone. Throws {@link InvalidArgument} for a name that the runtime does not know. */
export function of(name: string): ZoneHistory {
  // What is no text is no name either, and says so itself.
  const key = typeof name === "string" ? name.toLowerCase() : ""
  const known = histories.get(key)
  if (known !== undefined) return known
  const made = new ZoneHistory(name)
  histories.set(key, made)
  return made
}
