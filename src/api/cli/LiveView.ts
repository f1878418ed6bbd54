// The live view of `serve` on a terminal: sessions with their state and counters, events per second, the last commands.
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Clock } from "../../shell/Clock.ts"
import type { Host } from "../../shell/Host.ts"
import { endpoint, type ServerEvent } from "../../shell/ServerEvent.ts"

const PHASES = ["stopped", "started", "stopping", "closed"] as const
const COMMANDS_SHOWN = 8
const SESSIONS_SHOWN = 12
const EVERY_MS = 500

/** What one picture of the view shows. */
export interface Snapshot {
  readonly sessions: readonly {
    readonly peer: string
    readonly state: string
    readonly received: number
    readonly sent: number
    readonly unacknowledged: number
    readonly waiting: number
    readonly lost: number
  }[]
  readonly eventsPerSecond: number
  readonly recent: readonly string[]
}

const cell = (value: string | number, width: number): string => {
  const text = String(value)
  return typeof value === "number" ? text.padStart(width) : text.padEnd(width)
}

/** The lines of a picture, each cut to `width` columns. */
export function render(snapshot: Snapshot, width: number): readonly string[] {
  const { sessions } = snapshot
  const head = ["peer".padEnd(28), "state".padEnd(9), "received".padStart(10), "sent".padStart(10)]
  const lines = [
    `${sessions.length} connected, ${Math.round(snapshot.eventsPerSecond)} events/s`,
    "",
    [...head, "unacked".padStart(8), "waiting".padStart(8), "lost".padStart(8)].join(" ")
  ]
  for (const { peer, state, received, sent, unacknowledged, waiting, lost } of sessions.slice(0, SESSIONS_SHOWN))
    lines.push(
      [
        cell(peer, 28),
        cell(state, 9),
        cell(received, 10),
        cell(sent, 10),
        cell(unacknowledged, 8),
        cell(waiting, 8),
        cell(lost, 8)
      ].join(" ")
    )
  if (sessions.length > SESSIONS_SHOWN) lines.push(`... and ${sessions.length - SESSIONS_SHOWN} more`)
  lines.push("", "last commands:", ...(snapshot.recent.length === 0 ? ["(none yet)"] : snapshot.recent))
  return lines.map((line) => line.slice(0, width))
}

function snapshot(host: Host, published: number, seconds: number, recent: readonly string[]): Snapshot {
  const ends = host.logEnds()
  return {
    sessions: [...host.sessions].map((session) => {
      const { link, receivedFrames, sentFrames } = session.state
      const { lost } = session.cursor.rare
      return {
        peer: endpoint(session.peer),
        state: PHASES[link.phase] ?? "",
        received: receivedFrames,
        sent: sentFrames,
        unacknowledged: link.ledger.high - link.ledger.low,
        waiting: session.backlog(ends),
        lost
      }
    }),
    eventsPerSecond: seconds > 0 ? published / seconds : 0,
    recent
  }
}

/** Draws the view until the scope ends. */
export const run = (host: Host, clock: Clock): Effect.Effect<never, never, Scope.Scope> =>
  Effect.gen(function* () {
    const recent: string[] = []
    const observer = (event: ServerEvent): void => {
      if (event.event !== "command" && event.event !== "clock") return
      const time = new Date(clock.wallMs()).toISOString().slice(11, 19)
      const what =
        event.event === "clock"
          ? `clock ${new Date(event.timeMs).toISOString()}`
          : `${event.type} ${event.commonAddress}/${event.address} = ${event.value}`
      recent.unshift(`${time}  ${endpoint(event.peer)}  ${what}: ${event.outcome}`)
      recent.length = Math.min(recent.length, COMMANDS_SHOWN)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => host.observers.add(observer)),
      () => Effect.sync(() => host.observers.delete(observer))
    )
    let before = host.logEnds()[0] ?? 0
    let drawn = 0
    let atMs = clock.monotonicMs()
    for (;;) {
      yield* Effect.sleep(EVERY_MS)
      const nowMs = clock.monotonicMs()
      const end = host.logEnds()[0] ?? 0
      const lines = render(snapshot(host, end - before, (nowMs - atMs) / 1000, recent), process.stdout.columns ?? 100)
      before = end
      atMs = nowMs
      // a picture that nobody has looked at yet is as good as the next one
      if (process.stdout.writableNeedDrain) continue
      const up = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ""
      process.stdout.write(`${up}${lines.join("\n")}\n`)
      drawn = lines.length
    }
  })
