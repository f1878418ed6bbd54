// Commands in control direction, types 45..51 and 58..64 (60870-5-5 6.8): judged here, decided by the application,
// confirmed with the octets of the request. Direct, or after a selection of the same value by the same client.

import { SELECT_ASKS, SELECT_FIRST } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Value from "../image/Value.ts"
import * as Asking from "../procedure/Asking.ts"
import type { Situation } from "../procedure/Rejection.ts"
import * as Reply from "../procedure/Reply.ts"
import type { Selection } from "../procedure/Work.ts"
import * as World from "../procedure/World.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as Time from "../wire/Time.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import * as Age from "./Age.ts"
import * as Behind from "./Behind.ts"
import type { Commanded } from "./CommandNotice.ts"
import type { Stander, Turn } from "./CommandWork.ts"
import * as Selections from "./Selections.ts"

/** Octets of a CP56Time2a. */
const TIME_OCTETS = 7

/** S/E: 1 = select. */
const SELECT = 0x80

const scratch = new DataView(new ArrayBuffer(8))

/** What a command says. */
interface Said extends Image.PointRef {
  readonly value: number
  /** QU of switching commands (0..31), QL of set-points (0..127). */
  readonly qualifier: number
  readonly select: boolean
  readonly timeLow: number
  readonly timeHigh: number
}

/** Takes a command with a legal header: at once, or behind those to its address that are being decided. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  const station = Image.station(turn.world.image, Asdu.ca(octets, at)) as Image.Station
  if (isLeft(turn, octets, at, station)) return
  const place = Image.findCommand(station, Asdu.ioa(octets, at), Asdu.type(octets, at))
  const said = place === null || surplus ? null : read(place, octets, at)
  const situation = judge(turn, octets, at, place, said, station)
  if (turn.work.lines !== null && !turn.anew && Behind.stand(turn, octets, at, place, situation)) return
  if (said === null || situation !== null) return Reply.reject(turn, situation ?? "unknownObject", octets, at)
  obey(turn, octets, at, said)
}

/**
 * Whether a command is left for another time: its handler may read its time, and what clocks do in a year that nobody has asked for
 * yet is looked up once in so many octets, since a client may name all years there are. Where the age is judged only those
 * near the present are looked up.
 */
function isLeft(turn: Turn, octets: Uint8Array, at: number, { zone }: Image.Station): boolean {
  const row = TypeTable.byId[Asdu.type(octets, at)] as TypeTable.TypeRow
  if (row.time !== "cp56" || turn.world.commandAgeMs !== 0 || turn.anew) return false
  const from = at + Asdu.ELEMENT_AT + row.octets - TIME_OCTETS
  const localMs = Time.cp56ToEpochMs(Asdu.word(octets, from), Asdu.word(octets, from + 3) >>> 8)
  if (zone.knows(localMs)) return false
  if (turn.leaves()) return true
  turn.tired = true
  zone.instant(localMs, false, false)
  return false
}

/** What is wrong with a command by itself, or null; nothing of it is `said` where its octets are not read. */
function judge(
  turn: Turn,
  octets: Uint8Array,
  at: number,
  place: Image.PointRef | null,
  said: Said | null,
  station: Image.Station
): Situation | null {
  if (place === null) return "unknownObject"
  if (Asdu.vsq(octets, at) !== 1) return "severalObjects"
  if (said === null) return "surplusOctets"
  return (
    judgeContent(turn, said) ??
    Age.judge(turn.world, station, Asdu.type(octets, at), said.timeLow, said.timeHigh, turn.wallMs)
  )
}

/** Takes a command with which nothing is wrong by itself. */
function obey(turn: Turn, octets: Uint8Array, at: number, said: Said): void {
  const deactivates = Asdu.cause(octets, at) === Cause.DEACTIVATION
  // A select is confirmed ahead of commands to other points; where something is asked at its own it is refused, or stands.
  if ((deactivates || Asdu.test(octets, at) !== 0) && turn.putsBack()) return
  if (deactivates) return cancel(turn, octets, at, said)
  if (said.select) return select(turn, octets, at, said)
  execute(turn, octets, at, said)
}

/** Takes the commands that stand behind nothing any more, each line up to the next that the application decides. */
export function goOn(turn: Turn): void {
  const { moving, stale } = turn
  for (const key of moving)
    for (let next = Behind.next(turn, key); next !== null; next = Behind.next(turn, key)) {
      const before = turn.asked
      Behind.leave(turn, key, next)
      turn.stale = next.stale
      takeUp(turn, next)
      // The application has to be asked for it before what stands behind it is judged.
      if (turn.asked > before) Behind.pause(turn, key)
    }
  moving.length = 0
  turn.stale = stale
}

