// The interoperability profile: every choice of dialect (clause 9 of 60870-5-104, and the few open points that
// implementations answer differently) as one typed record. No other place asks "which dialect".

/** How this station speaks. Two presets exist: {@link iec} and {@link c104}. */
export interface Profile {
  readonly name: string
  /** Type of interrogation answers for a time-tagged point: its twin without time tag, or its own type. */
  readonly interrogationType: "untagged" | "own"
  /** Cyclic transmission: causes 1/2/3 by kind of value and never tagged, or always cause 1 with the point's own type. */
  readonly cyclicTransmission: "standard" | "own"
  /** Cause of returned information for types whose table does not list 11: 3 (spontaneous) or 11 all the same. */
  readonly returnedCause: "table" | "always"
  /** QU 4..31 and QL 64..127: refused, or passed to the handler. */
  readonly reservedQualifiers: "refuse" | "pass"
  /** Time in the confirmation of a clock synchronisation: the station's own before setting, or the received one. */
  readonly clockConfirmation: "own" | "echo"
  /** Largest value of the APDU length octet in monitor direction, 24..253. */
  readonly maxApduLength: number
  /** Reserved bits of the control field: a violation that closes (strict), or ignored. Several function bits always close. */
  readonly controlField: "strict" | "lenient"
}

/** The standard's own answers: default of the Effect face and of the YAML configuration. */
export const iec: Profile = {
  name: "iec",
  interrogationType: "untagged",
  cyclicTransmission: "standard",
  returnedCause: "table",
  reservedQualifiers: "refuse",
  clockConfirmation: "own",
  maxApduLength: 253,
  controlField: "strict"
}

/** What the Python package c104 expects of a server: default of the `Server` class. */
export const c104: Profile = {
  name: "c104",
  interrogationType: "own",
  cyclicTransmission: "own",
  returnedCause: "always",
  reservedQualifiers: "pass",
  clockConfirmation: "own",
  maxApduLength: 253,
  controlField: "strict"
}

/** The presets by name. */
export const presets: { readonly iec: Profile; readonly c104: Profile } = { iec, c104 }
