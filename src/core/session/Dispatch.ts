// The way of a received ASDU: judged by the rejection table in its order, then handed to the procedure of its type.

import * as Command from "../command/Command.ts"
import * as File from "../file/File.ts"
import * as Image from "../image/Image.ts"
import * as Value from "../image/Value.ts"
import type { Situation } from "../procedure/Rejection.ts"
import * as Reply from "../procedure/Reply.ts"
import * as World from "../procedure/World.ts"
import * as Counter from "../read/Counter.ts"
import * as Interrogation from "../read/Interrogation.ts"
import * as Read from "../read/Read.ts"
import * as Clock from "../system/Clock.ts"
import * as Parameter from "../system/Parameter.ts"
import * as Reset from "../system/Reset.ts"
import * as Test from "../system/Test.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { SessionTurn } from "./SessionTurn.ts"

/** Takes the ASDU of the frame at `at`; header, cause and structure have been judged. */
type Procedure = (turn: SessionTurn, octets: Uint8Array, at: number, surplus: boolean) => void

interface Entry {
  readonly run: Procedure
  /** Whether the global common address is legal. */
  readonly global: boolean
  /** A cause that is taken besides those of the type table. */
  readonly alsoCause?: number
  /** Whether it is confirmed: then it can be refused while the process is about to be reset, or the server to stop. */
  readonly confirmed?: true
  /** Whether this server supports the type; undefined: always. */
  readonly when?: (world: World.World) => boolean
}

const { Type } = TypeTable

/** The procedure of each type that is taken in control direction. */
const entries: readonly (Entry | undefined)[] = (() => {
  const found: (Entry | undefined)[] = new Array(256).fill(undefined)
  for (const type of Value.pointTypes)
    if (Value.isCommand(type)) found[type] = { run: Command.request, global: false, confirmed: true }
  found[Type.C_IC_NA_1] = { run: Interrogation.request, global: true, confirmed: true }
  found[Type.C_CI_NA_1] = { run: Counter.request, global: true, confirmed: true }
  found[Type.C_RD_NA_1] = { run: Read.request, global: false }
  found[Type.C_CS_NA_1] = { run: Clock.request, global: true, confirmed: true }
  found[Type.C_TS_NA_1] = { run: Test.request, global: false, when: (world) => world.profile.types101 }
  found[Type.C_RP_NA_1] = { run: Reset.request, global: true, confirmed: true }
  found[Type.C_CD_NA_1] = { run: Test.request, global: false, when: (world) => world.profile.types101 }
  found[Type.C_TS_TA_1] = { run: Test.request, global: false }
  for (const type of [Type.P_ME_NA_1, Type.P_ME_NB_1, Type.P_ME_NC_1, Type.P_AC_NA_1])
    found[type] = { run: Parameter.request, global: false, confirmed: true }
  for (const type of File.types) found[type] = { run: File.request, global: false, when: (world) => world.files }
  // The sources differ on the cause of F_SC_NB_1: both are taken.
  found[Type.F_SC_NB_1] = { ...(found[Type.F_SC_NB_1] as Entry), alsoCause: Cause.REQUEST }
  return found
})()

/** The types that are taken in control direction, ascending. */
export const supported: readonly number[] = entries.flatMap((entry, type) => (entry === undefined ? [] : [type]))

/** Octets that the header promises, counted from the start octet; -1 when the type has no fixed layout. */
function promised(row: TypeTable.TypeRow, octets: Uint8Array, at: number): number {
  const count = Asdu.vsq(octets, at) & 0x7f
  if (row.octets < 0) return Asdu.ELEMENT_AT + 4 + (octets[at + Asdu.ELEMENT_AT + 3] ?? 0)
  if ((Asdu.vsq(octets, at) & 0x80) !== 0) return Asdu.ELEMENT_AT + count * row.octets
  return Asdu.OBJECT_AT + count * (3 + row.octets)
}

/** Judges the structure of an ASDU of a known type; null when header and length agree. */
function judgeStructure(octets: Uint8Array, at: number, row: TypeTable.TypeRow | undefined): Situation | null {
  const total = Asdu.size(octets, at)
  if (total < Asdu.OBJECT_AT) return "truncated"
  const vsq = Asdu.vsq(octets, at)
  if ((vsq & 0x7f) === 0) return "noObject"
  if (row === undefined) return null
  if (total < promised(row, octets, at)) return "truncated"
  const past = (vsq & 0x80) !== 0 && Asdu.ioa(octets, at) + (vsq & 0x7f) > 0x1000000
  return past ? "truncated" : null
}

/**
 * Judges one of the causes 44..47 by what is known of the type: `row`, and `entry`, how this server takes it; null when
 * it does not apply.
 */
function judgeHeader(
  turn: SessionTurn,
  octets: Uint8Array,
  at: number,
  row: TypeTable.TypeRow | undefined,
  entry: Entry | undefined,
  cause: 44 | 45 | 46 | 47
): Situation | null {
  switch (cause) {
    case 46: {
      const { image } = turn.world
      const ca = Asdu.ca(octets, at)
      const known =
        ca === Asdu.GLOBAL ? entry?.global === true && image.stations !== null : Image.station(image, ca) !== undefined
      return known ? null : "unknownCommonAddress"
    }
    case 44:
      return entry === undefined ? "unknownType" : null
    case 45: {
      const found = Asdu.cause(octets, at)
      if (row === undefined || found === entry?.alsoCause) return null
      for (const legal of row.causesControl) if (legal === found) return null
      return "unknownCause"
    }
    case 47:
      return row?.ioa === "zero" && Asdu.ioa(octets, at) !== 0 ? "unknownObject" : null
  }
}

function judge(
  turn: SessionTurn,
  octets: Uint8Array,
  at: number,
  row: TypeTable.TypeRow | undefined,
  entry: Entry | undefined
): Situation | null {
  const structure = judgeStructure(octets, at, row)
  if (structure !== null) return structure
  const cause = Asdu.cause(octets, at)
  if (cause >= 44 && cause <= 47) return "mirrored"
  for (const one of turn.world.profile.rejectionOrder) {
    const situation = judgeHeader(turn, octets, at, row, entry, one)
    if (situation !== null) return situation
  }
  return null
}

/**
 * Takes one received I frame whose numbers are right, or puts it back: commands that the application decides are handed to it
 * together, but what it says at once to what came before is said before anything else is judged, and before what stands
 * behind anything else. So any cut of the octets into segments comes to the same.
 */
export function receive(turn: SessionTurn, octets: Uint8Array, at: number): void {
  const type = Asdu.type(octets, at)
  const row = Asdu.size(octets, at) > Asdu.TYPE_AT ? TypeTable.byId[type] : undefined
  const found = entries[type]
  const entry = found?.when === undefined || found.when(turn.world) ? found : undefined
  const situation = judge(turn, octets, at, row, entry)
  if (situation !== null || entry === undefined || row === undefined)
    return Reply.reject(turn, situation ?? "unknownType", octets, at)
  const refusal = World.refusing(turn.world)
  if (refusal !== null && entry.confirmed === true) return Reply.reject(turn, refusal, octets, at)
  const isCommand = entry.run === Command.request
  if (!isCommand && turn.putsBack()) return
  turn.alone = !isCommand
  entry.run(turn, octets, at, Asdu.size(octets, at) > promised(row, octets, at))
}
