// Fills the window: what waits is sent in the order end of initialisation, replies, events, and what is read from the image
// or from files. Events and the latter share the window, and the latter take turns, so that none can starve another.

import * as Selections from "../command/Selections.ts"
import * as File from "../file/File.ts"
import * as Link from "../link/Link.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Cyclic from "../read/Cyclic.ts"
import * as Events from "../read/Events.ts"
import * as Interrogation from "../read/Interrogation.ts"
import * as Read from "../read/Read.ts"
import * as Initialisation from "../system/Initialisation.ts"
import type { SessionTurn } from "./SessionTurn.ts"

/** Of so many frames at least one is not an event while something else waits. */
const SHARE = 4

/** Sends as much as the window and the region allow. */
export function fill(turn: SessionTurn): void {
  while (Link.canSend(turn)) if (!one(turn)) return
}

/** Whether the window is what keeps something waiting. */
export function idle(turn: SessionTurn): boolean {
  const { work } = turn
  return (
    Events.waiting(turn) < 0 &&
    work.replies === null &&
    work.barred === null &&
    work.reads === null &&
    work.interrogations === null &&
    work.cyclic === null &&
    !Initialisation.waits(turn) &&
    turn.rare.heal.length === 0 &&
    !File.wants(turn)
  )
}

/** Sends one frame. False when nothing may go now. */
function one(turn: SessionTurn): boolean {
  if (Initialisation.waits(turn) && Initialisation.step(turn)) return true
  const { work } = turn
  if ((work.replies !== null || work.barred !== null) && reply(turn)) return true
  const priority = Events.waiting(turn)
  if (priority < 0) {
    if (work.trails !== null) turn.own.trails = null
    return other(turn)
  }
  const contested =
    work.reads !== null ||
    work.interrogations !== null ||
    work.cyclic !== null ||
    turn.rare.heal.length > 0 ||
    File.wants(turn)
  if (!contested) {
    // What waits behind an event goes right behind it, not behind a window of them.
    const most = work.replies === null && work.barred === null ? turn.k : 1
    return events(turn, priority, most)
  }
  if (work.share >= SHARE - 1 && other(turn)) {
    turn.own.share = 0
    return true
  }
  turn.own.share++
  return events(turn, priority, 1)
}

/** Sends the next answer, and with it begins what its client waits for. False when none may go now. */
function reply(turn: SessionTurn): boolean {
  const sent = Reply.sendNext(turn)
  if (sent === undefined) return false
  if (sent.selection !== null) Selections.begin(turn, sent.selection)
  return true
}

/** Sends events of a class. When none of them was left to send after all, what waited for them may go now. */
const events = (turn: SessionTurn, priority: number, most: number): boolean =>
  Events.step(turn, priority, most) || (!turn.more && one(turn))

/** What is read from the image and what is read from files take turns. */
function other(turn: SessionTurn): boolean {
  if (!File.wants(turn)) return image(turn)
  if (File.isNext(turn) || !image(turn)) return File.sendNext(turn)
  File.yielded(turn)
  return true
}

/** What is read from the image at length: each may go on without end, or be asked for without end. */
const lengthy: readonly ((turn: SessionTurn) => boolean)[] = [
  (turn) => turn.rare.heal.length > 0 && Events.heal(turn),
  (turn) => turn.work.interrogations !== null && Interrogation.step(turn),
  (turn) => turn.work.cyclic !== null && Cyclic.step(turn)
]
/** Said of a read that was sent last, beside which of the lengthy was sent before it. */
const READ = lengthy.length

/** Sends what is read from the image: a read goes first, unless one was sent last; the lengthy go one after the other. */
function image(turn: SessionTurn): boolean {
  const { reads, sampled } = turn.work
  if (reads === null) return atLength(turn, sampled % READ)
  if (sampled < READ && Read.step(turn)) return sampledNow(turn, sampled + READ)
  return atLength(turn, sampled % READ) || (sampled >= READ && Read.step(turn))
}

/** Sends the next of the lengthy behind the one that was sent last. False when none can go on. */
function atLength(turn: SessionTurn, last: number): boolean {
  for (let after = 1; after <= READ; after++) {
    const next = (last + after) % READ
    if ((lengthy[next] as (turn: SessionTurn) => boolean)(turn)) return sampledNow(turn, next)
  }
  return false
}

function sampledNow(turn: SessionTurn, which: number): true {
  if (turn.work.sampled !== which) turn.own.sampled = which
  return true
}
