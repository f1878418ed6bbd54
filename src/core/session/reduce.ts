// The reducer: (world, state, cursor, event) -> (state, cursor, outputs). It takes a whole chunk per call, works on one private turn,
// and builds one new state and one contiguous run of octets at the end. It changes none of its arguments and never throws.

import * as Behind from "../command/Behind.ts"
import * as Command from "../command/Command.ts"
import * as Selections from "../command/Selections.ts"
import * as File from "../file/File.ts"
import * as Link from "../link/Link.ts"
import type { Cursor } from "../log/Cursor.ts"
import * as Asking from "../procedure/Asking.ts"
import * as Ending from "../procedure/Ending.ts"
import type { Decision } from "../procedure/Notice.ts"
import * as Reply from "../procedure/Reply.ts"
import type { Pending } from "../procedure/Work.ts"
import type { World } from "../procedure/World.ts"
import * as Cyclic from "../read/Cyclic.ts"
import * as Interrogation from "../read/Interrogation.ts"
import * as Read from "../read/Read.ts"
import * as Reset from "../system/Reset.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as Frame from "../wire/Frame.ts"
import * as Framer from "../wire/Framer.ts"
import * as Decisions from "./Decisions.ts"
import * as Dispatch from "./Dispatch.ts"
import * as Pump from "./Pump.ts"
import type { SessionEvent } from "./SessionEvent.ts"
import type { SessionState } from "./SessionState.ts"
import { type Reduction, SessionTurn } from "./SessionTurn.ts"
import type { SessionWork } from "./SessionWork.ts"

/** A peer that asks and never reads is cut when so many times the limit wait to be drained. */
const UNDRAINED_FACTOR = 3

const turn = new SessionTurn()
const NO_DECISIONS: readonly Decision[] = []

/** Reduces one event. */
export function reduce(world: World, state: SessionState, cursor: Cursor, event: SessionEvent): Reduction {
  turn.load(world, state, cursor, event)
  if (turn.phase !== Link.Phase.Closed) {
    happen(event, state.sentFrames)
    settle(event)
  }
  if (turn.reason !== null) {
    tellUnanswered()
    Selections.endAll(turn)
    turn.notice({ kind: "closed", reason: turn.reason })
  } else if (turn.pause !== null) announce(turn.pause, turn.pause !== state.link.pause)
  return turn.save(state, cursor)
}

/** `sentFrames`: I frames that were sent before. */
function happen(event: SessionEvent, sentFrames: number): void {
  // Something else comes while the application is being asked: what it has yet to say is waited for.
  if (turn.work.asking.length > 0 && event.kind !== "decided" && event.kind !== "resumed")
    Asking.take(turn, NO_DECISIONS, decided)
  switch (event.kind) {
    case "received":
      if (event.chunk !== null) receive(event.chunk)
      return
    case "decided":
      return decideAll(event.decisions)
    case "resumed":
      return resume(event.decisions)
    case "refreshed":
      return refreshed(event.refreshed)
    case "cyclic":
      if (turn.phase === Link.Phase.Started) Cyclic.due(turn, event.batches)
      return
    case "file":
      if (event.file !== null) File.answered(turn, event.file)
      return
    case "left":
      if (event.late !== null) Link.left(turn, event.late.from - sentFrames, event.late.afterMs)
      return
    case "shutdown":
      return Link.close(turn, "LOCAL")
    case "peerClosed":
      return Link.close(turn, "PEER_CLOSED")
    case "broken":
      return Link.close(turn, "TRANSPORT")
    case "tick":
    case "ready":
      return
  }
}

/** Takes the answers that the application gave when it was asked; then what stood until that. */
function decideAll(decisions: readonly Decision[]): void {
  const { brief } = turn.work
  if (turn.work.asked) turn.own.asked = false
  if (brief !== null) turn.own.brief = null
  Asking.take(turn, decisions, decided)
  if (brief === null) return
  Behind.asked(turn, brief)
  Command.goOn(turn)
}

/**
 * Takes an answer of the application, then what stood behind its request; or the word that values are refreshed. One that nobody
 * waits for any more is dropped.
 */
function decided(found: Pending | undefined, decision: Decision): void {
  if (found === undefined) return refreshed(decision.id)
  if (decision.gone === true) judgeAnew(found)
  else Decisions.decide(turn, found, decision)
  if (turn.moving.length > 0) Command.goOn(turn)
}

