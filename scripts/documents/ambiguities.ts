// Where readings of the standard differ: what implementations do, what this server does, and where that is decided.
import type { Profile } from "../../src/core/Profile.ts"

export interface Ambiguity {
  readonly question: string
  readonly variants: string
  readonly choice: string
  /** A field of the interoperability profile, another setting, or nothing: it is fixed. */
  readonly decidedBy: { readonly profile: keyof Profile } | { readonly setting: string } | null
  /** Cases and test files that show it. */
  readonly tests: readonly string[]
}

const row = (
  question: string,
  variants: string,
  choice: string,
  decidedBy: Ambiguity["decidedBy"],
  ...tests: readonly string[]
): Ambiguity => ({ question, variants, choice, decidedBy, tests })

const profile = (field: keyof Profile): Ambiguity["decidedBy"] => ({ profile: field })
const setting = (name: string): Ambiguity["decidedBy"] => ({ setting: name })

export const ambiguities: readonly Ambiguity[] = [
  row(
    "Which of the causes 44 to 47 when several apply",
    "not defined; 46 first is usual",
    "46, 44, 45, 47",
    profile("rejectionOrder"),
    "G17",
    "G18",
    "G19",
    "G20"
  ),
  row("The old connection of a group when STARTDT comes on another", "close; stop silently", "close", null),
  row(
    "STARTDT act while STOPDT waits for acknowledgements",
    "back to STARTED; close",
    "STARTDT con, STARTED",
    null,
    "B15"
  ),
  row("Confirmations (U) that nobody asked for", "ignore; close", "ignore", null, "B20", "B21"),
  row("Several function bits in a U frame", "answer one; ignore; close", "close", null, "B22"),
  row("t2 with several I frames", "from the first; from each", "from the first", null, "E6"),
  row("t3 restarted by sending", "by receiving only; by both", "by receiving only", null, "E13", "E14"),
  row(
    "Time in the confirmation of C_CS_NA_1",
    "time before setting; the received time",
    "time before setting",
    profile("clockConfirmation"),
    "J2"
  ),
  row(
    "Time-tagged command that is too old",
    "negative confirmation; silence",
    "negative confirmation",
    profile("outdatedCommand"),
    "K28"
  ),
  row("ACTTERM after freezing counters", "yes; no", "yes", profile("freezeTermination"), "I22"),
  row("ACTTERM for set-points", "yes; no", "yes", setting("actTerm of the point (after select always)"), "K22"),
  row("Return information before or after ACTTERM", "both", "before", null, "K1"),
  row(
    "A second interrogation while one runs",
    "queue; refuse; start again",
    "one is queued, a further one refused",
    null,
    "I16"
  ),
  row(
    "Common address in answers to the global address",
    "the station's own; 65535",
    "the station's own",
    null,
    "I11",
    "J6"
  ),
  row("Global address with other types", "46; ignore; execute", "46", null, "G12"),
  row("P/N in mirrored requests", "1; 0 in old stations", "1", null, "G1"),
  row(
    "Malformed ASDU in an intact frame",
    "close; mirror; tolerate",
    "close when truncated or without object; several objects, SQ = 1 or surplus octets of a command: negative confirmation",
    null,
    "G26",
    "G27",
    "G28",
    "G29",
    "G30",
    "G31"
  ),
  row(
    "Negative ACTTERM when an operation failed",
    "used; not defined",
    "ACTTERM is positive unless the application says that the operation failed: then P/N = 1",
    null,
    "K3"
  ),
  row(
    "Interrogation of a group without objects",
    "negative confirmation; empty answer",
    "negative confirmation",
    null,
    "I7"
  ),
  row(
    "Causes 11 and 12 for measured values and bitstrings",
    "yes; no",
    "only types 1, 3, 5, 30 to 32; others 3",
    profile("returnedCause"),
    "H29",
    "H30"
  ),
  row("Cause of F_SC_NB_1", "13 assumed; 5", "both are taken", null, "M22"),
  row(
    "Object address and name of file of a directory request",
    "0; where the list starts",
    "0 lists the station; another address lists from there",
    null,
    "M1"
  ),
  row(
    "C_IC_NA_1 and C_CI_NA_1 with cause 8",
    "handled; 45",
    "C_IC_NA_1 ends the running interrogation, C_CI_NA_1 45",
    null,
    "G8",
    "I17",
    "I18"
  ),
  row(
    "BSI as a number or in wire order",
    "little endian number; wire order",
    "number: bit 1 of the first octet is bit 1",
    null,
    "H6"
  ),
  row("Year of two digits", "2000 + year; sliding window", "2000 + year", null, "test/core/wire/Time.test.ts")
]
