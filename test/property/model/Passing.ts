// How time passes in the model, where it is moved: all is done when it is due, or the server stands still; what links and cycles
// have to keep to meanwhile is looked at whenever nothing more happens by itself.
import { Application } from "./Application.ts"
import type { Client, Request } from "./Client.ts"
import type { Time } from "./Ground.ts"
import type { Life } from "./History.ts"
import type { Op } from "./Programs.ts"

const IDLE_MS = 1900
/** How often a server looks whether it stood still. */
const PULSE_MS = 250
/** The tick of the server's clock. */
const TICK_MS = 100

/** Somebody who is to be told a point by the clock. */
interface Cycle {
  readonly life: Life
  readonly client: Client
  readonly from: number
  readonly fromMs: number
  readonly periodMs: number
}

export abstract class Passing extends Application {
  /** What waited while the server stood still for longer than t1. */
  readonly waited = new Set<Request>()
  private readonly served = new Map<number, number>()
  private readonly endedEarly = new Set<number>()

  protected slows(client: Client, slow: boolean): void {
    if (client.slow === slow) return
    client.slow = slow
    if (client.rules !== null) client.rules.exact = false
    this.ground.time?.pause(client.port, slow)
  }

  /** Where nothing is to happen by the clock, it does not: only links are looked after. */
  async idle(): Promise<readonly string[]> {
    const { time } = this.ground
    if (time === null || this.program.times === null || this.stopped !== null) return []
    const untilMs = this.ground.nowMs() + IDLE_MS
    let wakes = 0
    await this.rests(time)
    for (let nextMs = time.nextMs(); nextMs <= untilMs; nextMs = time.nextMs(), wakes++) {
      time.jump(Math.max(0, nextMs - this.ground.nowMs()))
      await this.rests(time)
    }
    const pulses = this.program.times.stands ? IDLE_MS / PULSE_MS + 1 : 0
    const most = pulses + 2 * this.all.filter(({ ended }) => !ended).length
    return wakes > most ? [`it wakes up ${wakes} times in ${IDLE_MS} ms, though nothing is to happen`] : []
  }

  /** So many ms go by, in which everything is done when it is due. */
  protected async passes(ms: number): Promise<void> {
    const { time } = this.ground
    if (time === null) return
    const untilMs = this.ground.nowMs() + ms
    await this.rests(time)
    const due = this.cyclesWithin(ms)
    for (let nextMs = time.nextMs(); nextMs <= untilMs; nextMs = time.nextMs()) {
      time.jump(Math.max(0, nextMs - this.ground.nowMs()))
      await this.rests(time)
    }
    time.jump(untilMs - this.ground.nowMs())
    await this.rests(time)
    for (const one of due) this.cycled(one)
  }

  /** Who is told what by the clock within so many ms, if he and it are there all the time. */
  private cyclesWithin(ms: number): readonly Cycle[] {
    const { times } = this.program
    if (times === null) return []
    const listens = this.all.filter(
      (one) => one.started && !one.ended && !one.left && !one.mute && !one.isHeld && one.rules?.isExact === true
    )
    return this.living(false).flatMap((life) => {
      // It is refreshed before, and others of its period with it.
      const withinMs = life.periodMs + TICK_MS + times.refreshMs
      if (life.periodMs === 0 || ms < withinMs) return []
      return listens.map((client) => ({
        life,
        client,
        fromMs: this.ground.nowMs(),
        from: client.told.length,
        periodMs: life.periodMs
      }))
    })
  }

  private cycled({ life, client, from, fromMs, periodMs }: Cycle): void {
    const isThere = life.died === Number.POSITIVE_INFINITY && !client.ended && !client.left && this.stopped === null
    if (!isThere || life.periodMs !== periodMs) return
    const told = client.told
      .slice(from)
      .some((one) => one.ca === life.ca && one.ioa === life.ioa && (one.cause === 1 || one.cause === 2))
    if (!told)
      this.problems.push(
        `${life.ca}/${life.ioa} was not told from ${fromMs} to ${this.ground.nowMs()}, every ${periodMs} ms`
      )
  }

  /** The process stands still for so many ms, while what clients say waits; then the application may be the first to do something. */
  protected async stands(ms: number, first: Op | null): Promise<void> {
    const { time } = this.ground
    const { times } = this.program
    if (time === null) return
    await time.rest()
    // What comes from now on is not read before.
    time.jump(1)
    for (const client of this.all) {
      client.rules?.stood()
      if (client.ended) continue
      if (!client.mute && !client.slow) client.acknowledge(32_767)
      await client.say([])
      if (times?.stands !== true || ms < times.t1S * 1000) continue
      for (const [request, saidMs] of client.saidMs) if (saidMs === this.ground.nowMs()) this.waited.add(request)
    }
    time.jump(ms)
    if (first !== null) this.application(first, 1, 1, 1)
    await this.rests(time)
  }

  /** Until nothing happens by itself: clients acknowledge what they are told, unless they do not. */
  private async rests(time: Time): Promise<void> {
    for (let acknowledged = true; acknowledged; ) {
      await time.rest()
      acknowledged = false
      for (const client of this.all) {
        if (client.ended || client.mute || client.slow || !(client.hasToAcknowledge || client.isHeld)) continue
        acknowledged = true
        client.acknowledge(32_767)
        await client.say([])
      }
    }
    for (const client of this.all) client.rules?.rests(this.ground.nowMs())
    this.overdue()
  }

  /** Of what goes on for too long nobody knows what it does. */
  private overdue(): void {
    const { times } = this.program
    if (times === null || this.all.some(({ rules }) => rules?.isExact === false)) return
    for (const { life, step, settled, released, atMs, key } of this.calls) {
      if (step !== "execute" || settled || released || life.died !== Number.POSITIVE_INFINITY) continue
      const { outputStatus } = life.point
      if (this.ground.nowMs() >= atMs + times.operationMs && outputStatus !== "unknown")
        this.problems.push(`${key} goes on since ${atMs}, and its output is ${outputStatus} at ${this.ground.nowMs()}`)
    }
  }

  protected opened(port: number): void {
    this.served.set(port, this.server.protocolParameters.sendWindowSize)
    this.windowed(port)
  }

  /** The window of a connection is that of the moment in which it is served. */
  private windowed(port: number): void {
    const rules = this.all.find((one) => one.port === port)?.rules
    if (rules != null) rules.k = this.served.get(port) ?? rules.k
  }

  /** A client has connected, and may have been let in, or have ended, before that is known here. */
  protected connected(client: Client): void {
    if (this.endedEarly.has(client.port)) client.leaves()
    this.windowed(client.port)
    // It waits to be let in, or is not.
    if (client.rules !== null && !this.served.has(client.port)) client.rules.exact = false
  }

  protected closed(port: number, reason: string): void {
    const client = this.all.find((one) => one.port === port)
    // It may have ended before anybody knows that it is there.
    if (client === undefined) this.endedEarly.add(port)
    client?.rules?.closed(reason, this.ground.nowMs())
  }
}
