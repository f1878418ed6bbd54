// The link machine of a controlled station (60870-5-104 5): STARTDT/STOPDT/TESTFR, send and receive numbers, the
// windows k and w, and the timers t1, t2, t3. One `LinkTurn` is the working copy of one reduction: it is filled from a
// state, changed by the functions here, and written back as a new state.
import * as Ledger from "../log/Ledger.ts"
import type { CloseReason } from "../Violation.ts"
import * as Frame from "../wire/Frame.ts"
import * as Arena from "./Arena.ts"
import type { Parameters } from "./Parameters.ts"
import * as Sequence from "./Sequence.ts"

/** State of data transfer. */
export const Phase: {
  readonly Stopped: 0
  readonly Started: 1
  readonly UnconfirmedStopped: 2
  readonly Closed: 3
} = { Stopped: 0, Started: 1, UnconfirmedStopped: 2, Closed: 3 }
export type Phase = (typeof Phase)[keyof typeof Phase]

/** The link's part of a session. Times are ms of the event clock; -1 = off. */
export interface LinkState {
  readonly phase: Phase
  /** The window that was in force when the connection was made. */
  readonly k: number
  readonly sendNumber: number
  readonly receiveNumber: number
  /** I frames received since the last acknowledgement was sent. */
  readonly unacknowledged: number
  /** When the first of them came. */
  readonly unacknowledgedSinceMs: number
  /** When the last complete frame came. */
  readonly receivedAtMs: number
  /** When the TESTFR act was sent that is not yet confirmed. */
  readonly testedAtMs: number
  /** Own I frames in flight. */
  readonly ledger: Ledger.Ledger
  /** Octets of a frame that is not yet complete. */
  readonly rest: Uint8Array | null
  /** What has to wait for the application's answers; null while nothing does. */
  readonly pause: Pause | null
}

/**
 * Data transfer or the connection is about to end while requests wait for the application, or what was received has to be
 * judged behind what it was not asked yet: first it is asked, and what it says at once is sent.
 */
export interface Pause {
  /** Why the connection ends, or null: what stands at `at` of the octets is taken up. */
  readonly reason: CloseReason | null
  /** Whether it is only to be asked: nothing is refused by that. Else what stands there is a STOPDT act. */
  readonly asks: boolean
  /** What was received and not taken yet, when it came, and whether nobody knows how old that is. */
  readonly octets: Uint8Array
  readonly at: number
  readonly cameMs: number
  readonly stale: boolean
  /** Whether the application's side knows that nothing is begun any more but what was asked before. */
  readonly told: boolean
}

export const open = (k: number, nowMs: number): LinkState => ({
  phase: Phase.Stopped,
  k,
  sendNumber: 0,
  receiveNumber: 0,
  unacknowledged: 0,
  unacknowledgedSinceMs: -1,
  receivedAtMs: nowMs,
  testedAtMs: -1,
  ledger: Ledger.empty,
  rest: null,
  pause: null
})

/** What a frame asks of the session beyond the link. */
export const Effect: {
  readonly None: 0
  readonly Deliver: 1
  readonly Started: 2
  readonly Stopped: 3
} = { None: 0, Deliver: 1, Started: 2, Stopped: 3 }
export type Effect = (typeof Effect)[keyof typeof Effect]

const NO_OCTETS = new Uint8Array(0)
const NO_VIEW = new DataView(NO_OCTETS.buffer)

/** Working copy of one reduction. */
export class LinkTurn {
  nowMs = 0
  /** When the octets came that are taken: before, where they had to wait for the application. */
  cameMs = 0
  /** All input that had come by this time was read; -1: nobody knows. */
  heardMs = -1
  parameters: Parameters = { k: 0, w: 0, t1Ms: 0, t2Ms: 0, t3Ms: 0 }
  strict = true

  phase: Phase = Phase.Stopped
  k = 0
  sendNumber = 0
  receiveNumber = 0
  unacknowledged = 0
  unacknowledgedSinceMs = -1
  receivedAtMs = 0
  testedAtMs = -1
  ledger: Float64Array = Ledger.empty.buffer
  low = 0
  high = 0
  rest: Uint8Array | null = null
  pause: Pause | null = null
  /** Acknowledged log position of each priority class. */
  acknowledged: readonly number[] = []

