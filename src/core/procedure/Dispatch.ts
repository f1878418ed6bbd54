// The way of a received ASDU: judged by the rejection table in its order, then handed to the procedure of its type.
import * as TypeTable from "../asdu/TypeTable.ts"
import * as Image from "../process/Image.ts"
import * as Value from "../process/Value.ts"
import * as Clock from "./Clock.ts"
import * as Command from "./Command.ts"
import * as Interrogation from "./Interrogation.ts"
import type { Situation } from "./Rejection.ts"
import * as Reply from "./Reply.ts"
import * as Request from "./Request.ts"
import type { Turn } from "./Turn.ts"

/** Takes the ASDU of the frame at `at`; header, cause and structure have been judged. */
type Procedure = (turn: Turn, octets: Uint8Array, at: number, surplus: boolean) => void

interface Entry {
  readonly run: Procedure
  /** Whether the global common address is legal. */
  readonly global: boolean
}

const entries: readonly (Entry | undefined)[] = Array.from({ length: 256 }, (_, type): Entry | undefined => {
  if (Value.isCommand(type) && Value.layoutOf(type) !== undefined) return { run: Command.request, global: false }
  if (type === TypeTable.Type.C_IC_NA_1) return { run: Interrogation.request, global: true }
  if (type === TypeTable.Type.C_CS_NA_1) return { run: Clock.request, global: true }
  return undefined
})

/** Octets that the header promises, counted from the start octet; -1 when the type has no fixed layout. */
function promised(row: TypeTable.TypeRow, octets: Uint8Array, at: number): number {
  const count = Request.vsq(octets, at) & 0x7f
  if (row.octets < 0) return Request.ELEMENT_AT + 4 + (octets[at + Request.ELEMENT_AT + 3] ?? 0)
  if ((Request.vsq(octets, at) & 0x80) !== 0) return Request.ELEMENT_AT + count * row.octets
  return Request.OBJECT_AT + count * (3 + row.octets)
}

/** Judges structure, addresses, type and cause; null when the request may run. */
function judge(turn: Turn, octets: Uint8Array, at: number, row: TypeTable.TypeRow | undefined): Situation | null {
  const total = Request.size(octets, at)
  if (total < Request.OBJECT_AT) return "truncated"
  const vsq = Request.vsq(octets, at)
  if (row !== undefined) {
    if ((vsq & 0x7f) === 0) return "noObject"
    if (total < promised(row, octets, at)) return "truncated"
    if ((vsq & 0x80) !== 0 && Request.ioa(octets, at) + (vsq & 0x7f) > 0x1000000) return "truncated"
  }
  const cause = Request.cause(octets, at)
  if (cause >= 44 && cause <= 47) return "mirrored"
  const entry = entries[Request.type(octets, at)]
  const ca = Request.ca(octets, at)
  if (ca === Request.GLOBAL) {
    if (entry?.global === false || turn.world.image.stations.length === 0) return "unknownCommonAddress"
  } else if (Image.station(turn.world.image, ca) === undefined) return "unknownCommonAddress"
  if (entry === undefined || row === undefined) return "unknownType"
  if (!row.causesControl.includes(cause)) return "unknownCause"
  if (row.ioa === "zero" && Request.ioa(octets, at) !== 0) return "unknownObject"
  return null
}

/** Takes one received I frame whose numbers are right. */
export function receive(turn: Turn, octets: Uint8Array, at: number): void {
  const type = Request.type(octets, at)
  const row = Request.size(octets, at) > 6 ? TypeTable.byId[type] : undefined
  const situation = judge(turn, octets, at, row)
  if (situation !== null) return Reply.reject(turn, situation, octets, at)
  const entry = entries[type] as Entry
  entry.run(turn, octets, at, Request.size(octets, at) > promised(row as TypeTable.TypeRow, octets, at))
}
