// Commands in control direction, types 45..51 and 58..64 (60870-5-5 6.8): judged here, decided by the application,
// confirmed with the octets of the request.
import { Cause } from "../asdu/Cause.ts"
import * as TypeTable from "../asdu/TypeTable.ts"
import type { Block } from "../process/Block.ts"
import * as Image from "../process/Image.ts"
import * as Value from "../process/Value.ts"
import * as Decisions from "./Decisions.ts"
import type { Situation } from "./Rejection.ts"
import * as Reply from "./Reply.ts"
import * as Request from "./Request.ts"
import type { Turn } from "./Turn.ts"

const scratch = new DataView(new ArrayBuffer(8))

/** The qualifier octet of a command: behind the value of set-points, around it in SCO, DCO and RCO; 0 for bitstrings. */
function qualifierOctet(kind: Value.Kind, octets: Uint8Array, at: number): number {
  switch (kind) {
    case Value.Kind.SingleCommand:
    case Value.Kind.DoubleCommand:
    case Value.Kind.StepCommand:
      return octets[at + Request.ELEMENT_AT] as number
    case Value.Kind.Normalized:
    case Value.Kind.Scaled:
      return octets[at + Request.ELEMENT_AT + 2] as number
    case Value.Kind.Short:
      return octets[at + Request.ELEMENT_AT + 4] as number
    default:
      return 0
  }
}

/** QU (commands, 0..31) or QL (set-points, 0..127). */
function qualifierOf(kind: Value.Kind, octet: number): number {
  return kind === Value.Kind.SingleCommand || kind === Value.Kind.DoubleCommand || kind === Value.Kind.StepCommand
    ? (octet >> 2) & 0x1f
    : octet & 0x7f
}

/** Takes a command with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  const type = Request.type(octets, at)
  const ca = Request.ca(octets, at)
  const ioa = Request.ioa(octets, at)
  const block = blockOf(turn, ca, type, ioa)
  if (block === undefined) return Reply.reject(turn, "unknownObject", octets, at)
  const { kind } = block
  const octet = qualifierOctet(kind, octets, at)
  const qualifier = qualifierOf(kind, octet)
  for (let i = 0; i < block.stride; i++) scratch.setUint8(i, octets[at + Request.ELEMENT_AT + i] as number)
  const value = Value.read(kind, scratch, 0)
  const situation = judge(turn, octets, at, surplus, kind, value, octet, qualifier)
  if (situation !== null) return Reply.reject(turn, situation, octets, at)
  if (Request.test(octets, at) !== 0) {
    Reply.mirror(turn, octets, at, Cause.ACTIVATION_CON, -1)
    Reply.mirror(turn, octets, at, Cause.ACTIVATION_TERMINATION, -1)
    return
  }
  const apdu = Reply.copy(octets, at)
  const tagged = TypeTable.byId[type]?.time === "cp56"
  const timeAt = at + Request.ELEMENT_AT + block.stride
  turn.notice({
    kind: "command",
    id: Decisions.ask(turn, "command", apdu),
    block,
    slot: block.find(ioa),
    type,
    ca,
    ioa,
    value,
    qualifier,
    timeLow: tagged ? Request.word(octets, timeAt) : 0,
    timeHigh: tagged ? Request.word(octets, timeAt + 3) >>> 8 : 0,
    originator: Request.originator(octets, at),
    apdu
  })
}

function blockOf(turn: Turn, ca: number, type: number, ioa: number): Block | undefined {
  return Image.station(turn.world.image, ca)?.blocks.find((found) => found.of.type === type && found.find(ioa) >= 0)
}

/** What is wrong with the content of a command, or null. */
function judge(
  turn: Turn,
  octets: Uint8Array,
  at: number,
  surplus: boolean,
  kind: Value.Kind,
  value: number,
  octet: number,
  qualifier: number
): Situation | null {
  if (Request.vsq(octets, at) !== 1) return "severalObjects"
  if (surplus) return "surplusOctets"
  if (Request.cause(octets, at) === Cause.DEACTIVATION) return "nothingToDeactivate"
  if ((octet & 0x80) !== 0) return "notSelectable"
  if ((kind === Value.Kind.DoubleCommand || kind === Value.Kind.StepCommand) && (value === 0 || value === 3))
    return "value"
  if (kind === Value.Kind.Short && !Number.isFinite(value)) return "value"
  const most = kind === Value.Kind.Normalized || kind === Value.Kind.Scaled || kind === Value.Kind.Short ? 0 : 3
  if (turn.world.profile.reservedQualifiers === "refuse" && qualifier > most) return "qualifier"
  if (Decisions.full(turn)) return "tooManyRequests"
  return null
}
