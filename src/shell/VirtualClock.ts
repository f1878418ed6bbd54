// Time that moves only when somebody moves it, and an event loop that turns only then: a server that runs by it does nothing
// by itself, and does the same whenever it is given the same. A turn goes as Node's does: timers, then input, then what waits
// for input that has come.
import type { Clock } from "./Clock.ts"
import { type EventLoop, soon } from "./EventLoop.ts"
import { Turns } from "./Turns.ts"

type Call = () => void

interface Wake {
  readonly number: number
  readonly atMs: number
  readonly call: Call
}

export class VirtualClock implements Clock {
  readonly loop: EventLoop
  private nowMs: number
  /** What the wall clock is ahead of the monotonic one. */
  private aheadMs: number
  /** By their time, those of the same time in the order in which they were made. */
  private readonly wakes: Wake[] = []
  private made = 0
  private inputs: Call[] = []
  private afterwards: Call[] = []

  /** At 0 ms it is `wallMs` of UTC. */
  constructor(wallMs = 0) {
    this.nowMs = 0
    this.aheadMs = wallMs
    this.loop = { turns: new Turns(this.afterInput), soon, real: null }
  }

  readonly monotonicMs = (): number => this.nowMs

  readonly wallMs = (): number => this.nowMs + this.aheadMs

  readonly wake = (delayMs: number, call: Call): Call => {
    const wake = { number: ++this.made, atMs: this.nowMs + delayMs, call }
    let place = this.wakes.length
    while (place > 0 && (this.wakes[place - 1] as Wake).atMs > wake.atMs) place--
    this.wakes.splice(place, 0, wake)
    return () => {
      const at = this.wakes.indexOf(wake)
      if (at >= 0) this.wakes.splice(at, 1)
    }
  }

  readonly afterInput = (call: Call): void => void this.afterwards.push(call)

  /** Calls back in the next turn, as input that has come is read. */
  readonly input = (call: Call): void => void this.inputs.push(call)

  /** Somebody sets the wall clock. */
  setWall(wallMs: number): void {
    this.aheadMs = wallMs - this.nowMs
  }

  /** When the next timer is due, infinity where there is none. */
  get nextMs(): number {
    return this.wakes[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** It is later now, by the wall clock too. What is due by then waits for the next turn. */
  advance(toMs: number): void {
    if (!(toMs >= this.nowMs)) throw new Error(`time does not go back from ${this.nowMs} ms to ${toMs} ms`)
    this.nowMs = toMs
  }

  /** One turn of the loop; false when there was nothing to do in it. What begins in it is seen to in the next. */
  turn(): boolean {
    const { made, inputs } = this
    let calls = 0
    // What is called may cancel what comes behind it.
    for (let [next] = this.wakes; next !== undefined; [next] = this.wakes) {
      if (next.atMs > this.nowMs || next.number > made) break
      this.wakes.shift()
      next.call()
      calls++
    }
    this.inputs = []
    for (const call of inputs) call()
    const { afterwards } = this
    this.afterwards = []
    for (const call of afterwards) call()
    return calls + inputs.length + afterwards.length > 0
  }
}
