// A clock that is moved, and that shows it when it was moved far between two turns: then the process stood still.
import { type EventLoop, soon } from "../../../src/shell/EventLoop.ts"
import { Turns } from "../../../src/shell/Turns.ts"
import { VirtualClock } from "../../../src/shell/VirtualClock.ts"

export class StandingClock extends VirtualClock {
  override readonly loop: EventLoop = {
    turns: new Turns(this.afterInput),
    soon,
    real: {
      nowMs: this.monotonicMs,
      pulse: (everyMs, callback) => {
        const again = (): (() => void) =>
          this.wake(everyMs, () => {
            end = again()
            callback()
          })
        let end = again()
        return () => end()
      }
    }
  }
}
