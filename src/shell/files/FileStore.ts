// What a server needs of a place where files are kept. Implement it over anything; FolderStore keeps them in a folder.
import type { FileName, FileRefusal } from "../../core/file/FileMessage.ts"

/** Longest file that the protocol can describe (LOF has 24 bits), in octets. */
export const FILE_OCTETS_MAX = 16_777_215

/** Why a store does not do what it is asked: this is an answer, not a failure. */
export type Refusal = FileRefusal
/** A file: common address 1..65534, object address 0..16777215, name of file 0..65535. */
export type Name = FileName

/** A file as the directory shows it (F_DR_TA_1). */
export interface StoredFile {
  /** Object address 0..16777215. */
  readonly ioa: number
  /** Name of file 0..65535. */
  readonly nof: number
  /** 0..16777215. */
  readonly octets: number
  /** Time of creation, ms since 1970 UTC. */
  readonly createdMs: number
  /** STATUS of SOF, 0..31, default 0. */
  readonly status?: number
  /** Whether this is the name of a subdirectory, default false. */
  readonly directory?: boolean
}

/** A file that is open for being sent. Its octets must not change until it is closed. */
export interface FileReader {
  /** Octets of the file, 0..16777215. */
  readonly octets: number
  /** Up to `octets` octets from `offset` on, at least one; the array belongs to the server from then on. */
  read(offset: number, octets: number): Promise<Uint8Array>
  /** Called once, whatever happened. */
  close(): Promise<void>
}

/** A file that is being received. Nobody sees it before it is committed. */
export interface FileWriter {
  /** Stores octets at an offset; a part that was corrupted on the way is written again. */
  write(offset: number, data: Uint8Array): Promise<void>
  /** The file is complete with so many octets: from now on it is there, in place of an older one of its name. */
  commit(octets: number): Promise<void>
  /** Called once, whatever happened: without a commit before, all that was written is thrown away. */
  close(): Promise<void>
}

/**
 * Where files are kept. The server asks for one file from one session at a time, and awaits each answer before it goes
 * on with that file. A rejected promise is a failure: it is reported as an `error` event (`CallbackFailed`) and the
 * client gets a negative answer. A call that takes longer than `limits.fileStepMs` is given up by the client's transfer;
 * its file stays taken until the call is answered.
 */
export interface FileStore {
  /** The files of a station, in any order. */
  list(commonAddress: number): Promise<readonly StoredFile[]>
  /** Opens a file for sending. */
  open(file: Name): Promise<FileReader | Refusal>
  /** Prepares for receiving a file of `octets` octets. */
  create(file: Name, octets: number): Promise<FileWriter | Refusal>
  /** Deletes a file; null when it is gone. */
  delete(file: Name): Promise<Refusal | null>
  /**
   * Prepares the part of an archive between two times (ms since 1970 UTC) as a file at the same address (QueryLog,
   * F_SC_NB_1), and tells its name 0..65535. A side without bound is -Infinity or Infinity. Without this method every query is refused.
   */
  query?(archive: Name, fromMs: number, toMs: number): Promise<number | Refusal>
}
