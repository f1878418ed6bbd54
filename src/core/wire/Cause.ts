// Cause of transmission: its values, the P/N and T bits that share its octet, and their names
// (IEC 60870-5-101 7.2.3).

/** Causes 0..63 (bits 1..6 of the first cause octet). 48..63 are private, the values not listed are reserved. */
export const Cause = {
  PERIODIC: 1,
  BACKGROUND_SCAN: 2,
  SPONTANEOUS: 3,
  INITIALIZED: 4,
  REQUEST: 5,
  ACTIVATION: 6,
  ACTIVATION_CON: 7,
  DEACTIVATION: 8,
  DEACTIVATION_CON: 9,
  ACTIVATION_TERMINATION: 10,
  RETURN_INFO_REMOTE: 11,
  RETURN_INFO_LOCAL: 12,
  FILE_TRANSFER: 13,
  AUTHENTICATION: 14,
  MAINTENANCE_OF_AUTH_SESSION_KEY: 15,
  MAINTENANCE_OF_USER_ROLE_AND_UPDATE_KEY: 16,
  INTERROGATED_BY_STATION: 20,
  INTERROGATED_BY_GROUP_1: 21,
  INTERROGATED_BY_GROUP_2: 22,
  INTERROGATED_BY_GROUP_3: 23,
  INTERROGATED_BY_GROUP_4: 24,
  INTERROGATED_BY_GROUP_5: 25,
  INTERROGATED_BY_GROUP_6: 26,
  INTERROGATED_BY_GROUP_7: 27,
  INTERROGATED_BY_GROUP_8: 28,
  INTERROGATED_BY_GROUP_9: 29,
  INTERROGATED_BY_GROUP_10: 30,
  INTERROGATED_BY_GROUP_11: 31,
  INTERROGATED_BY_GROUP_12: 32,
  INTERROGATED_BY_GROUP_13: 33,
  INTERROGATED_BY_GROUP_14: 34,
  INTERROGATED_BY_GROUP_15: 35,
  INTERROGATED_BY_GROUP_16: 36,
  REQUESTED_BY_GENERAL_COUNTER: 37,
  REQUESTED_BY_GROUP_1_COUNTER: 38,
  REQUESTED_BY_GROUP_2_COUNTER: 39,
  REQUESTED_BY_GROUP_3_COUNTER: 40,
  REQUESTED_BY_GROUP_4_COUNTER: 41,
  UNKNOWN_TYPE_ID: 44,
  UNKNOWN_COT: 45,
  UNKNOWN_CA: 46,
  UNKNOWN_IOA: 47
} as const

/** A cause with a name. */
export type Cause = (typeof Cause)[keyof typeof Cause]

/** The cause itself in the first cause octet. */
export const MASK = 0x3f
/** P/N, bit 7: 1 = negative confirmation. */
export const NEGATIVE = 0x40
/** T, bit 8: 1 = test, operates nothing. */
export const TEST = 0x80

const names: readonly (string | undefined)[] = Object.entries(Cause).reduce<(string | undefined)[]>(
  (slots, [key, value]) => {
    slots[value] = key
    return slots
  },
  new Array(64).fill(undefined)
)

/** The name of a cause 0..63; `PRIVATE_n` for 48..63, `RESERVED_n` for every other value without a name. */
export const name = (cause: number): string =>
  names[cause] ?? `${cause >= 48 && cause <= 63 ? "PRIVATE" : "RESERVED"}_${cause}`
