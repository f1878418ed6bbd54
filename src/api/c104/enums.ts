// The enumerations of the c104 surface, with c104's names and the standard's numbers.
import { Cause } from "../../core/asdu/Cause.ts"
import * as TypeTable from "../../core/asdu/TypeTable.ts"

/** Type identifications (60870-5-101 7.2.1). */
export const Type: typeof TypeTable.Type = TypeTable.Type
export type Type = TypeTable.TypeId

/** Causes of transmission (60870-5-101 7.2.3). */
export const Cot: typeof Cause = Cause
export type Cot = (typeof Cot)[keyof typeof Cot]

/** What a callback says to a request. */
export const ResponseState = { FAILURE: 0, SUCCESS: 1, NONE: 2 } as const
export type ResponseState = (typeof ResponseState)[keyof typeof ResponseState]

/** Causes of initialisation (60870-5-101 7.2.6.21). */
export const Coi = { LOCAL_POWER_ON: 0, LOCAL_MANUAL_RESET: 1, REMOTE_RESET: 2 } as const
export type Coi = (typeof Coi)[keyof typeof Coi]

/** States of a double point (60870-5-101 7.2.6.2). */
export const Double = { INTERMEDIATE: 0, OFF: 1, ON: 2, INDETERMINATE: 3 } as const
export type Double = (typeof Double)[keyof typeof Double]

/** Directions of a regulating step command (60870-5-101 7.2.6.17). */
export const Step = { INVALID_0: 0, LOWER: 1, HIGHER: 2, INVALID_3: 3 } as const
export type Step = (typeof Step)[keyof typeof Step]
