// Callbacks that run on though nobody waits for them any more, as the server has them now: each settles once.
import * as Abandoned from "../core/station/Abandoned.ts"

export class Strays {
  private readonly most: () => number
  private readonly station: { abandoned: Abandoned.Table }

  constructor(station: { abandoned: Abandoned.Table }, most: () => number) {
    this.station = station
    this.most = most
  }

  /** Whether a callback is asked nothing more for an address, so many of its answers are owed to nobody. */
  areMany(callback: string, address: string): boolean {
    return Abandoned.areMany(this.station.abandoned, this.most(), callback, address)
  }

  /** A run of a callback was given up. The result is called once, when that has settled. */
  add(callback: string, address: string): () => void {
    this.station.abandoned = Abandoned.add(this.station.abandoned, callback, address)
    return () => this.settle(callback, address)
  }

  /** A run that was given up has settled. */
  settle(callback: string, address: string): void {
    this.station.abandoned = Abandoned.settle(this.station.abandoned, callback, address)
  }
}
