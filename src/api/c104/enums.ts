// The enumerations of the c104 surface, with c104's names and the standard's numbers.
import { Cause } from "../../core/wire/Cause.ts"
import * as TypeTable from "../../core/wire/TypeTable.ts"

export { TlsCipher } from "./tlsCiphers.ts"

/** Type identifications (60870-5-101 7.2.1): those of c104, and the parameter, file and statistics types. */
export const Type: typeof TypeTable.Type = TypeTable.Type
export type Type = TypeTable.TypeId

/** Causes of transmission (60870-5-101 7.2.3). */
export const Cot: typeof Cause = Cause
export type Cot = (typeof Cot)[keyof typeof Cot]

/** Qualifiers of interrogation: the station or one of its groups (60870-5-101 7.2.6.22). */
export const Qoi = {
  STATION: 20,
  GROUP_1: 21,
  GROUP_2: 22,
  GROUP_3: 23,
  GROUP_4: 24,
  GROUP_5: 25,
  GROUP_6: 26,
  GROUP_7: 27,
  GROUP_8: 28,
  GROUP_9: 29,
  GROUP_10: 30,
  GROUP_11: 31,
  GROUP_12: 32,
  GROUP_13: 33,
  GROUP_14: 34,
  GROUP_15: 35,
  GROUP_16: 36
} as const
export type Qoi = (typeof Qoi)[keyof typeof Qoi]

/** Qualifiers of command: how a switching command acts (60870-5-101 7.2.6.26). */
export const Qoc = { NONE: 0, SHORT_PULSE: 1, LONG_PULSE: 2, PERSISTENT: 3 } as const
export type Qoc = (typeof Qoc)[keyof typeof Qoc]

/** What a counter interrogation asks for (60870-5-101 7.2.6.23). */
export const Rqt = { GROUP_1: 1, GROUP_2: 2, GROUP_3: 3, GROUP_4: 4, GENERAL: 5 } as const
export type Rqt = (typeof Rqt)[keyof typeof Rqt]

/** What a counter interrogation does to the counters (60870-5-101 7.2.6.23). */
export const Frz = { READ: 0, FREEZE_WITHOUT_RESET: 1, FREEZE_WITH_RESET: 2, COUNTER_RESET: 3 } as const
export type Frz = (typeof Frz)[keyof typeof Frz]

/** Causes of initialisation (60870-5-101 7.2.6.21). */
export const Coi = { LOCAL_POWER_ON: 0, LOCAL_MANUAL_RESET: 1, REMOTE_RESET: 2 } as const
export type Coi = (typeof Coi)[keyof typeof Coi]

/** Why a received message was not expected. */
export const Umc = {
  NO_ERROR_CAUSE: 0,
  UNKNOWN_TYPE_ID: 1,
  UNKNOWN_COT: 2,
  UNKNOWN_CA: 3,
  UNKNOWN_IOA: 4,
  INVALID_COT: 5,
  INVALID_TYPE_ID: 6,
  MISMATCHED_TYPE_ID: 7,
  UNIMPLEMENTED_GROUP: 8
} as const
export type Umc = (typeof Umc)[keyof typeof Umc]

/** What a callback says to a request. */
export const ResponseState = { FAILURE: 0, SUCCESS: 1, NONE: 2 } as const
export type ResponseState = (typeof ResponseState)[keyof typeof ResponseState]

/** Whether a command point has to be selected before it is operated. */
export const CommandMode = { DIRECT: 0, SELECT_AND_EXECUTE: 1 } as const
export type CommandMode = (typeof CommandMode)[keyof typeof CommandMode]

/** Directions of a regulating step command (60870-5-101 7.2.6.17). */
export const Step = { INVALID_0: 0, LOWER: 1, HIGHER: 2, INVALID_3: 3 } as const
export type Step = (typeof Step)[keyof typeof Step]

/** States of a double point (60870-5-101 7.2.6.2). */
export const Double = { INTERMEDIATE: 0, OFF: 1, ON: 2, INDETERMINATE: 3 } as const
export type Double = (typeof Double)[keyof typeof Double]

/** States of a single event of protection equipment (60870-5-101 7.2.6.10). */
export const EventState = { INTERMEDIATE: 0, OFF: 1, ON: 2, INDETERMINATE: 3 } as const
export type EventState = (typeof EventState)[keyof typeof EventState]

/** Versions of TLS; NOT_SELECTED leaves a bound of the range to the library. */
export const TlsVersion = { NOT_SELECTED: 0, SSL_3_0: 3, TLS_1_0: 4, TLS_1_1: 5, TLS_1_2: 6, TLS_1_3: 7 } as const
export type TlsVersion = (typeof TlsVersion)[keyof typeof TlsVersion]

/** The member of an enumeration that has a value, or undefined. */
export const nameOf = (enumeration: Readonly<Record<string, number>>, value: number): string | undefined =>
  Object.keys(enumeration).find((name) => enumeration[name] === value)
