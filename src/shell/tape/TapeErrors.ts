// What can be wrong with a tape, or with recording one: each has a name.
import * as Data from "effect/Data"
import { reason } from "../Reason.ts"

/** The file cannot be made or written. */
export class TapeUnwritable extends Data.TaggedError("TapeUnwritable")<{
  readonly file: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `${this.file}: the tape cannot be written: ${reasonOf(this.cause)}`
  }
}

/** The file cannot be read. */
export class TapeUnreadable extends Data.TaggedError("TapeUnreadable")<{
  readonly file: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `${this.file}: the tape cannot be read: ${reasonOf(this.cause)}`
  }
}

/** The file is something else. */
export class NotATape extends Data.TaggedError("NotATape")<{ readonly file: string; readonly problem: string }> {
  override get message(): string {
    return `${this.file}: ${this.problem}`
  }
}

/** An octet is not what was written, or a record makes no sense. */
export class TapeDamaged extends Data.TaggedError("TapeDamaged")<{
  readonly file: string
  /** Where the chunk begins, and records before it. */
  readonly at: number
  readonly records: number
  readonly problem: string
}> {
  override get message(): string {
    return `${this.file}: the tape is damaged at octet ${this.at}, behind record ${this.records}: ${this.problem}`
  }
}

/** Something of a configuration comes from outside and is not recorded. */
export class NotRecordable extends Data.TaggedError("NotRecordable")<{ readonly what: string }> {
  override get message(): string {
    return `${this.what} cannot be recorded: serve it without --record, or without that`
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EEXIST: "there is something already, which is not overwritten",
  EISDIR: "this is a folder",
  EACCES: "no permission",
  ENOSPC: "the disk is full"
}

const reasonOf = (cause: unknown): string =>
  reasons[cause instanceof Error && "code" in cause ? String(cause.code) : ""] ?? reason(cause)