  reason: CloseReason | null = null
  received = 0
  sent = 0

  octets: Uint8Array = NO_OCTETS
  view: DataView = NO_VIEW
  start = 0
  at = 0
  /** I frames must end before this. */
  limit = 0

  /** Takes over the link's state and a region for the output. */
  protected loadLink(state: LinkState, reserve: number, forFrames: number): void {
    this.phase = state.phase
    this.k = state.k
    this.sendNumber = state.sendNumber
    this.receiveNumber = state.receiveNumber
    this.unacknowledged = state.unacknowledged
    this.unacknowledgedSinceMs = state.unacknowledgedSinceMs
    this.receivedAtMs = state.receivedAtMs
    this.testedAtMs = state.testedAtMs
    this.ledger = state.ledger.buffer
    this.low = state.ledger.low
    this.high = state.ledger.high
    this.rest = state.rest
    this.pause = state.pause
    this.reason = null
    this.received = 0
    this.sent = 0
    Arena.reserve(reserve)
    this.octets = Arena.octets
    this.view = Arena.view
    this.start = this.at = Arena.top
    this.limit = this.start + forFrames
  }

  /** Whether requests wait for the application, or it has yet to be asked something. */
  get awaits(): boolean {
    return false
  }

  /** The link's state after the reduction. */
  protected saveLink(): LinkState {
    Arena.commit(this.at)
    return {
      phase: this.phase,
      k: this.k,
      sendNumber: this.sendNumber,
      receiveNumber: this.receiveNumber,
      unacknowledged: this.unacknowledged,
      unacknowledgedSinceMs: this.unacknowledgedSinceMs,
      receivedAtMs: this.receivedAtMs,
      testedAtMs: this.testedAtMs,
      ledger: { buffer: this.ledger, low: this.low, high: this.high },
      rest: this.phase === Phase.Closed ? null : this.rest,
      pause: this.phase === Phase.Closed ? null : this.pause
    }
  }
}

/** Whether the connection is about to end. */
export const ending = (turn: LinkTurn): boolean => turn.pause !== null && turn.pause.reason !== null

/** Whether the peer cannot be told anything any more. */
export const isDeaf = (reason: CloseReason | null): boolean => reason === "PEER_CLOSED" || reason === "TRANSPORT"

/** Ends the connection, once the application was asked what requests wait for; the first reason stands. */
export function close(turn: LinkTurn, reason: CloseReason): void {
  if (turn.phase === Phase.Closed || ending(turn)) return
  if (turn.awaits)
    turn.pause = { reason, asks: false, octets: NO_OCTETS, at: 0, cameMs: turn.cameMs, stale: false, told: false }
  else end(turn, reason)
}

/** Ends the connection now: what was received in good order is acknowledged. */
export function end(turn: LinkTurn, reason: CloseReason): void {
  if (turn.unacknowledged > 0 && turn.phase !== Phase.Stopped && !isDeaf(reason)) sendS(turn)
  turn.phase = Phase.Closed
  turn.reason = reason
}

/** Ends the connection for the I frame that was just taken, which is not acknowledged. */
export function refuse(turn: LinkTurn, reason: CloseReason): void {
  turn.receiveNumber = Sequence.before(turn.receiveNumber)
  turn.unacknowledged--
  close(turn, reason)
}

/**
 * Puts the I frame back that was just taken, and for which nothing was done: it is taken again later. `low` and `acknowledged`
 * are what they were before.
 */
export function putBack(turn: LinkTurn, low: number, acknowledged: readonly number[]): void {
  turn.receiveNumber = Sequence.before(turn.receiveNumber)
  turn.received--
  if (--turn.unacknowledged === 0) turn.unacknowledgedSinceMs = -1
  turn.low = low
  turn.acknowledged = acknowledged
}

/** Whether an I frame may be put into the output now. The window test also holds after k was lowered. */
export const canSend = (turn: LinkTurn): boolean =>
  turn.phase === Phase.Started && turn.high - turn.low < turn.k && turn.at + Frame.APDU_MAX <= turn.limit

