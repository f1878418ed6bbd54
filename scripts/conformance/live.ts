// Playing against any server over TCP in real time: which cases apply to it, and a pace for servers whose timers are
// shorter than those of the transcripts by one common factor.
import fs from "node:fs"
import { parse } from "yaml"
import * as TypeTable from "../../src/core/asdu/TypeTable.ts"
import type * as Backend from "../../test/conformance/Backend.ts"
import type * as Given from "../../test/conformance/Given.ts"
import { RemoteStation, type Target } from "../../test/conformance/RemoteStation.ts"
import type * as Transcript from "../../test/conformance/Transcript.ts"
import type { Choose } from "./verdicts.ts"

/** How far off a frame may be, in real ms. */
const TOLERANCE_MS = 400

export interface Server {
  readonly host: string
  readonly port: number
  /** k, w, and t1, t2, t3 in seconds, as the transcripts have them: the server's own times are these divided by `pace`. */
  readonly link: Given.Given["link"]
  readonly pace: number
  /** The points that the server has, as `1:1000 M_SP_NA_1`; null = unknown, taken to be those of every case. */
  readonly points: ReadonlySet<string> | null
}

/** `HOST:PORT`, `[IPv6]:PORT`. */
export function address(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) throw new Error(`--live ${text} is no address like 192.0.2.1:2404`)
  return { host, port: Number(port) }
}

interface Stations {
  readonly stations: readonly {
    readonly commonAddress: number
    readonly points: readonly { readonly address: number; readonly count?: number; readonly type: string }[]
  }[]
}

/** The points of a configuration file. */
export function pointsOf(file: string): ReadonlySet<string> {
  const { stations } = parse(fs.readFileSync(file, "utf8")) as Stations
  return new Set(
    stations.flatMap(({ commonAddress, points }) =>
      points.flatMap(({ address: first, count = 1, type }) =>
        Array.from({ length: count }, (_, index) => `${commonAddress}:${first + index} ${type}`)
      )
    )
  )
}

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
    const found = await this.inner.next(untilMs / this.pace)
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

/** Why a case cannot be judged from outside, or null. */
function obstacle(of: Transcript.Case, server: Server): string | null {
  for (const run of of.runs) {
    const action = steps(run.lines).find(({ sign }) => sign === "!")
    if (action !== undefined) return `nobody can make its process do: ${action.text}`
    for (const { ca, from, to, type } of run.given.points)
      for (let ioa = from; server.points !== null && ioa <= to; ioa++) {
        const point = `${ca}:${ioa} ${TypeTable.byId[type]?.mnemonic}`
        if (!server.points.has(point)) return `it has no point ${point}`
      }
  }
  return null
}

/** Cases whose lines reach so far, in seconds, are not waited for. */
const PATIENCE_S = 700

function length(of: Transcript.Case): number {
  const ends = of.runs.flatMap(({ lines }) => steps(lines).map(({ at }) => (/^\d/.test(at) ? Number(at) : 0)))
  return Math.max(0, ...ends)
}

export const choose =
  (server: Server): Choose =>
  (of) => {
    const found = obstacle(of, server)
    if (found !== null) return found
    if (length(of) / server.pace > PATIENCE_S) return `it would take ${Math.round(length(of) / server.pace)} s`
    const target = { host: server.host, port: server.port, link: server.link }
    return async (given) => new PacedStation(target, given, server.pace)
  }
