// What there is on a bench that an input may mean, and octets for a session of it.
import type { Block } from "../../../src/core/image/Block.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as SessionEvent from "../../../src/core/session/SessionEvent.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import * as Stall from "../../../src/core/station/Stall.ts"
import type { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import type { Session } from "./Session.ts"

export interface Place {
  readonly block: Block
  readonly slot: number
}

export const stations = (bench: Bench): readonly Image.Station[] => Image.all(bench.station.world.image)

/** The points, also where their blocks are not in order just now. */
function places(bench: Bench, fits: (block: Block) => boolean = () => true): readonly Place[] {
  const found: Place[] = []
  for (const { blocks } of stations(bench))
    for (const block of blocks)
      if (fits(block))
        for (let slot = 0; slot < block.length; slot++)
          if ((block.ioa[slot] as number) >= 0) found.push({ block, slot })
  return found
}

/** One of them, mostly one of a few. */
export function placeOf(bench: Bench, random: Random, fits?: (block: Block) => boolean): Place | undefined {
  const found = places(bench, fits)
  return one(random, random.chance(60) ? found.slice(0, 5) : found)
}

export const monitored = ({ command }: Block): boolean => !command

/** One of them, if there is any. */
export const one = <A>(random: Random, from: readonly A[]): A | undefined =>
  from.length === 0 ? undefined : from[random.below(from.length)]

export const sessionOf = (bench: Bench, random: Random): Session | undefined =>
  one(random, [...bench.sessions.values()])

export function send(bench: Bench, session: Session, octets: Uint8Array, tired = false): void {
  const { ground, station } = bench
  const stale = Stall.isStale(station.stall, session.number)
  const ends = station.publishing.logEnds()
  const event = SessionEvent.received(ground.nowMs, ends, session.room, octets, bench.tagMs, stale, tired)
  Drain.dispatch(session, event)
}
