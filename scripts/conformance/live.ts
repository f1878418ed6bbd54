// Playing against any server over TCP in real time: which cases apply to it, and a pace for servers whose timers are
// shorter than those of the transcripts by one common factor.
import fs from "node:fs"
import { parse } from "yaml"
import * as TypeTable from "../../src/core/wire/TypeTable.ts"
import type * as Backend from "../../test/conformance/Backend.ts"
import * as Given from "../../test/conformance/Given.ts"
import { RemoteStation, type Target } from "../../test/conformance/RemoteStation.ts"
import type * as Transcript from "../../test/conformance/Transcript.ts"
import type { Choose } from "./verdicts.ts"

/** How far off a frame may be, in real ms. */
const TOLERANCE_MS = 400
/** A moment like 19.999 s says "just before 20 s": in real time that is so much before, in real ms. */
const JUST_BEFORE_MS = 50

export interface Server {
  readonly host: string
  readonly port: number
  /** k, w, and t1, t2, t3 in seconds, as the transcripts have them: the server's own times are these divided by `pace`. */
  readonly link: Given.Given["link"]
  readonly pace: number
  /** The points that the server has, each as {@link pointOf} writes it; null = unknown, taken to be those of every case. */
  readonly points: ReadonlySet<string> | null
}

/** `HOST:PORT`, `[IPv6]:PORT`. */
export function address(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) throw new Error(`--live ${text} is no address like 192.0.2.1:2404`)
  return { host, port: Number(port) }
}

interface Row {
  readonly address: number
  readonly count?: number
  readonly type: string
  readonly mode?: "direct" | "select"
  readonly feedback?: number
  readonly terminate?: boolean
  readonly groups?: number | readonly number[]
  readonly counterGroups?: number | readonly number[]
}

interface Stations {
  readonly stations: readonly { readonly commonAddress: number; readonly points: readonly Row[] }[]
}

/** What there is to know of a point from outside, as one line. */
const pointOf = (
  place: string,
  type: string,
  select: boolean,
  related: number,
  termination: unknown,
  groups: readonly number[]
): string => [place, type, select ? "select" : "", related, termination, groups.join()].join(" ")

const listed = (groups: number | readonly number[] = []): readonly number[] =>
  typeof groups === "number" ? [groups] : groups

/** The points of a configuration file. */
export function pointsOf(file: string): ReadonlySet<string> {
  const { stations } = parse(fs.readFileSync(file, "utf8")) as Stations
  return new Set(
    stations.flatMap(({ commonAddress, points }) =>
      points.flatMap(({ address: first, count = 1, type, mode, feedback = 0, terminate = true, ...row }) =>
        Array.from({ length: count }, (_, index) => {
          const groups = [...listed(row.groups), ...listed(row.counterGroups)]
          const related = feedback === 0 ? 0 : feedback + index
          return pointOf(`${commonAddress}:${first + index}`, type, mode === "select", related, terminate, groups)
        })
      )
    )
  )
}

/** The points that a transcript presupposes. */
const givenPoints = (given: Given.Given): readonly string[] =>
  given.points.flatMap(({ ca, from, to, type, select, related, termination, groups, counters }) =>
    Array.from({ length: to - from + 1 }, (_, index) => {
      const behind = related === 0 ? 0 : related + index
      const name = TypeTable.byId[type]?.mnemonic ?? ""
      return pointOf(`${ca}:${from + index}`, name, select, behind, termination, [...groups, ...counters])
    })
  )

/** A server whose timers run `pace` times as fast as those of the transcripts. */
class PacedStation implements Backend.Backend {
  readonly toleranceMs: number
  private readonly inner: RemoteStation
  private readonly pace: number

  constructor(target: Target, given: Given.Given, pace: number) {
    this.inner = new RemoteStation(target, given)
    this.pace = pace
    this.toleranceMs = TOLERANCE_MS * pace
  }

  connect(label: string): Promise<void> {
    return this.inner.connect(label)
  }

  send(label: string, octets: Uint8Array): Promise<void> {
    return this.inner.send(label, octets)
  }

