// docs/INTEROPERABILITY.md: the interoperability list (60870-5-104 clause 9) of this station, made from the type table,
// the dispatch table, the types that points may have, the profile and the link parameters.

import * as Value from "../../src/core/image/Value.ts"
import * as Parameters from "../../src/core/link/Parameters.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Dispatch from "../../src/core/session/Dispatch.ts"
import * as TypeTable from "../../src/core/wire/TypeTable.ts"
import * as Suite from "../../test/conformance/Suite.ts"
import * as Markdown from "./markdown.ts"

const { Type } = TypeTable

/** What a type depends on; types that are not listed are always there. */
const conditions: ReadonlyMap<number, string> = new Map<number, string>([
  [Type.C_TS_NA_1, "with `types101`"],
  [Type.C_CD_NA_1, "with `types101`"],
  [Type.C_RP_NA_1, "confirmed negatively unless the application decides resets"],
  ...[Type.P_ME_NA_1, Type.P_ME_NB_1, Type.P_ME_NC_1, Type.P_AC_NA_1].map(
    (type) => [type, "confirmed negatively unless the application decides parameters"] as const
  ),
  ...TypeTable.rows.filter(({ id }) => id >= 120).map(({ id }) => [id, "with a file store"] as const)
])

/** Types that this station sends besides those of points and the answers to requests. */
const alsoSent: readonly number[] = [Type.M_EI_NA_1, Type.F_DR_TA_1]

const isSent = ({ id }: TypeTable.TypeRow): boolean =>
  (Value.pointTypes.includes(id) && !Value.isCommand(id)) || alsoSent.includes(id)
const isTaken = ({ id }: TypeTable.TypeRow): boolean => Dispatch.supported.includes(id)

interface Section {
  readonly title: string
  readonly from: number
  readonly to: number
}

const sections: readonly Section[] = [
  { title: "Process information in monitor direction", from: 1, to: 44 },
  { title: "Process information in control direction", from: 45, to: 69 },
  { title: "System information in monitor direction", from: 70, to: 99 },
  { title: "System information in control direction", from: 100, to: 109 },
  { title: "Parameters in control direction", from: 110, to: 119 },
  { title: "File transfer", from: 120, to: 127 }
]

const typesOf = ({ title, from, to }: Section): string => {
  const rows = TypeTable.rows.filter(({ id }) => id >= from && id <= to)
  const cells = rows.map((row) => {
    const { id, mnemonic, title: name, profile104 } = row
    const there = isSent(row) || isTaken(row)
    const note = there ? (conditions.get(id) ?? "") : profile104 ? "" : "not part of -104"
    return [there ? "X" : "", `<${id}>`, mnemonic, name, note]
  })
  return `#### ${title}\n\n${Markdown.table(["", "type", "name", "", ""], cells)}`
}

/** The causes that stand in the list for themselves; mirrors 44 to 47 follow from the request. */
const causes = (numbers: readonly number[]): string => Markdown.ranges(numbers.filter((cause) => cause < 44)) || "-"

/**
 * Causes of the type table that this station never sends: C_CS_NA_1 with cause 3 reports a change of hour, which is of use
 * only with the three-octet time tags that are not part of -104; a directory is sent when asked for; parameters are not part
 * of an interrogation.
 */
const groupCauses: readonly number[] = Array.from({ length: 17 }, (_, index) => 20 + index)
const neverSent: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  ...[Type.P_ME_NA_1, Type.P_ME_NB_1, Type.P_ME_NC_1].map((type) => [type, groupCauses] as const),
  [Type.C_CS_NA_1, [3]],
  [Type.F_DR_TA_1, [3]]
])

const causesTable = (): string => {
  const rows = TypeTable.rows.filter((row) => isSent(row) || isTaken(row))
  const cells = rows.map((row) => {
    const also = row.id === Type.F_SC_NB_1 ? [5] : []
    const control = isTaken(row) ? causes([...also, ...row.causesControl]) : "-"
    const sent = row.causesMonitor.filter((cause) => neverSent.get(row.id)?.includes(cause) !== true)
    return [`<${row.id}>`, row.mnemonic, causes(sent), control]
  })
  return Markdown.table(["type", "name", "monitor direction", "control direction"], cells)
}