function takeUp(turn: Turn, { apdu, point, situation }: Stander): void {
  if (situation !== null) return Reply.reject(turn, situation, apdu, 0)
  // It was removed meanwhile; whoever has its address now is not meant.
  if (point === null || !Image.lives(point)) return Reply.reject(turn, "unknownObject", apdu, 0)
  const refusal = World.refusing(turn.world)
  if (refusal !== null) return Reply.reject(turn, refusal, apdu, 0)
  obey(turn, apdu, 0, read(point, apdu, 0))
}

function read({ block, slot, born }: Image.PointRef, octets: Uint8Array, at: number): Said {
  const { kind, stride } = block
  const from = at + Asdu.ELEMENT_AT
  const place = Value.qualifierAt(kind)
  for (let i = 0; i < stride; i++) scratch.setUint8(i, elementOctet(octets, at, i, place))
  const tagged = TypeTable.byId[Asdu.type(octets, at)]?.time === "cp56"
  return {
    block,
    slot,
    born,
    value: Value.read(kind, scratch, 0),
    qualifier: Value.readQualifier(kind, scratch, 0),
    select: place >= 0 && ((octets[from + place] as number) & SELECT) !== 0,
    timeLow: tagged ? Asdu.word(octets, from + stride) : 0,
    timeHigh: tagged ? Asdu.word(octets, from + stride + 3) >>> 8 : 0
  }
}

/** Octet `i` of the element with S/E = 0; `place` is the octet of the qualifier, negative where there is none. */
const elementOctet = (octets: Uint8Array, at: number, i: number, place: number): number =>
  (octets[at + Asdu.ELEMENT_AT + i] as number) & (i === place ? ~SELECT : 0xff)

/** What is wrong with value and qualifier, or null. */
function judgeContent(turn: Turn, { block, value, qualifier }: Said): Situation | null {
  const { kind } = block
  const switching = Value.qualifierAt(kind) === 0
  if (switching && kind !== Value.Kind.SingleCommand && (value === 0 || value === 3)) return "value"
  if (kind === Value.Kind.Short && !Number.isFinite(value)) return "value"
  if (turn.world.profile.reservedQualifiers === "refuse" && qualifier > (switching ? 3 : 0)) return "qualifier"
  return null
}

/** Takes back a selection. A command that is being decided or carried out cannot be taken back. */
function cancel(turn: Turn, octets: Uint8Array, at: number, said: Said): void {
  if (!said.select) return abandon(turn, octets, at, said)
  const selection = Selections.own(turn, said, Asdu.test(octets, at))
  if (selection === undefined) return Reply.reject(turn, "nothingToDeactivate", octets, at)
  Selections.release(turn, selection, "cancelled")
  Reply.mirror(turn, octets, at, Cause.DEACTIVATION_CON, -1)
}

/** Has an operation stopped that was confirmed and is not over: whoever carries it out says whether that can be. */
function abandon(turn: Turn, octets: Uint8Array, at: number, said: Said): void {
  if (turn.work.owed === null || Asdu.test(octets, at) !== 0)
    return Reply.reject(turn, "nothingToDeactivate", octets, at)
  if (Asking.full(turn)) return Reply.reject(turn, "tooManyRequests", octets, at)
  const apdu = Reply.copy(octets, at)
  turn.alone = true
  turn.notice({ kind: "abandon", ...asked(Asking.ask(turn, "abandon", apdu), said, apdu) })
}

const flags = ({ block, slot }: Said): number => (block.select === null ? 0 : (block.select[slot] as number))
const needsSelect = (said: Said): boolean => (flags(said) & SELECT_FIRST) !== 0

