// What the file transfer asks of a file store, and what the store answers. Names and content are numbers and octets:
// the core never sees a path.

/** A file as the wire names it: station, object address and name of file (NOF). */
export interface FileName {
  readonly ca: number
  readonly ioa: number
  readonly nof: number
}

/** One entry of a directory. */
export interface FileEntry {
  readonly ioa: number
  readonly nof: number
  /** Octets of the file, 0..16777215. */
  readonly octets: number
  /** CP56Time2a words of the time of creation. */
  readonly timeLow: number
  readonly timeHigh: number
  /** SOF bits 1..5, and whether it is a subdirectory; LFD is added by the transfer. */
  readonly status: number
  readonly directory: boolean
  /** Whether any session transfers it at present (FA). */
  readonly active: boolean
}

/** What the store has to do. Answered by a `FileAnswer` with the id of the notice. */
export type FileRequest =
  /** Lists the files of a station. */
  | { readonly op: "list"; readonly ca: number }
  /** Opens a file for this session; refused when it is unknown or somebody else transfers it. */
  | { readonly op: "open"; readonly name: FileName }
  /** Reads `octets` octets from `offset` of the file that is open. */
  | { readonly op: "read"; readonly name: FileName; readonly offset: number; readonly octets: number }
  /** Makes room for a file of `octets` octets that the client sends. */
  | { readonly op: "create"; readonly name: FileName; readonly octets: number }
  /** Writes octets of the file being received; a section that is sent again is written again at the same offset. */
  | { readonly op: "write"; readonly name: FileName; readonly offset: number; readonly data: Uint8Array }
  /** The file that was sent is complete with so many octets: makes it visible. */
  | { readonly op: "commit"; readonly name: FileName; readonly octets: number }
  /**
   * The session's transfer ended: releases its file; what was received and not committed is thrown away. Not answered.
   * A session has one transfer at most; `name` is what it asked for.
   */
  | { readonly op: "close"; readonly name: FileName }
  | { readonly op: "delete"; readonly name: FileName }
  /** Prepares the part of an archive between two times (CP56Time2a words) as a file of its own (QueryLog). */
  | {
      readonly op: "query"
      readonly name: FileName
      readonly fromLow: number
      readonly fromHigh: number
      readonly toLow: number
      readonly toHigh: number
    }

/** Why a store refuses. */
export type FileRefusal = "unknown" | "busy" | "noSpace" | "notAllowed" | "failed"

/** What the store says; of a directory the entries by address, then name. */
export type FileAnswer =
  | { readonly id: number; readonly ok: false; readonly why: FileRefusal }
  | { readonly id: number; readonly ok: true; readonly op: "list"; readonly entries: readonly FileEntry[] }
  | { readonly id: number; readonly ok: true; readonly op: "open"; readonly octets: number }
  | { readonly id: number; readonly ok: true; readonly op: "read"; readonly data: Uint8Array }
  | { readonly id: number; readonly ok: true; readonly op: "create" | "write" | "commit" | "delete" }
  /** The file that was prepared, and its length. */
  | { readonly id: number; readonly ok: true; readonly op: "query"; readonly nof: number; readonly octets: number }

/** A notice that asks the file store. */
export interface FileRequested {
  readonly kind: "file"
  readonly id: number
  readonly request: FileRequest
}
