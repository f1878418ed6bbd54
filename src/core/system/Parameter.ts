// Parameters of measured values: loading, P_ME_NA/NB/NC_1, and activation, P_AC_NA_1 (60870-5-5 6.12). The type has to
// fit the measured value; the application decides.

import * as Image from "../image/Image.ts"
import * as Value from "../image/Value.ts"
import * as Asking from "../procedure/Asking.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { Turn } from "./SystemWork.ts"

const scratch = new DataView(new ArrayBuffer(8))

/** The kind of measured value that each type of parameter belongs to. */
const kinds: ReadonlyMap<number, Value.Kind> = new Map<number, Value.Kind>([
  [TypeTable.Type.P_ME_NA_1, Value.Kind.Normalized],
  [TypeTable.Type.P_ME_NB_1, Value.Kind.Scaled],
  [TypeTable.Type.P_ME_NC_1, Value.Kind.Short]
])

/** QPA: all loaded parameters, the object's parameter, its cyclic transmission. */
const ALL_LOADED = 1
const LAST_QPA = 3

/** Takes a parameter with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Asdu.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const type = Asdu.type(octets, at)
  const kind = kinds.get(type)
  if (kind === undefined) activate(turn, octets, at)
  else load(turn, octets, at, kind)
}

/** The monitoring point that a parameter is of: of a kind, where it says one, else the only one at its address. */
function placeOf(turn: Turn, octets: Uint8Array, at: number, kind?: Value.Kind): Image.PointRef | null {
  const station = Image.station(turn.world.image, Asdu.ca(octets, at))
  if (station === undefined) return null
  const found = Image.candidates(station, Asdu.ioa(octets, at))
  const meant = found.filter(({ block }) => !Value.isCommand(block.of.type) && (kind ?? block.kind) === block.kind)
  return meant.length === 1 ? (meant[0] as Image.PointRef) : null
}

function load(turn: Turn, octets: Uint8Array, at: number, kind: Value.Kind): void {
  const place = placeOf(turn, octets, at, kind)
  if (place === null) return Reply.reject(turn, "unknownObject", octets, at)
  const { stride } = place.block
  for (let i = 0; i < stride; i++) scratch.setUint8(i, octets[at + Asdu.ELEMENT_AT + i] as number)
  const value = Value.read(kind, scratch, 0)
  const qualifier = octets[at + Asdu.ELEMENT_AT + stride - 1] as number
  const kindOfParameter = qualifier & 0x3f
  if (kindOfParameter < 1 || kindOfParameter > 4) return Reply.reject(turn, "qualifier", octets, at)
  if (!Number.isFinite(value)) return Reply.reject(turn, "value", octets, at)
  decide(turn, octets, at, place, qualifier, value)
}

function activate(turn: Turn, octets: Uint8Array, at: number): void {
  const qualifier = octets[at + Asdu.ELEMENT_AT] as number
  if (qualifier < ALL_LOADED || qualifier > LAST_QPA) return Reply.reject(turn, "qualifier", octets, at)
  if (qualifier === ALL_LOADED) {
    if (Asdu.ioa(octets, at) !== 0) return Reply.reject(turn, "unknownObject", octets, at)
    return decide(turn, octets, at, null, qualifier, 0)
  }
  const place = placeOf(turn, octets, at)
  if (place === null) return Reply.reject(turn, "unknownObject", octets, at)
  decide(turn, octets, at, place, qualifier, 0)
}

function decide(
  turn: Turn,
  octets: Uint8Array,
  at: number,
  point: Image.PointRef | null,
  qualifier: number,
  value: number
): void {
  if (Asdu.test(octets, at) !== 0) return Reply.test(turn, octets, at, false)
  const refusal = Asking.refusal(turn)
  if (refusal !== null) return Reply.reject(turn, refusal, octets, at)
  const ca = Asdu.ca(octets, at)
  turn.notice({
    kind: "parameter",
    id: Asking.ask(turn, "parameter", Reply.copy(octets, at)),
    ca,
    stations: Image.addressed(turn.world.image, ca),
    block: point === null ? null : point.block,
    slot: point === null ? 0 : point.slot,
    born: point === null ? 0 : point.born,
    ioa: Asdu.ioa(octets, at),
    type: Asdu.type(octets, at),
    qualifier,
    value,
    deactivate: Asdu.cause(octets, at) === Cause.DEACTIVATION
  })
}
