// Callbacks that run on though nobody waits for their answer any more: its time was over, or its client has gone. Nothing ends
// them but the application, and clients that connect again and again could have any number of them run. So they have a limit,
// behind which nobody is asked any more, and of that a share for each address, so that one client keeps no others out. Who has
// an IPv6 network has all addresses in it: its share is one.
import { shareOf } from "./tls/Places.ts"

/** The part of the limit that one share may have: one in so many. */
const SHARES = 4

export class Strays {
  private readonly most: () => number
  /** By callback, and by callback and share. */
  private readonly counts = new Map<string, number>()

  constructor(most: () => number) {
    this.most = most
  }

  /** Whether a callback is asked nothing more for an address, so many of its answers are owed to nobody. */
  areMany(callback: string, address: string): boolean {
    if (this.counts.size === 0) return false
    const most = this.most()
    return this.of(callback) >= most || this.of(keyOf(callback, address)) >= Math.ceil(most / SHARES)
  }

  /** A run of a callback was given up. The result is called once, when that has settled. */
  add(callback: string, address: string): () => void {
    const keys = [callback, keyOf(callback, address)]
    for (const key of keys) this.counts.set(key, this.of(key) + 1)
    return () => {
      for (const key of keys) {
        const left = this.of(key) - 1
        if (left > 0) this.counts.set(key, left)
        else this.counts.delete(key)
      }
    }
  }

  private of(key: string): number {
    return this.counts.get(key) ?? 0
  }
}

const keyOf = (callback: string, address: string): string => `${callback} ${shareOf(address)}`