/** A request means whoever has its address by now, as if it had come in a segment of its own; what stands behind it still does. */
function judgeAnew(found: Pending): void {
  Behind.decided(turn, found)
  Decisions.forget(turn, found)
  turn.anew = true
  Dispatch.receive(turn, found.apdu, 0)
  turn.anew = false
}

/** Values that were asked for are refreshed. */
function refreshed(id: number): void {
  Interrogation.refreshed(turn, id)
  Read.refreshed(turn, id)
}

/** What is due whatever happened: timers, late answers, the window, and an acknowledgement that is owed. */
function settle(event: SessionEvent): void {
  if (event.room < -UNDRAINED_FACTOR * turn.world.limits.undrainedOctets) Link.close(turn, "REPLY_OVERFLOW")
  Link.timers(turn)
  if (turn.phase === Link.Phase.Closed) return
  expire(turn.work)
  Pump.fill(turn)
  acknowledge()
  if (turn.work.restart !== null) Reset.goOn(turn, turn.work.restart)
  // The region was the bound, not the window: there is room for another call.
  if (turn.phase === Link.Phase.Started && turn.at > turn.start && event.room - (turn.at - turn.start) > 255)
    if (turn.high - turn.low < turn.k && turn.at + 255 > turn.limit && !Pump.idle(turn)) turn.more = true
}

/** Ends what has waited too long: for the application by the clock, for the peer by what it is known to have said. */
function expire(work: SessionWork): void {
  if (work.pending !== null) {
    Decisions.expire(turn)
    if (turn.moving.length > 0) Command.goOn(turn)
  }
  if (work.expiring !== null) Selections.expire(turn)
  if (work.interrogations !== null) Interrogation.expire(turn)
  if (work.reads !== null) Read.expire(turn)
  if (work.barred !== null) Reply.expire(turn)
  if (work.files !== null) File.expire(turn)
}

/** Sends S when w I frames were received since the last acknowledgement, unless an answer that carries it is being made. */
function acknowledge(): void {
  if (
    turn.phase === Link.Phase.Started &&
    turn.unacknowledged >= turn.parameters.w &&
    !turn.work.asked &&
    !File.slow(turn)
  )
    Link.sendS(turn)
}

function receive(chunk: Uint8Array): void {
  if (turn.pause !== null) {
    const { octets, at, reason } = turn.pause
    const { stale } = turn
    if (reason === null)
      turn.pause = { ...turn.pause, octets: Framer.join(octets.subarray(at), chunk, 0, chunk.length), at: 0, stale }
    return
  }
  let at = 0
  while (turn.rest !== null && at < chunk.length && open()) {
    const count = Math.min(Framer.missing(turn.rest), chunk.length - at)
    turn.rest = Framer.join(turn.rest, chunk, at, count)
    at += count
    const fault = Framer.fault(turn.rest, 0)
    if (fault !== null) return Link.close(turn, fault)
    if (Framer.missing(turn.rest) > 0) continue
    const whole = turn.rest
    turn.rest = null
    if (waits(whole, 0, null) || !take(whole, 0, whole[1] as number))
      return keep(Framer.join(whole, chunk, at, chunk.length - at), 0)
    if (holds(chunk, at)) return keep(chunk, at)
  }
  if (open()) run(chunk, at, null)
}

/** Whether frames are taken: the connection does not end, and waits for nothing. */
const open = (): boolean => turn.phase !== Link.Phase.Closed && turn.pause === null

const isStop = (octets: Uint8Array, at: number): boolean =>
  octets[at + 2] === Frame.U.STOPDT_ACT && octets[at + 1] === Frame.LENGTH_MIN

/**
 * Whether the frame at `at` stops data transfer while requests wait for the application; `over` is the pause that is just
 * over.
 */
const waits = (octets: Uint8Array, at: number, over: Link.Pause | null): boolean =>
  turn.awaits && isStop(octets, at) && (over === null || over.asks)

/** Whether more stands behind a request for which the application has to be asked before that is judged. */
const holds = (octets: Uint8Array, at: number): boolean => turn.alone && turn.work.asked && at < octets.length && open()

