// Plays a tape into a fresh server of the same configuration, and compares what a tap on its lines sees with what one saw then.
import * as Effect from "effect/Effect"
import * as Config from "../config/Config.ts"
import * as Plant from "../config/Plant.ts"
import { Host } from "../Host.ts"
import { forgo } from "../Rehearsal.ts"
import type { Counted, Head } from "./Format.ts"
import { type Difference, Player } from "./Player.ts"
import { TapeReader } from "./TapeReader.ts"

export interface Replayed {
  readonly head: Head
  /** What a tap has seen now, and when it was recorded; null where the tape was cut. */
  readonly now: readonly Counted[]
  readonly before: readonly Counted[] | null
  readonly records: number
  /** Octets at the end of a tape that was cut which are no whole chunk. */
  readonly cut: number
  /** Where the server first did something else; null: all is equal. */
  readonly difference: Difference | null
}

/** The server that a head describes. */
function plantOf(head: Head, player: Player): Plant.Plant {
  const config = Effect.runSync(Config.parse(head.text, head.file))
  const listen = (head.listen === null ? undefined : Config.parseListen(head.listen)) ?? config.listen
  return Plant.make(config, listen, { clock: player.clock, host: (options) => new Host(options) })
}

const isEqual = (a: Counted, b: Counted | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The first of what was counted that differs, though nothing did while it was played. */
function compared(now: readonly Counted[], before: readonly Counted[], record: number): Difference | null {
  for (let line = 0; line < Math.max(now.length, before.length); line++) {
    const [one, other] = [now[line] as Counted, before[line]]
    if (one === undefined || !isEqual(one, other))
      return { record, what: `the hashes of connection ${line} are others` }
  }
  return null
}

/** Plays a tape. Throws what is wrong with it: see TapeErrors. */
export async function replay(file: string): Promise<Replayed> {
  const tape = new TapeReader(file)
  try {
    forgo()
    const player = new Player(tape, (player) => plantOf(tape.head, player))
    await player.run()
    const { head, foot, records, cut } = tape
    const now = player.tally.counted
    const before = foot?.counted ?? null
    const difference = player.difference ?? (before === null ? null : compared(now, before, records))
    return { head, now, before, records, cut, difference }
  } finally {
    tape.close()
  }
}
