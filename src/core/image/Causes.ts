// With which causes a point's information may be sent in monitor direction (60870-5-101 7.2.3), and what a profile allows beside.

import type { Profile } from "../Profile.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { BlockType } from "./Block.ts"
import * as Value from "./Value.ts"

/** From here on causes say that a request was wrong: nobody sends information with them. */
const UNKNOWN = 44

/** The causes that the type of a point's events has by the standard. */
export const legalOf = ({ eventType }: BlockType): readonly number[] =>
  (TypeTable.byId[eventType] as TypeTable.TypeRow).causesMonitor.filter((cause) => cause < UNKNOWN)

/** Whether events of a point may have a cause. */
export function isLegal(of: BlockType, cause: number, { returnedCause, cyclicTransmission }: Profile): boolean {
  const { id, causesMonitor } = TypeTable.byId[of.eventType] as TypeTable.TypeRow
  if (cause < UNKNOWN && causesMonitor.includes(cause)) return true
  if (Value.isCommand(id)) return false
  if (returnedCause === "always" && (cause === 11 || cause === 12)) return true
  return cyclicTransmission === "own" && (cause === 1 || cause === 2)
}
