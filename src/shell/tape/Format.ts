// What a tape is made of. Behind a mark come chunks, each with its length and a check sum, so that what is there can be read
// up to where a crash has cut it. The first chunk is the head; then come records, and in the end what a tap has counted.
//
// A record is an octet that says its kind and numbers behind it. Most of what a server asks has not changed since it asked last:
// of that nothing is written but how often it was, in front of the next record, with an octet of a hash of what was asked.

/** The first octets of every tape, with the version of its form. */
export const MARK: Buffer = Buffer.from("IEC104TAPE\x01")

/** What a chunk holds: its first octet. */
export const Chunk = { Head: 1, Records: 2, End: 3 } as const

/** In front of a chunk: its length and its check sum, of four octets each, the lowest first. */
export const CHUNK_HEAD = 8
/** A chunk is longer than this by a record at most. */
export const CHUNK_OCTETS = 65_536
/** No tape has a longer one: the longest configuration, and some. */
export const CHUNK_MAX = 134_217_728

/** Set in the kind of a record in front of which something was asked that had not changed, or was done. */
export const ASKED = 0x80

/** The kinds of records. Their numbers are part of the form. */
export const Kind = {
  // ---- what the server asks: its answer is new ----
  Monotonic: 1,
  Wall: 2,
  /** Time by which stalls are seen, in microseconds. */
  Real: 3,
  Writable: 4,
  Readable: 5,
  Destroyed: 6,
  Closed: 7,
  // ---- what the server does, which is compared ----
  Write: 10,
  Fact: 11,
  /** It takes octets that have come, which are told within it. */
  Read: 12,
  // ---- what the server does, of which only the order is compared: never a record of its own ----
  Wake: 20,
  Cancel: 21,
  AfterInput: 22,
  Soon: 23,
  Pulse: 24,
  Listen: 25,
  Unlisten: 26,
  Flow: 27,
  Resume: 28,
  Pause: 29,
  Unshift: 30,
  End: 31,
  Destroy: 32,
  FileCall: 33,
  // ---- what comes in ----
  Build: 40,
  Start: 41,
  Stop: 42,
  Opened: 43,
  ListenerFailed: 44,
  Accepted: 45,
  Data: 46,
  /** As {@link Kind.Data}, within a {@link Kind.Read}. */
  DataRead: 47,
  Taken: 48,
  Ended: 49,
  Broken: 50,
  Gone: 51,
  Woken: 52,
  InputRead: 53,
  SoonCame: 54,
  Pulsed: 55,
  FileSaid: 56,
  // ---- what is published ----
  SetValue: 60,
  SetQuality: 61,
  SetTime: 62,
  Append: 63,
  /** As {@link Kind.Append}, spontaneously, of the point of the record before. */
  AppendSame: 64,
  Update: 65,
  Publish: 66,
  Count: 67,
  Room: 68,
  /** Nothing follows: what was asked in front of it is known. */
  Last: 70
} as const

const names = new Map<number, string>(
  Object.entries(Kind).map(([name, kind]) => [
    kind,
    name.replaceAll(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()
  ])
)

/** A kind in words. */
export const nameOf = (kind: number): string => names.get(kind) ?? `kind ${kind}`

/** What a tape begins with. */
export interface Head {
  /** The version of the program that has recorded it. */
  readonly program: string
  readonly node: string
  /** When that began, ISO 8601. */
  readonly began: string
  /** The configuration: its name, its text, and where it was listened instead. */
  readonly file: string
  readonly text: string
  readonly listen: string | null
}

/** What a tap on the lines has seen of one of them; of number 0 what belongs to none. */
export interface Counted {
  readonly line: number
  readonly peer: string
  readonly octets: number
  readonly octetsHash: string
  readonly facts: number
  readonly factsHash: string
}

/** What a tape ends with. */
export interface Foot {
  readonly records: number
  readonly counted: readonly Counted[]
}

/** A hash of what is asked and done, which goes on from one record to the next; its highest octet is written. */
export const mixed = (hash: number, kind: number, place: number, what: number): number => {
  const next = Math.imul(hash ^ (kind | (place << 8)), 0x9e3779b1) ^ what
  return Math.imul(next ^ (next >>> 15), 0x85ebca6b)
}

/** That octet. */
export const shown = (hash: number): number => hash >>> 24