/** Sends the APDU whose length and ASDU already stand at the end of the output; `mark` says what events it carries. */
export function sendI(turn: LinkTurn, mark: number): void {
  const { at, high } = turn
  Frame.putI(turn.view, at, turn.sendNumber, turn.receiveNumber)
  turn.at = at + (turn.octets[at + 1] as number) + 2
  const ledger = Ledger.append(turn.ledger, turn.low, high, mark, turn.nowMs)
  if (ledger === turn.ledger) turn.high = high + 1
  else {
    turn.ledger = ledger
    turn.high = high - turn.low + 1
    turn.low = 0
  }
  turn.sendNumber = Sequence.next(turn.sendNumber)
  turn.unacknowledged = 0
  turn.unacknowledgedSinceMs = -1
  turn.sent++
}

export function sendS(turn: LinkTurn): void {
  Frame.putS(turn.view, turn.at, turn.receiveNumber)
  turn.at += Frame.APCI_OCTETS
  turn.unacknowledged = 0
  turn.unacknowledgedSinceMs = -1
}

function sendU(turn: LinkTurn, code: number): void {
  Frame.putU(turn.view, turn.at, code)
  turn.at += Frame.APCI_OCTETS
}

/** Takes one complete frame: `octets[at]` is the start octet, `length` the value of the length octet. */
export function frame(turn: LinkTurn, octets: Uint8Array, at: number, length: number): Effect {
  const first = octets[at + 2] as number
  if ((first & 1) === 0) return informationFrame(turn, octets, at)
  if (length !== Frame.LENGTH_MIN) return closed(turn, "BAD_LENGTH")
  return (first & 2) === 0 ? supervisoryFrame(turn, octets, at) : unnumberedFrame(turn, octets, at)
}

function closed(turn: LinkTurn, reason: CloseReason): Effect {
  close(turn, reason)
  return Effect.None
}

function informationFrame(turn: LinkTurn, octets: Uint8Array, at: number): Effect {
  if (turn.strict && ((octets[at + 4] as number) & 1) !== 0) return closed(turn, "BAD_CONTROL_FIELD")
  if (turn.phase !== Phase.Started) return closed(turn, "DATA_IN_STOPPED")
  const number = Frame.sendNumber(octets, at)
  if (number !== turn.receiveNumber) return closed(turn, "SEQUENCE_NS")
  if (!acknowledge(turn, octets, at)) return closed(turn, "SEQUENCE_NR")
  turn.receivedAtMs = turn.cameMs
  turn.receiveNumber = Sequence.next(number)
  turn.received++
  if (turn.unacknowledged++ === 0) turn.unacknowledgedSinceMs = turn.nowMs
  return Effect.Deliver
}

function supervisoryFrame(turn: LinkTurn, octets: Uint8Array, at: number): Effect {
  if (turn.strict && (octets[at + 2] !== 1 || octets[at + 3] !== 0 || ((octets[at + 4] as number) & 1) !== 0))
    return closed(turn, "BAD_CONTROL_FIELD")
  if (turn.phase === Phase.Stopped) return closed(turn, "DATA_IN_STOPPED")
  if (!acknowledge(turn, octets, at)) return closed(turn, "SEQUENCE_NR")
  turn.receivedAtMs = turn.cameMs
  if (turn.phase === Phase.UnconfirmedStopped && turn.high === turn.low) {
    sendU(turn, Frame.U.STOPDT_CON)
    turn.phase = Phase.Stopped
  }
  return Effect.None
}

function unnumberedFrame(turn: LinkTurn, octets: Uint8Array, at: number): Effect {
  if (turn.strict && ((octets[at + 3] as number) | (octets[at + 4] as number) | (octets[at + 5] as number)) !== 0)
    return closed(turn, "BAD_CONTROL_FIELD")
  turn.receivedAtMs = turn.cameMs
  switch (octets[at + 2]) {
    case Frame.U.STARTDT_ACT: {
      sendU(turn, Frame.U.STARTDT_CON)
      const before = turn.phase
      turn.phase = Phase.Started
      return before === Phase.Started ? Effect.None : Effect.Started
    }
    case Frame.U.STOPDT_ACT:
      return stop(turn)
    case Frame.U.TESTFR_ACT:
      sendU(turn, Frame.U.TESTFR_CON)
      return Effect.None
    case Frame.U.TESTFR_CON:
      turn.testedAtMs = -1
      return Effect.None
    case Frame.U.STARTDT_CON:
    case Frame.U.STOPDT_CON:
      return Effect.None
    default:
      return closed(turn, "BAD_CONTROL_FIELD")
  }
}