  handle(label: string, manner: Backend.Manner): Promise<void> {
    return this.inner.handle(label, manner)
  }

  async next(untilMs: number): Promise<Backend.Happening | null> {
    const early = untilMs % 1000 === 999 ? JUST_BEFORE_MS : 0
    const found = await this.inner.next(untilMs / this.pace - early)
    return found === null ? null : { ...found, atMs: found.atMs * this.pace }
  }

  act(action: Backend.Action): Promise<void> {
    return this.inner.act(action)
  }

  ask(): Promise<null> {
    return this.inner.ask()
  }

  stop(): Promise<void> {
    return this.inner.stop()
  }
}

const steps = (lines: readonly Transcript.Line[]): readonly Transcript.Step[] =>
  lines.flatMap((line) => (line.kind === "step" ? [line] : steps(line.body)))

/** What is sent that may show points which only this server has: interrogations, reads, directories, the global address. */
const showsAll = /\b(6[45] 01 .6|66 01 .5|7A 01 .5)\b|\bFF FF\b/

/** What is expected that only comes when the server's clock is that of the transcripts. */
const ownTime = /\b0[01] 01 01 1A\b/

/** Frames of one line that can be taken in at a quicker pace. */
const FRAMES_AT_ONCE = 5000

/** Longest run, in real seconds. */
const PATIENCE_S = 300

const places = (points: Iterable<string>): ReadonlySet<string> =>
  new Set([...points].map((point) => point.split(" ")[0] ?? ""))

/** Why a run cannot be judged from outside, or null. */
function obstacle(run: Transcript.Run, names: ReadonlyMap<string, string>, server: Server): string | null {
  const { given } = run
  if (run.pending !== "") return run.pending
  const all = steps(run.lines)
  const action = all.find(({ sign }) => sign === "!")
  if (action !== undefined) return `nobody can make its process do: ${action.text}`
  const configured = (
    ["profile", "files", "limits", "commandAge", "clockSource", "stations", "connections", "tls"] as const
  ).filter((name) => given[name] !== Given.standard[name])
  if (configured.length > 0) return `it would have to be configured for it: ${configured.join(", ")}`
  for (const [name, value] of Object.entries(given.link))
    if (server.link[name as Given.LinkName] !== value) return `it has another ${name}`
  const wanted = givenPoints(given)
  const points = server.points ?? new Set(wanted)
  const missing = wanted.find((point) => !points.has(point))
  if (missing !== undefined) return `it has no point ${missing.split(" ").slice(0, 3).join(" ").trim()}`
  const named = (text: string): string =>
    text
      .split(" ")
      .map((word) => names.get(word) ?? word)
      .join(" ")
  if (
    places(points).size > places(wanted).size &&
    all.some(({ sign, text }) => sign === ">" && showsAll.test(named(text)))
  )
    return "it has more points, and this may ask for them"
  if (all.some(({ sign, text }) => sign === "<" && ownTime.test(text))) return "it has another clock"
  if (all.some(({ sign, text }) => sign === "<" && text === "...")) return "it takes whatever comes, for too long"
  if (server.pace > 1 && all.some(({ text }) => Number(/^(\d+) x /.exec(text)?.[1] ?? 0) > FRAMES_AT_ONCE))
    return "it sends more frames at once than this pace allows"
  const longest = Math.max(0, ...all.map(({ at }) => (/^\d/.test(at) ? Number(at) : 0))) / server.pace
  return longest > PATIENCE_S ? `it would take ${Math.round(longest)} s` : null
}

/** The runs of a case that can be judged from outside. */
export const choose =
  (server: Server): Choose =>
  (of) => {
    if (of.pending !== "" || of.notApplicable !== "") return { of, open: () => Promise.reject(new Error("not played")) }
    const found = of.runs.map((run) => obstacle(run, of.names, server))
    const runs = of.runs.filter((_, index) => found[index] === null)
    if (runs.length === 0) return found[0] ?? "it has no runs"
    const target = { host: server.host, port: server.port, link: server.link }
    return { of: { ...of, runs }, open: async (given) => new PacedStation(target, given, server.pace) }
  }
