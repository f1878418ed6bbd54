// The table of what is turned down, and how: one row a situation. The order of judgement is that of the rows:
// structure, common address, type, cause, object, content.

/** How a request is turned down. */
export type Reaction =
  | { readonly kind: "close" }
  /** The request comes back with this cause (44..47) and P/N = 1. */
  | { readonly kind: "mirror"; readonly cause: 44 | 45 | 46 | 47 }
  /** ACTCON (or DEACTCON for a deactivation) with P/N = 1. */
  | { readonly kind: "confirm" }
  | { readonly kind: "ignore" }

export interface RejectionRow {
  readonly reaction: Reaction
  readonly text: string
  readonly clause: string
}

const mirror = (cause: 44 | 45 | 46 | 47): Reaction => ({ kind: "mirror", cause })
const confirm: Reaction = { kind: "confirm" }

export const table: {
  readonly truncated: RejectionRow
  readonly noObject: RejectionRow
  readonly mirrored: RejectionRow
  readonly unknownCommonAddress: RejectionRow
  readonly unknownType: RejectionRow
  readonly unknownCause: RejectionRow
  readonly unknownObject: RejectionRow
  readonly severalObjects: RejectionRow
  readonly surplusOctets: RejectionRow
  readonly readShape: RejectionRow
  readonly qualifier: RejectionRow
  readonly value: RejectionRow
  readonly notSelectable: RejectionRow
  readonly notSelected: RejectionRow
  readonly selectedByOther: RejectionRow
  readonly impossibleTime: RejectionRow
  readonly outdated: RejectionRow
  readonly outdatedSilently: RejectionRow
  readonly nothingToDeactivate: RejectionRow
  readonly groupNotConfigured: RejectionRow
  readonly alreadyQueued: RejectionRow
  readonly invalidTime: RejectionRow
  readonly tooManyRequests: RejectionRow
  readonly stale: RejectionRow
  readonly resetting: RejectionRow
  readonly stopping: RejectionRow
} = {
  truncated: {
    reaction: { kind: "close" },
    text: "the ASDU is shorter than its header says",
    clause: "60870-5-101 7.1"
  },
  noObject: { reaction: { kind: "close" }, text: "the ASDU holds no information object", clause: "60870-5-101 7.2.2" },
  mirrored: {
    reaction: { kind: "ignore" },
    text: "an ASDU with cause 44..47 is never mirrored again",
    clause: "60870-5-101 7.2.3"
  },
  unknownCommonAddress: {
    reaction: mirror(46),
    text: "the common address is none of this server's",
    clause: "60870-5-101 7.2.4"
  },
  unknownType: {
    reaction: mirror(44),
    text: "the type is not supported in control direction",
    clause: "60870-5-101 7.2.1"
  },
  unknownCause: {
    reaction: mirror(45),
    text: "the cause is not legal for the type in control direction",
    clause: "60870-5-101 7.2.3"
  },
  unknownObject: {
    reaction: mirror(47),
    text: "there is no such information object of this type",
    clause: "60870-5-101 7.2.5"
  },
  severalObjects: {
    reaction: confirm,
    text: "a command carries exactly one object and SQ = 0",
    clause: "60870-5-101 7.3"
  },
  surplusOctets: { reaction: confirm, text: "octets follow the last object", clause: "60870-5-101 7.1" },
  // 47 would say that the object is not there, and 7 is no cause of a read command.
  readShape: {
    reaction: mirror(44),
    text: "a read command carries exactly one object, SQ = 0, and no elements: no other form of the type is supported",
    clause: "60870-5-101 7.3"
  },
  qualifier: { reaction: confirm, text: "the qualifier is not supported", clause: "60870-5-101 7.2.6" },
  value: { reaction: confirm, text: "the commanded value is not permitted", clause: "60870-5-101 7.2.6" },
  notSelectable: { reaction: confirm, text: "the point takes direct commands only", clause: "60870-5-101 7.2.6.26" },
  notSelected: {
    reaction: confirm,
    text: "the point was not selected with this value by this client in time",
    clause: "60870-5-5 6.8"
  },
  selectedByOther: {
    reaction: confirm,
    text: "another client has selected the point",
    clause: "60870-5-5 6.8"
  },
  impossibleTime: {
    reaction: confirm,
    text: "the time tag of the command is no time",
    clause: "60870-5-4 6.8"
  },
  outdated: {
    reaction: confirm,
    text: "the time tag of the command is invalid, or too old, or in the future",
    clause: "60870-5-104 8"
  },
  outdatedSilently: {
    reaction: { kind: "ignore" },
    text: "as outdated, where the profile says that no answer is given",
    clause: "60870-5-104 8"
  },
  nothingToDeactivate: { reaction: confirm, text: "nothing is running or selected", clause: "60870-5-5 6.8" },
  groupNotConfigured: { reaction: confirm, text: "the interrogated group is not configured", clause: "60870-5-5 6.6" },
  alreadyQueued: {
    reaction: confirm,
    text: "one interrogation runs and one is queued already",
    clause: "60870-5-5 6.6"
  },
  invalidTime: { reaction: confirm, text: "the received time is invalid or impossible", clause: "60870-5-4 6.8" },
  tooManyRequests: { reaction: confirm, text: "too many requests wait for a decision", clause: "local limit" },
  stale: {
    reaction: confirm,
    text: "the process stood still for t1 or longer: nobody knows how old the request is",
    clause: "60870-5-104 8"
  },
  resetting: { reaction: confirm, text: "the process is about to be reset", clause: "60870-5-5 6.10" },
  stopping: { reaction: confirm, text: "the application has stopped the server", clause: "local" }
}

/** A row of {@link table} by name. */
export type Situation = keyof typeof table