/** STOPDT act: what was received is acknowledged first, and the confirmation waits until all that was sent is. */
function stop(turn: LinkTurn): Effect {
  if (turn.phase === Phase.UnconfirmedStopped) return Effect.None
  const started = turn.phase === Phase.Started
  if (turn.unacknowledged > 0) sendS(turn)
  if (turn.high > turn.low) turn.phase = Phase.UnconfirmedStopped
  else {
    sendU(turn, Frame.U.STOPDT_CON)
    turn.phase = Phase.Stopped
  }
  return started ? Effect.Stopped : Effect.None
}

/** Takes N(R): releases the frames that it acknowledges. False when it lies outside the window. */
function acknowledge(turn: LinkTurn, octets: Uint8Array, at: number): boolean {
  const number = Frame.receiveNumber(octets, at)
  const flight = turn.high - turn.low
  const released = flight - Sequence.distance(number, turn.sendNumber)
  if (released < 0 || Sequence.distance(number, turn.sendNumber) > flight) return false
  if (released === 0) return true
  const low = turn.low + released
  const classes = turn.acknowledged.length
  let found = 0
  for (let entry = low - 1; entry >= turn.low && found < classes; entry--) {
    const mark = Ledger.markAt(turn.ledger, entry)
    if (mark < 0) continue
    const priority = Ledger.priorityOf(mark)
    const position = Ledger.positionOf(mark)
    if (position > (turn.acknowledged[priority] as number)) {
      if (classes === 1) turn.acknowledged = [position]
      else turn.acknowledged = turn.acknowledged.map((old, index) => (index === priority ? position : old))
      found++
    }
  }
  turn.low = low
  return true
}

/**
 * The last I frames from that at `back` (negative: before the last one sent) on have left only now, and a TESTFR act after
 * `afterMs`: their times run from now.
 */
export function left(turn: LinkTurn, back: number, afterMs: number): void {
  const from = turn.high + back
  if (from < turn.high) turn.ledger = Ledger.resent(turn.ledger, turn.low, turn.high, from, turn.nowMs)
  if (turn.testedAtMs > afterMs) turn.testedAtMs = turn.nowMs
}

/**
 * Judges the timers in the order t1, t2, t3. Whether the peer has answered within t1 is only known of the time up to which
 * its input was read.
 */
export function timers(turn: LinkTurn): void {
  const { nowMs, heardMs, parameters } = turn
  if (turn.phase === Phase.Closed) return
  if (turn.high > turn.low && heardMs - Ledger.sentAt(turn.ledger, turn.low) >= parameters.t1Ms)
    return close(turn, "T1_IFRAME")
  if (turn.testedAtMs >= 0 && heardMs - turn.testedAtMs >= parameters.t1Ms) return close(turn, "T1_TESTFR")
  if (turn.unacknowledged > 0 && turn.phase !== Phase.Stopped && nowMs - turn.unacknowledgedSinceMs >= parameters.t2Ms)
    sendS(turn)
  if (turn.testedAtMs < 0 && nowMs - turn.receivedAtMs >= parameters.t3Ms) {
    sendU(turn, Frame.U.TESTFR_ACT)
    turn.testedAtMs = nowMs
  }
}

/** When the timers have to be judged next, in ms of the event clock. */
export function deadline(state: LinkState, parameters: Parameters): number {
  if (state.phase === Phase.Closed) return Number.POSITIVE_INFINITY
  const { ledger } = state
  let due = state.testedAtMs < 0 ? state.receivedAtMs + parameters.t3Ms : state.testedAtMs + parameters.t1Ms
  if (ledger.high > ledger.low) due = Math.min(due, Ledger.sentAt(ledger.buffer, ledger.low) + parameters.t1Ms)
  if (state.unacknowledged > 0 && state.phase !== Phase.Stopped)
    due = Math.min(due, state.unacknowledgedSinceMs + parameters.t2Ms)
  return due
}
