// Lines in memory and a clock that is moved: the same program makes the same octets at the same times, however long they are.
import type { MemoryLine } from "../../../src/shell/memory/MemoryLine.ts"
import { MemoryTransport } from "../../../src/shell/memory/MemoryTransport.ts"
import { VirtualClock } from "../../../src/shell/VirtualClock.ts"
import { type Ground, type Hearing, immediate, type Time, tick, type Wire } from "./Ground.ts"
import { StandingClock } from "./StandingClock.ts"

const SERVER = "127.0.0.1"
const CLIENT = "192.0.2.1"
const FIRST_PORT = 50_000
const BEGUN_MS = Date.UTC(2026, 2, 1, 12)
/** Turns of the loop after which whoever still has something to do never comes to rest. */
const TURNS_MAX = 100_000

export class MemoryGround implements Ground {
  readonly clock: VirtualClock
  readonly transport: MemoryTransport
  private readonly lines = new Map<number, MemoryLine>()
  private readonly capacity: number | undefined
  private made = 0

  /** So many octets are on the way to either end, or wait to be read there; `stands`: the server sees that it stood still. */
  constructor(capacity?: number, stands = false) {
    this.capacity = capacity
    this.clock = stands ? new StandingClock(BEGUN_MS) : new VirtualClock(BEGUN_MS)
    this.transport = new MemoryTransport(this.clock)
  }

  readonly nowMs = (): number => this.clock.monotonicMs()

  readonly connect: Ground["connect"] = async (port, hears) => {
    const from = { address: CLIENT, port: FIRST_PORT + ++this.made }
    const line = this.transport.connect(from, { address: SERVER, port }, this.capacity)
    if (line === null) return null
    this.lines.set(from.port, line)
    let deaf = false
    const wire: Wire = {
      port: from.port,
      write: (octets) => void line.write(octets),
      end: () => line.end(),
      reset: () => {
        deaf = true
        line.reset()
      },
      cut: () => {
        deaf = true
        line.destroy()
      }
    }
    const { data, end, close }: Hearing = hears(wire)
    // What it is told is overwritten later.
    line.on("data", (octets) => {
      if (!deaf) data(Uint8Array.from(octets))
    })
    line.on("end", end)
    line.on("close", () => {
      this.lines.delete(from.port)
      close()
    })
    await this.turn()
    return wire
  }

  readonly time: Time = {
    jump: (ms) => this.clock.advance(this.nowMs() + ms),
    nextMs: () => this.clock.nextMs,
    rest: () => this.rest(),
    pause: (port, paused) => {
      const line = this.lines.get(port)
      if (paused) line?.pause()
      else line?.resume()
    }
  }

  readonly turn = async (): Promise<void> => {
    this.clock.turn()
    await tick()
  }

  private async rest(): Promise<void> {
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      if (this.clock.turn()) {
        await tick()
        continue
      }
      // What waits for this process's own loop: fibers that let others go first.
      await immediate()
      if (!this.clock.turn()) return
    }
    throw new Error("it does not come to rest")
  }

  readonly until = async (holds: () => boolean, withinMs: number): Promise<boolean> => {
    const untilMs = this.nowMs() + withinMs
    for (let turns = 0; !holds() && turns < TURNS_MAX; turns++) {
      if (this.clock.turn()) {
        await tick()
        continue
      }
      await immediate()
      if (holds() || this.clock.turn()) continue
      const { nextMs } = this.clock
      if (nextMs > untilMs) {
        this.clock.advance(untilMs)
        return holds()
      }
      this.clock.advance(Math.max(nextMs, this.nowMs()))
    }
    return holds()
  }

  readonly wait = async (ms: number): Promise<void> => {
    await this.turn()
    await this.until(() => false, ms)
    await this.turn()
  }

  readonly left = async (): Promise<readonly string[]> => {
    await this.rest()
    const lines = [...this.lines.keys()].map((port) => `the line of ${port}`)
    return Number.isFinite(this.clock.nextMs) ? [...lines, `a timer at ${this.clock.nextMs} ms`] : lines
  }
}