const sizes = (): string => {
  const rows = TypeTable.rows.filter((row) => isSent(row))
  const count = (number: number): string => (number === 0 ? "-" : String(number))
  const cells = rows.map((row) => [`<${row.id}>`, row.mnemonic, count(row.maxSq0), count(row.maxSq1)])
  return Markdown.table(["type", "name", "objects with SQ = 0", "objects with SQ = 1"], cells)
}

const choices: Readonly<Record<Exclude<keyof Profile.Profile, "name">, string>> = {
  addressing: "what an object address names: one monitoring and one command point, or a point of each type (see below)",
  interrogationType: "type of interrogation answers of time-tagged points: without time tag, or their own",
  cyclicTransmission: "cyclic transmission: causes 1, 2, 3 by kind of value and untagged, or cause 1 with the own type",
  returnedCause: "cause 11 only where the type table lists it (else 3), or always",
  reservedQualifiers: "QU 4 to 31 and QL 64 to 127: refused, or passed to the application",
  undecidedCommand: "a command that neither a handler nor a feedback point decides: refused, or confirmed",
  openCommand: "whether a command that the application answers later has its output until then, or frees it at once",
  commandWaitMs: "how long a command waits at a busy output, in ms; 0 = it is refused at once",
  clockConfirmation: "time in the confirmation of C_CS_NA_1: the station's before setting, or the received one",
  outdatedCommand: "a time-tagged command that is too old: confirmed negatively, or not answered",
  impossibleCommandTime: "a command whose time tag is no time: confirmed negatively, or left to the application",
  summerFlag: "SU = 0 in summer, in received time tags: taken for a forgotten flag (lenient), or invalid (strict)",
  freezeTermination: "whether freezing counters is terminated (cause 10)",
  types101: "whether C_TS_NA_1 and C_CD_NA_1 are answered",
  rejectionOrder: "which of the causes 44 to 47 answers a request with several faults",
  maxApduLength: "longest APDU in monitor direction (value of the length octet)",
  controlField: "reserved bits of the control field: a violation that closes, or ignored"
}

const said = (value: Profile.Profile[keyof Profile.Profile]): string =>
  Array.isArray(value) ? value.join(", ") : value === true ? "yes" : value === false ? "no" : String(value)

const profile = (): string => {
  const fields = Object.entries(choices) as [Exclude<keyof Profile.Profile, "name">, string][]
  const cells = fields.map(([field, what]) => [
    `\`${field}\``,
    what,
    said(Profile.presets.iec[field]),
    said(Profile.presets.c104[field])
  ])
  return Markdown.table(["choice", "", "`iec`", "`c104`"], cells)
}

const parameters = (): string =>
  Markdown.table(
    ["parameter", "default", "range"],
    Parameters.ranges.map(({ name, min, max, unit }) => {
      const isTime = unit === "ms"
      const shown = (value: number): string => (isTime ? `${value / 1000} s` : String(value))
      return [name.replace("Ms", ""), shown(Parameters.defaults[name]), `${shown(min)} to ${shown(max)}`]
    })
  )

/** Headings and lines of the list; X = supported, empty = not. */
const functions: readonly (readonly [string, readonly (readonly [boolean, string])[]])[] = [
  ["Station initialisation", [[true, "Remote initialisation (M_EI_NA_1, C_RP_NA_1 with QRP 1)"]]],
  ["Cyclic data transmission", [[true, "Cyclic data transmission, a period for each point"]]],
  ["Read procedure", [[true, "Read procedure"]]],
  ["Spontaneous transmission", [[true, "Spontaneous transmission"]]],
  ["Double transmission with and without time tag", [[false, "of the same change"]]],
  [
    "Station interrogation",
    [
      [true, "global"],
      [true, "groups 1 to 16"]
    ]
  ],
  ["Clock synchronisation", [[true, "Clock synchronisation; day of week and RES1 are ignored, SU is used"]]],
  [
    "Command transmission",
    [
      [true, "Direct command transmission"],
      [true, "Direct set-point command transmission"],
      [true, "Select and execute command"],
      [true, "Select and execute set-point command"],
      [true, "C_SE ACTTERM used"],
      [true, "No additional definition"],
      [true, "Short pulse duration (executed by the application)"],
      [true, "Long pulse duration (executed by the application)"],
      [true, "Persistent output (executed by the application)"],
      [true, "Supervision of maximum delay of commands in control direction, when a limit is configured"]
    ]
  ],
  [
    "Transmission of integrated totals",
    [
      [true, "Mode A: local freeze with spontaneous transmission"],
      [true, "Mode B: local freeze with counter interrogation"],
      [true, "Mode C: freeze and transmit by counter interrogation commands"],
      [true, "Mode D: freeze by counter interrogation command, frozen values reported spontaneously"],
      [true, "Counter read"],
      [true, "Counter freeze without reset"],
      [true, "Counter freeze with reset"],
      [true, "Counter reset"],
      [true, "General request counter"],
      [true, "Request counter groups 1 to 4"]
    ]
  ],
  [
    "Parameter loading",
    [
      [true, "Threshold value (stored by the application)"],
      [true, "Smoothing factor (stored by the application)"],
      [true, "Low limit for transmission of measured values (stored by the application)"],
      [true, "High limit for transmission of measured values (stored by the application)"]
    ]
  ],
  ["Parameter activation", [[true, "Activation and deactivation, decided by the application"]]],
  ["Test procedure", [[true, "Test procedure"]]],
  [
    "File transfer",
    [
      [true, "Transparent file in monitor direction"],
      [true, "Transparent file in control direction"],
      [true, "Archive part by time (F_SC_NB_1), where the file store can"],
      [false, "Files of disturbance data and of event sequences with their own meaning"]
    ]
  ],
  ["Background scan", [[true, "Background scan, a period for each station"]]],
  ["Acquisition of transmission delay", [[false, "not part of -104"]]]
]