function select(turn: Turn, octets: Uint8Array, at: number, said: Said): void {
  if (!needsSelect(said)) return Reply.reject(turn, "notSelectable", octets, at)
  const { block, slot, born } = said
  const test = Asdu.test(octets, at)
  // A test reserves nothing, and so finds nothing reserved.
  if (test === 0 && (Selections.heldByOther(turn, said) || Selections.executes(turn, said)))
    return Reply.reject(turn, "selectedByOther", octets, at)
  if (turn.stale) return Reply.reject(turn, "stale", octets, at)
  if (Selections.full(turn, test)) return Reply.reject(turn, "tooManyRequests", octets, at)
  const element = new Uint8Array(block.stride)
  const place = Value.qualifierAt(block.kind)
  for (let i = 0; i < element.length; i++) element[i] = elementOctet(octets, at, i, place)
  const selection: Selection = {
    id: turn.own.nextId++,
    key: Selections.keyOf(block, slot),
    block,
    slot,
    born,
    type: Asdu.type(octets, at),
    originator: Asdu.originator(octets, at),
    test,
    element,
    untilMs: Number.POSITIVE_INFINITY,
    executing: false
  }
  if (test === 0 && (flags(said) & SELECT_ASKS) !== 0) {
    if (Asking.full(turn)) return Reply.reject(turn, "tooManyRequests", octets, at)
    const apdu = Reply.copy(octets, at)
    const id = Asking.ask(turn, "select", apdu, selection)
    Behind.begin(turn, apdu, 0, id)
    return turn.notice({ kind: "select", ...asked(id, said, apdu) })
  }
  // The time of a selection begins when its confirmation is sent, which may have to wait for the window.
  Selections.select(turn, selection, Reply.mirror(turn, octets, at, Cause.ACTIVATION_CON, -1, selection))
}

/** A select is good for one command, also where its point takes direct ones by now. */
function useUp(turn: Turn, octets: Uint8Array, at: number, said: Said): void {
  if (turn.work.selections === null || Asdu.test(octets, at) !== 0) return
  const selection = Selections.own(turn, said, 0)
  if (selection !== undefined) Selections.release(turn, selection, "ended")
}

function execute(turn: Turn, octets: Uint8Array, at: number, said: Said): void {
  let selection: Selection | null = null
  if (!needsSelect(said)) useUp(turn, octets, at, said)
  else {
    selection = Selections.own(turn, said, Asdu.test(octets, at)) ?? null
    if (selection === null) return Reply.reject(turn, "notSelected", octets, at)
    if (!matches(selection, octets, at)) {
      if (turn.putsBack()) return
      Selections.release(turn, selection, "mismatched")
      return Reply.reject(turn, "notSelected", octets, at)
    }
  }
  if (Asdu.test(octets, at) !== 0) {
    // A test is confirmed and terminated like the real thing, and operates nothing.
    if (selection !== null) Selections.release(turn, selection, "executed")
    Reply.mirror(turn, octets, at, Cause.ACTIVATION_CON, -1)
    Reply.mirror(turn, octets, at, Cause.ACTIVATION_TERMINATION, -1)
    return
  }
  const refusal = Asking.refusal(turn)
  if (refusal !== null) return Reply.reject(turn, refusal, octets, at)
  if (selection !== null) selection = Selections.take(turn, selection)
  const apdu = Reply.copy(octets, at)
  const id = Asking.ask(turn, "command", apdu, selection)
  const { block, slot, born, value, qualifier, timeLow, timeHigh } = said
  // Every field by name: commands come in numbers, and copies of records are dear.
  turn.notice({
    kind: "command",
    id,
    block,
    slot,
    born,
    type: Asdu.type(octets, at),
    ca: block.of.ca,
    ioa: Asdu.ioa(octets, at),
    value,
    qualifier,
    timeLow,
    timeHigh,
    originator: Asdu.originator(octets, at),
    selected: selection !== null,
    apdu
  })
}

/** What the application is asked about a command that is not carried out. */
function asked(
  id: number,
  { block, slot, born, value, qualifier, timeLow, timeHigh }: Said,
  apdu: Uint8Array
): Commanded {
  return {
    id,
    block,
    slot,
    born,
    type: Asdu.type(apdu, 0),
    ca: block.of.ca,
    ioa: Asdu.ioa(apdu, 0),
    value,
    qualifier,
    timeLow,
    timeHigh,
    originator: Asdu.originator(apdu, 0),
    selected: false,
    apdu
  }
}

/** Whether an execute says the same as the select before it; time tags are not compared. */
function matches(selection: Selection, octets: Uint8Array, at: number): boolean {
  const { element, block, type, originator, test } = selection
  if (type !== Asdu.type(octets, at)) return false
  if (originator !== Asdu.originator(octets, at) || test !== Asdu.test(octets, at)) return false
  const place = Value.qualifierAt(block.kind)
  for (let i = 0; i < element.length; i++) if (element[i] !== elementOctet(octets, at, i, place)) return false
  return true
}