/** Takes the frames from `from` on; `over` is the pause in front of the first one, when the application was just asked. */
function run(octets: Uint8Array, from: number, over: Link.Pause | null): void {
  let at = from
  while (at < octets.length && open()) {
    const fault = Framer.fault(octets, at)
    if (fault !== null) return Link.close(turn, fault)
    const length = at + 1 < octets.length ? (octets[at + 1] as number) : 0
    if (length === 0 || at + length + 2 > octets.length) {
      turn.rest = Framer.join(null, octets, at, octets.length - at)
      return
    }
    if (waits(octets, at, at === from ? over : null) || !take(octets, at, length)) return keep(octets, at)
    at += length + 2
    if (holds(octets, at)) return keep(octets, at)
  }
}

/** Takes no frames from `at` on until the application was asked, or until they come again. */
function keep(octets: Uint8Array, at: number): void {
  if (turn.leaving) {
    turn.untaken = octets.subarray(at)
    return
  }
  // What was kept before is our own already, and is not copied once more for every STOPDT in it.
  const own = octets === turn.kept
  const asks = (turn.alone && turn.work.asked) || !isStop(octets, at)
  const kept = own ? octets : Framer.join(null, octets, at, octets.length - at)
  const { cameMs, stale } = turn
  turn.pause = { reason: null, asks, octets: kept, at: own ? at : 0, cameMs, stale, told: false }
}

/** The application has said what it says at once: this is sent as the window allows, then what waited is taken up. */
function resume(decisions: readonly Decision[]): void {
  const { pause } = turn
  turn.pause = null
  if (pause !== null && Link.isDeaf(pause.reason)) turn.limit = turn.start
  decideAll(decisions)
  if (pause === null) return
  // What is sent may have to be refreshed by the application before.
  if (!turn.work.asked) Pump.fill(turn)
  if (turn.work.asked || !(pause.told || pause.asks)) return pauseOn(pause)
  if (pause.reason !== null) return Link.end(turn, pause.reason)
  turn.kept = pause.octets
  run(pause.octets, pause.at, pause)
  turn.kept = null
}

/** What stood behind a request that was decided now has to be asked too, or nothing comes of what stands behind others. */
function pauseOn(pause: Link.Pause): void {
  if (turn.work.asked) turn.pause = { ...pause, told: false }
  else tellStopping(pause)
}

/** Tells what has to wait, once: `fresh`, and when nothing has to be asked before. */
function announce(pause: Link.Pause, fresh: boolean): void {
  if (pause.asks) {
    if (fresh) turn.notice({ kind: "holding" })
  } else if (!pause.told && turn.work.standing === 0) tellStopping(pause)
}

/** From now on nothing is begun any more that waits for the commands of others. */
function tellStopping(pause: Link.Pause): void {
  turn.pause = { ...pause, told: true }
  turn.notice({ kind: "stopping" })
}

/**
 * One whole frame: the link first, then the application, then whatever the window now allows. False when it has to wait until
 * the application was asked.
 */
function take(octets: Uint8Array, at: number, length: number): boolean {
  const { low, acknowledged } = turn
  turn.alone = false
  if (turn.world.trace) turn.notice({ kind: "traced", apdu: Asdu.piece(octets, at, length + 2) })
  switch (Link.frame(turn, octets, at, length)) {
    case Link.Effect.Deliver:
      turn.taking = true
      Dispatch.receive(turn, octets, at)
      turn.taking = false
      if (!turn.early) break
      turn.early = false
      if (turn.world.trace) turn.retract()
      Link.putBack(turn, low, acknowledged)
      return false
    case Link.Effect.Started:
      turn.lentAt = turn.stable
      turn.notice({ kind: "started" })
      break
    case Link.Effect.Stopped:
      discard()
      turn.notice({ kind: "stopped" })
      break
    default:
      break
  }
  Pump.fill(turn)
  acknowledge()
  return true
}

/** Entering STOPDT discards what was asked for and not yet said; events stay in the log. */
function discard(): void {
  tellUnanswered()
  Selections.endAll(turn)
  File.discard(turn)
  const { nextId, restart, files } = turn.work
  turn.keepOnly({ nextId, restart, files })
}

/** Tells what was asked for and is not answered any more. */
function tellUnanswered(): void {
  Ending.tell(turn)
  Behind.tell(turn)
}
