// The clocks and the event loop of a server that is recorded or played. What it waits for has a number or its place in a line, by
// which the tape says when it came.
import type { Clock } from "../Clock.ts"
import type { EventLoop } from "../EventLoop.ts"
import { Turns } from "../Turns.ts"
import { Kind } from "./Format.ts"
import type { Tape } from "./Tape.ts"

type Call = () => void

/** The world's own time, and how what comes of it is told: `come` with a kind and a number calls {@link TapedClock.come}. */
export interface Timing {
  readonly clock: Clock
  readonly loop: EventLoop
  readonly come: (kind: number, number: number) => void
}

const MICROSECONDS = 1000

export class TapedClock implements Clock {
  readonly loop: EventLoop
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  private readonly tape: Tape
  /** Null: nothing comes but what the tape says. */
  private readonly timing: Timing | null
  private made = 0
  private readonly waiting = new Map<number, Call>()
  private readonly afterwards: Call[] = []
  private readonly next: Call[] = []

  constructor(tape: Tape, timing: Timing | null) {
    this.tape = tape
    this.timing = timing
    const { monotonicMs, wallMs } = timing?.clock ?? { monotonicMs: () => 0, wallMs: () => 0 }
    this.monotonicMs = () => tape.asks(Kind.Monotonic, 0, monotonicMs)
    this.wallMs = () => tape.asks(Kind.Wall, 0, wallMs)
    const real = timing?.loop.real ?? null
    const microseconds = (): number => Math.round((real?.nowMs() ?? 0) * MICROSECONDS)
    this.loop = {
      turns: new Turns(this.afterInput),
      soon: (call) => {
        tape.does(Kind.Soon, 0, 0)
        this.next.push(call)
        timing?.loop.soon(() => timing.come(Kind.SoonCame, 0))
      },
      real: {
        nowMs: () => tape.asks(Kind.Real, 0, microseconds) / MICROSECONDS,
        pulse: (everyMs, call) => {
          tape.does(Kind.Pulse, 0, everyMs)
          const number = ++this.made
          this.waiting.set(number, call)
          const end = real?.pulse(everyMs, () => timing?.come(Kind.Pulsed, number))
          return () => this.cancel(number, end)
        }
      }
    }
  }

  readonly wake = (delayMs: number, call: Call, idle = false): Call => {
    const { tape, timing } = this
    tape.does(Kind.Wake, 0, delayMs)
    const number = ++this.made
    this.waiting.set(number, call)
    const end = timing?.clock.wake(delayMs, () => timing.come(Kind.Woken, number), idle)
    return () => this.cancel(number, end)
  }

  readonly afterInput = (call: Call): void => {
    const { tape, timing } = this
    tape.does(Kind.AfterInput, 0, 0)
    this.afterwards.push(call)
    timing?.clock.afterInput(() => timing.come(Kind.InputRead, 0))
  }

  private cancel(number: number, end: Call | undefined): void {
    if (!this.waiting.delete(number)) return
    this.tape.does(Kind.Cancel, 0, number)
    end?.()
  }

  /** Something has come that was waited for; false where nobody waits for it. */
  come(kind: number, number: number): boolean {
    const call = this.take(kind, number)
    call?.()
    return call !== undefined
  }

  private take(kind: number, number: number): Call | undefined {
    if (kind === Kind.InputRead) return this.afterwards.shift()
    if (kind === Kind.SoonCame) return this.next.shift()
    const call = this.waiting.get(number)
    if (kind === Kind.Woken) this.waiting.delete(number)
    return call
  }
}
