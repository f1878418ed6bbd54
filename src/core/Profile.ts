// The interoperability profile: every choice of dialect (clause 9 of 60870-5-104, and the few open points that
// implementations answer differently) as one typed record. No other place asks "which dialect".

/** How this station speaks. Two presets exist: {@link iec} and {@link c104}. */
export interface Profile {
  readonly name: string
  /**
   * What an object address names: one monitoring and one command point of a station, or with `perType` a point of each type. A
   * type and its twin with time tag are one: both say the same of the same object.
   */
  readonly addressing: "unique" | "perType"
  /** Type of interrogation answers for a time-tagged point: its twin without time tag, or its own type. */
  readonly interrogationType: "untagged" | "own"
  /** Cyclic transmission: causes 1/2/3 by kind of value and never tagged, or always cause 1 with the point's own type. */
  readonly cyclicTransmission: "standard" | "own"
  /** Cause of returned information for types whose table does not list 11: 3 (spontaneous) or 11 all the same. */
  readonly returnedCause: "table" | "always"
  /** QU 4..31 and QL 64..127: refused, or passed to the handler. */
  readonly reservedQualifiers: "refuse" | "pass"
  /** A command that nobody decides (no handler, no feedback point that can show it): refused, or confirmed positively. */
  readonly undecidedCommand: "refuse" | "confirm"
  /** Whether a command that the application answers later has its output until it is answered, or until its handler has ended. */
  readonly openCommand: "occupies" | "frees"
  /** How long a command waits at an output that is busy, 0..60,000 ms; 0: it is refused at once. */
  readonly commandWaitMs: number
  /** Time in the confirmation of a clock synchronisation: the station's own before setting, or the received one. */
  readonly clockConfirmation: "own" | "echo"
  /** Answer to a time-tagged command that is too old: a negative confirmation, or none. */
  readonly outdatedCommand: "refuse" | "ignore"
  /** A command whose time tag is no time (minute 63, month 0): refused, or left to the application. */
  readonly impossibleCommandTime: "refuse" | "pass"
  /** A received time tag with SU = 0 in summer: taken for a forgotten flag (lenient), or invalid (strict). */
  readonly summerFlag: "lenient" | "strict"
  /** Whether a freeze or reset of counters is terminated (COT 10) like a request for their values. */
  readonly freezeTermination: boolean
  /** Whether C_TS_NA_1 and C_CD_NA_1, which belong to 60870-5-101, are answered. */
  readonly types101: boolean
  /** Which of the causes 44..47 answers a request with several faults: the first of these that applies. */
  readonly rejectionOrder: readonly (44 | 45 | 46 | 47)[]
  /** Largest value of the APDU length octet in monitor direction, 25 (the longest single object) ..253. */
  readonly maxApduLength: number
  /** Reserved bits of the control field: a violation that closes (strict), or ignored. Several function bits always close. */
  readonly controlField: "strict" | "lenient"
}

/** The standard's own answers: default of the Effect face and of the YAML configuration. */
export const iec: Profile = {
  name: "iec",
  addressing: "unique",
  interrogationType: "untagged",
  cyclicTransmission: "standard",
  returnedCause: "table",
  reservedQualifiers: "refuse",
  undecidedCommand: "refuse",
  openCommand: "occupies",
  commandWaitMs: 0,
  clockConfirmation: "own",
  outdatedCommand: "refuse",
  impossibleCommandTime: "refuse",
  summerFlag: "lenient",
  freezeTermination: true,
  types101: false,
  rejectionOrder: [46, 44, 45, 47],
  maxApduLength: 253,
  controlField: "strict"
}

/** What the Python package c104 expects of a server: default of the `Server` class. */
export const c104: Profile = {
  name: "c104",
  addressing: "unique",
  interrogationType: "own",
  cyclicTransmission: "own",
  returnedCause: "always",
  reservedQualifiers: "pass",
  undecidedCommand: "confirm",
  openCommand: "frees",
  commandWaitMs: 1000,
  clockConfirmation: "own",
  outdatedCommand: "refuse",
  impossibleCommandTime: "pass",
  summerFlag: "lenient",
  freezeTermination: true,
  types101: false,
  rejectionOrder: [46, 44, 45, 47],
  maxApduLength: 253,
  controlField: "strict"
}

/** The presets by name. */
export const presets: { readonly iec: Profile; readonly c104: Profile } = { iec, c104 }

/** What is wrong with a profile, or null. */
export function problem(profile: Profile): string | null {
  if (typeof profile !== "object" || profile === null) return `${String(profile)} is none`
  const { addressing, maxApduLength, rejectionOrder, commandWaitMs } = profile
  if (addressing !== "unique" && addressing !== "perType")
    return `addressing is ${String(addressing)}: "unique" or "perType" is required`
  if (!(Number.isInteger(maxApduLength) && maxApduLength >= 25 && maxApduLength <= 253))
    return `maxApduLength is ${maxApduLength}: a whole number from 25 to 253 is required`
  if (!(Number.isInteger(commandWaitMs) && commandWaitMs >= 0 && commandWaitMs <= 60_000))
    return `commandWaitMs is ${commandWaitMs}: a whole number from 0 to 60000 is required`
  if (!Array.isArray(rejectionOrder)) return `rejectionOrder is ${String(rejectionOrder)}: a list of causes is required`
  if ([...rejectionOrder].sort().join() !== "44,45,46,47")
    return `rejectionOrder is ${rejectionOrder.join()}: the causes 44, 45, 46 and 47 are required, each once`
  return null
}
