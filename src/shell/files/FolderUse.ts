// How much a folder holds, without reading all of it for each file that comes: what this process changes is reckoned, and
// the folder is read again now and then, since others put files there and take them away.

/** Files, and their octets together. */
export interface Amount {
  readonly octets: number
  readonly files: number
}

/** How old a reading may be, and that as a multiple of how long it took: so reading never takes more than a small share. */
const AGE_MS = 1000
const AGE_READINGS = 10

export class FolderUse {
  private octets = 0
  private files = 0
  private reading: Promise<void> | null = null
  /** What was added while the folder was read, which may or may not have been seen. */
  private added = { octets: 0, files: 0 }
  private againMs = Number.NEGATIVE_INFINITY
  private readonly read: () => Promise<Amount>

  constructor(read: () => Promise<Amount>) {
    this.read = read
  }

  /** What is there, counting at least what this process has put there. */
  async amount(): Promise<Amount> {
    if (performance.now() >= this.againMs) this.reading ??= this.again()
    if (this.reading !== null) await this.reading
    return { octets: this.octets, files: this.files }
  }

  /** This process has put a file there in place of another, or taken one away. */
  replaced(before: Amount, after: Amount): void {
    const octets = after.octets - before.octets
    const files = after.files - before.files
    this.octets += octets
    this.files += files
    this.added.octets += Math.max(0, octets)
    this.added.files += Math.max(0, files)
  }

  private async again(): Promise<void> {
    const beganMs = performance.now()
    this.added = { octets: 0, files: 0 }
    try {
      const found = await this.read()
      this.octets = found.octets + this.added.octets
      this.files = found.files + this.added.files
      const nowMs = performance.now()
      this.againMs = nowMs + Math.max(AGE_MS, AGE_READINGS * (nowMs - beganMs))
    } finally {
      this.reading = null
    }
  }
}
