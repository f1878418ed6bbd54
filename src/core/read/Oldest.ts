// The oldest event of a point that a session was not sent: what it will be told of the point next. It is found by going
// back from the newest one; places on a long way are remembered, so that nobody who asks again causes it again.

import type { Block } from "../image/Block.ts"
import * as Numbered from "../image/Numbered.ts"
import * as EventLog from "../log/EventLog.ts"
import * as Place from "../procedure/Place.ts"
import * as Events from "./Events.ts"
import type { Trail, Turn } from "./ReadWork.ts"

/** Behind the numbers of all points of a class. */
const CLASSES = 2 ** 48
const NONE: Trail = []
/** Of so many points at most the way is remembered; then all are forgotten, since so many ways cannot be long. */
const TRAILS_MAX = 1024

/**
 * The position of the oldest event of a point that will be told, or -1 when none will be. `from`: what lies before was sent
 * or dropped.
 */
export function find(turn: Turn, log: EventLog.EventLog, block: Block, slot: number, from: number): number {
  const { priority } = block.of
  const end = turn.stable[priority] as number
  const newest = EventLog.lastOf(block, slot, end) - 1
  if (newest < from) return -1
  let first = from
  let tells: EventLog.Tells | null = null
  // With and without time tag in turn: what is left out of them is not all that lies before a position.
  if (EventLog.isMixed(log, block, slot, from)) tells = (at) => !Events.isOmitted(turn, log, priority, at, end)
  else if (block.eventTagged) first = Math.max(first, Events.purgedOf(turn, priority, block.ca))
  else {
    // Of what happened while nobody listened only the newest is told, and that only when nothing has happened since.
    const started = turn.lentAt[priority] as number
    if (newest < started) return newest
    if (first < started) first = started
  }
  if (newest < first) return -1
  if (newest - first < EventLog.FAR) return EventLog.oldestFrom(log, newest, first, end, null, tells)
  const ioa = block.ioa[slot] as number
  const key = priority * CLASSES + Place.numberOf(block.ca, ioa, block.of.type)
  const trail = Numbered.find(turn.work.trails, key) ?? NONE
  const kept = trail.slice(0, countFrom(trail, first))
  const known = kept.at(-1)
  const passed: number[] = []
  if (known !== undefined && EventLog.tells(log, known, block, ioa)) {
    const isTold = tells === null || tells(known)
    const isOldest = kept.length === trail.length
    if (isTold && isOldest) return known
    if (isTold) {
      const oldest = EventLog.oldestFrom(log, known, first, end, passed, tells)
      remember(turn, key, oldest < known ? [...kept, ...passed, oldest] : kept)
      return oldest
    }
    // What is left out stays so, and so does all before it.
    if (isOldest) first = known
  }
  const oldest = EventLog.oldestFrom(log, newest, first, end, passed, tells)
  // Also how far back nothing is told: that way may be long, with few places on it or none.
  if (passed.length > 0 || tells !== null) remember(turn, key, [...passed, oldest < 0 ? newest : oldest])
  return oldest
}

/** How many places of a trail are not before a position. */
function countFrom(trail: Trail, position: number): number {
  let count = trail.length
  while (count > 0 && (trail[count - 1] as number) < position) count--
  return count
}

function remember(turn: Turn, key: number, trail: Trail): void {
  const { own } = turn
  own.trails = Numbered.put(Numbered.size(own.trails) < TRAILS_MAX ? own.trails : null, key, trail)
}
