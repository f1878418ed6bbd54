// Which files of which station a folder holds, by their names alone: so that who asks for those of one station does not
// look at all others. The folder is read again when it has changed, and now and then.
import * as Fs from "node:fs/promises"
import { setTimeout as pause } from "node:timers/promises"
import { Shared } from "../Shared.ts"
import type { Name } from "./FileStore.ts"

/** Names of files: common address, object address and name of file; no leading zeros. */
const PATTERN = /^([1-9]\d{0,4})-(0|[1-9]\d{0,7})-(0|[1-9]\d{0,4})$/

/** The name of a file in the folder, null for what the protocol cannot say. */
export function nameOf({ ca, ioa, nof }: Name): string | null {
  const name = `${ca}-${ioa}-${nof}`
  return PATTERN.test(name) ? name : null
}

/** What a name in the folder says, null where it is none of a file. */
function read(name: string): Name | null {
  const match = PATTERN.exec(name)
  if (match === null) return null
  const [ca = 0, ioa = 0, nof = 0] = match.slice(1).map(Number)
  return ioa <= 0xff_ffff && nof <= 0xffff ? { ca, ioa, nof } : null
}

/** File systems tell times in steps of at most this: what changes twice within one has the same time. */
const STEP_MS = 2000
/** A reading is believed for so long at most, or for so many times as long as it took. */
const AGE_MS = 1000
/** Between two readings lie so many times as long as the first one took: reading takes a small share of the time. */
const APART = 4
/** Entries that are read at a time. */
const ENTRIES = 256

interface Reading {
  readonly stations: ReadonlyMap<number, readonly Name[]>
  /** When the folder had changed last before it was read; NaN when that may have been just then. */
  readonly changedMs: number
  /** Until when it is believed while the folder has not changed, and from when on the folder is read anew. */
  readonly untilMs: number
  readonly againMs: number
}

export class FolderNames {
  private readonly folder: string
  private reading: Reading = { stations: new Map(), changedMs: Number.NaN, untilMs: 0, againMs: 0 }
  private readonly readings = new Shared(() => this.again())

  constructor(folder: string) {
    this.folder = folder
  }

  /** The files of all stations, as they are now or a moment later. */
  async stations(): Promise<ReadonlyMap<number, readonly Name[]>> {
    const { mtimeMs } = await Fs.stat(this.folder)
    const { changedMs, untilMs, stations } = this.reading
    return mtimeMs === changedMs && performance.now() < untilMs ? stations : this.readings.ask()
  }

  private async again(): Promise<ReadonlyMap<number, readonly Name[]>> {
    const waitMs = this.reading.againMs - performance.now()
    if (waitMs > 0) await pause(Math.ceil(waitMs), undefined, { ref: false })
    const beganMs = performance.now()
    const { mtimeMs } = await Fs.stat(this.folder)
    const changedMs = Math.abs(Date.now() - mtimeMs) < STEP_MS ? Number.NaN : mtimeMs
    const stations = new Map<number, Name[]>()
    for await (const { name } of await Fs.opendir(this.folder, { bufferSize: ENTRIES })) {
      const file = read(name)
      if (file === null) continue
      const files = stations.get(file.ca)
      if (files === undefined) stations.set(file.ca, [file])
      else files.push(file)
    }
    const nowMs = performance.now()
    const apartMs = APART * (nowMs - beganMs)
    this.reading = { stations, changedMs, untilMs: nowMs + Math.max(AGE_MS, apartMs), againMs: nowMs + apartMs }
    return stations
  }
}
