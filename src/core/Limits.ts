// Everything has a limit: one table of names, defaults, ranges and consequences, and the record that the table describes.

/** The limits of one server. Ranges, defaults and consequences stand in {@link table}. */
export interface Limits {
  readonly connections: number
  readonly logRecords: number
  readonly repliesPerSession: number
  readonly decisionsPerSession: number
  readonly decisionMs: number
  readonly operationMs: number
  readonly commandsPerPoint: number
  readonly refreshMs: number
  readonly undrainedOctets: number
  readonly holdMs: number
  readonly lingerMs: number
  readonly connectMs: number
  readonly abandonedCallbacks: number
  readonly handshakeMs: number
  readonly handshakes: number
  readonly keyUpdates: number
  readonly fileStepMs: number
  readonly fileOctetsMax: number
  readonly rehearsalMs: number
}

/** One row: what the limit bounds, its default and range, and what happens when it is reached. */
export interface LimitRow {
  readonly name: keyof Limits
  readonly unit: string
  readonly default: number
  readonly min: number
  readonly max: number
  readonly consequence: string
}

const row = (
  name: keyof Limits,
  unit: string,
  standard: number,
  min: number,
  max: number,
  consequence: string
): LimitRow => ({ name, unit, default: standard, min, max, consequence })

export const table: readonly LimitRow[] = [
  row("connections", "connections", 10_000, 1, 65_000, "a further connection is closed right after accept"),
  row(
    "logRecords",
    "records a class",
    131_072,
    64,
    33_554_432,
    "the oldest record is dropped for whoever still waits for it: counted, reported, healed with the current value"
  ),
  row("repliesPerSession", "replies", 1024, 16, 1_048_576, "the session is closed with REPLY_OVERFLOW"),
  row(
    "decisionsPerSession",
    "requests",
    1024,
    1,
    65_536,
    "a further request is confirmed negatively; of answers that the application owes the oldest is forgotten"
  ),
  row(
    "decisionMs",
    "ms",
    10_000,
    1,
    3_600_000,
    "the request is confirmed negatively; a later answer of the handler is a fact, and until then its output refuses"
  ),
  row(
    "operationMs",
    "ms",
    600_000,
    1,
    86_400_000,
    "what the output does is unknown: it refuses until the application releases it"
  ),
  row(
    "commandsPerPoint",
    "commands of one output",
    4,
    1,
    64,
    "a further command that would wait is confirmed negatively"
  ),
  row("refreshMs", "ms", 1000, 1, 3_600_000, "the current values are sent without waiting longer for onBeforeRead"),
  row(
    "undrainedOctets",
    "octets a session",
    65_536,
    1024,
    16_777_216,
    "no further I frame is handed to the socket until it drains"
  ),
  row(
    "holdMs",
    "ms",
    1000,
    0,
    3_600_000,
    "publishers that await `room` wait no longer for a session that is behind, until it has caught up: the log drops what is too much for it"
  ),
  row("lingerMs", "ms", 500, 0, 60_000, "a connection that was ended and whose peer does not close is cut"),
  row("connectMs", "ms", 10_000, 1, 3_600_000, "the connection is refused; a later answer of onConnect is dropped"),
  row(
    "abandonedCallbacks",
    "runs of onConnect, of onSelect, onClockSync, onReset, onParameter or a call of the file store that nobody waits for",
    1024,
    1,
    65_536,
    "nobody is admitted, a request is confirmed negatively, unasked; for an address (of IPv6 a network of 64 bits) that has caused a quarter of them as well"
  ),
  row("handshakeMs", "ms", 10_000, 100, 120_000, "a connection whose TLS handshake is not finished is closed"),
  row(
    "handshakes",
    "TLS handshakes",
    256,
    1,
    65_000,
    "for a new one, the oldest unfinished handshake of the address with most of them is cut, silent ones first"
  ),
  row(
    "keyUpdates",
    "TLS key updates a minute",
    60,
    1,
    65_000,
    "a client that renews its TLS 1.3 keys more often is cut"
  ),
  row(
    "fileStepMs",
    "ms",
    30_000,
    1,
    3_600_000,
    "a file transfer that does not go on is ended and its file is free again"
  ),
  row("fileOctetsMax", "octets", 16_777_215, 0, 16_777_215, "a longer file that a client announces is refused"),
  row(
    "rehearsalMs",
    "ms",
    250,
    0,
    10_000,
    "the server listens, though the first requests of its first client take longer"
  )
]

/** The defaults of {@link table}. */
export const defaults: Limits = {
  connections: 10_000,
  logRecords: 131_072,
  repliesPerSession: 1024,
  decisionsPerSession: 1024,
  decisionMs: 10_000,
  operationMs: 600_000,
  commandsPerPoint: 4,
  refreshMs: 1000,
  undrainedOctets: 65_536,
  holdMs: 1000,
  lingerMs: 500,
  connectMs: 10_000,
  abandonedCallbacks: 1024,
  handshakeMs: 10_000,
  handshakes: 256,
  keyUpdates: 60,
  fileStepMs: 30_000,
  fileOctetsMax: 16_777_215,
  rehearsalMs: 250
}

/** Names every limit outside its range; empty when all are well. */
export function validate(limits: Limits): readonly string[] {
  const problems: string[] = []
  for (const { name, min, max, unit } of table) {
    const value = limits[name]
    if (!(Number.isInteger(value) && value >= min && value <= max))
      problems.push(`limit ${name} is ${value}: an integer from ${min} to ${max} (${unit}) is required`)
  }
  return problems
}