const functionLists = (): string =>
  functions
    .map(
      ([title, lines]) =>
        `#### ${title}\n\n${lines.map(([there, what]) => `- [${there ? "X" : " "}] ${what}`).join("\n")}`
    )
    .join("\n\n")

/** Groups are there as soon as no case of the checklist waits for them. */
const redundancy = (): string =>
  Suite.cases().some(({ pending }) => pending.startsWith("redundancy groups"))
    ? "- [ ] Redundancy groups of several connections. Each connection is a group of its own."
    : "- [X] Redundancy groups of several connections"

/** The whole document. */
export function text(): string {
  return `# Interoperability

The list of 60870-5-104 clause 9 for this station, made by \`npm run documents\` from the tables that the code runs on; a
test compares. X = supported. What a point, a station or the application has to be configured for is said beside it.

## 9.1 System or device

- [ ] System definition
- [ ] Controlling station (master)
- [X] Controlled station (slave)

## 9.2 to 9.4 Network, physical layer, link layer

Not applicable: TCP/IP.

## 9.5 Application layer

| parameter | value |
| --- | --- |
| transmission mode | mode 1 (least significant octet first) |
| common address of ASDU | 2 octets, 1 to 65534; 65535 = all stations, for C_IC_NA_1, C_CI_NA_1, C_CS_NA_1, C_RP_NA_1 |
| information object address | 3 octets, 1 to 16777215, unstructured |
| cause of transmission | 2 octets, with originator address (0 = not used) |
| length of APDU | 253 at most in both directions; less in monitor direction with \`maxApduLength\` |

### Types

${sections.map(typesOf).join("\n\n")}

### Causes of transmission

Requests that are turned down come back with the causes 44 to 47, see [CONFORMANCE](CONFORMANCE.md). Group causes 21 to
36 and 38 to 41 are used for points in these groups. C_CS_NA_1 is never sent spontaneously. F_SC_NB_1 is taken with cause 13,
and with 5, with which some clients send it. Bitstring commands have no S/E and so no selection that could be taken back;
they are listed with 8 and 9 all the same, with time tag as without (the two differ in nothing else), since 8 is the legal
request to stop a direct command that runs, and has an answer.

${causesTable()}

### Objects of one ASDU

At most, with the longest APDU. Time-tagged types never use SQ = 1, with the exception of F_DR_TA_1.

${sizes()}

## 9.6 Basic application functions

${functionLists()}

#### Link parameters

${parameters()}

t2 has to be less than t1. More w than two thirds of k, and t3 not above t1 or above 48 h, are warned of.

#### Port

2404 by default, any other by configuration.

#### Redundant connections

${redundancy()}

#### Internet suite

- [X] Ethernet 802.3 and any other network of the host: RFC 2200, TCP over IPv4 and IPv6

## Profile

The choices of dialect, as one record. Two presets: \`iec\` is the default of the Effect entry and of configuration files,
\`c104\` that of the class \`Server\`.

${profile()}
`
}
