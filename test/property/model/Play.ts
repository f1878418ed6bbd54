// A real server under a random program: clients that come, ask, stop and go, and an application that publishes, decides,
// removes and adds. What happens is written down in the order of the server, to be judged when all is over.
import { Client, type Request, U } from "./Client.ts"
import type { Life } from "./History.ts"
import { Passing } from "./Passing.ts"
import { MONITORS, RELATED } from "./Plant.ts"
import type { Op, Step } from "./Programs.ts"
import { STEPS_MS } from "./Timed.ts"

/** What only a client can say that is started. */
const requests: ReadonlySet<Op> = new Set([
  "command",
  "select",
  "execute",
  "cancel",
  "interrogate",
  "deactivate",
  "counters",
  "read",
  "parameter",
  "clock",
  "restart",
  "test"
])
const CLIENTS = 3
/** Originators behind this one are for the last picture. */
const LAST_ASKED = 245
const TIME = [0, 0, 0, 12, 1, 1, 26]

export class Play extends Passing {
  private readonly clients: (Client | null)[] = Array(CLIENTS).fill(null)
  private oa = 0
  private isCalm = false
  private readonly epochs = new Map<Client, number>()
  /** How often a client had stopped before it asked for something. */
  readonly epochOf = new Map<Request, number>()
  private readonly chosen = new Map<number, Request>()
  private readonly done = new Map<number, Request>()

  override async begin(): Promise<void> {
    await super.begin()
    for (let a = 0; a < this.program.starts; a++)
      for (const op of ["connect", "start"] as const)
        await this.run({ op, a, b: 0, c: 0, hold: false, places: [], turns: 2 })
  }

  // ---- one step ----

  async run(step: Step): Promise<void> {
    const { op, a, b, c } = step
    this.steps++
    const index = this.indexOf(op, a)
    const client = this.clients[index] ?? null
    if (op === "revive" && this.stopped !== null) {
      await this.over(this.stopped)
      await this.server.start()
      this.stopped = null
      this.clients.fill(null)
      for (const one of this.all) one.leaves()
    }
    if (op === "wait") await this.waitsFor(this.program.quick ? 12 : 0)
    this.application(op, a, b, c)
    // Who is about to wait has often just said something.
    if (op === "stall" && client !== null)
      this.ofClient(client, index, { ...step, op: c % 3 === 0 ? "execute" : "command" })
    await this.passing(op, client, b, c)
    if (op === "connect" && client === null) {
      const { protocolParameters, port } = this.server
      const { sendWindowSize: k, receiveWindowSize: w } = protocolParameters
      const { ground, trace, program } = this
      const made = await Client.connect({ ground, port, trace, times: program.times, k, w })
      if (made !== null) {
        this.clients[index] = made
        this.all.push(made)
        this.connected(made)
      }
    } else if (client !== null) {
      this.ofClient(client, index, step)
      if (!step.hold) await client.say(step.places)
      if (client.left) this.clients[index] = null
    }
    for (let i = 0; i < step.turns; i++) await this.ground.turn()
  }

  private waitsFor(ms: number): Promise<void> {
    return this.program.times === null ? this.ground.wait(ms) : this.passes(ms)
  }

  /** Often long enough for a peer to be taken for dead. */
  private stallMs(c: number): number {
    const { times } = this.program
    return times === null || c % 2 === 0 ? (STEPS_MS[c] as number) : times.t1S * 1000 + c
  }

  /** Time passes, and how clients are by it. */
  private async passing(op: Op, client: Client | null, b: number, c: number): Promise<void> {
    switch (op) {
      case "time":
        return this.passes(STEPS_MS[c] as number)
      case "stall":
        return this.stands(this.stallMs(c), ([null, "publish", "settle", "cycle"] as const)[b % 4] as Op | null)
      case "mute":
        if (client === null) return
        client.mute = c % 2 === 0
        client.wasMute ||= client.mute
        return
      case "slow":
        if (client !== null) this.slows(client, c % 3 !== 0)
        return
      default:
        return
    }
  }

  /** Whatever was to happen by the clock has happened, and nothing more is going to. */
  private async calm(): Promise<void> {
    if (this.ground.time === null || this.program.times === null || this.isCalm) return
    this.isCalm = true
    this.isOver = true
    this.unschedule()
    for (const client of this.all) {
      client.mute = false
      this.slows(client, false)
    }
    await this.quiesce()
    const { operationMs, waitMs, decisionMs, selectMs } = this.program.times
    await this.passes(operationMs + waitMs + decisionMs + selectMs + 10_000)
    // What nobody has waited for is over at last, and takes no place of what others may have run.
    for (const one of this.never.splice(0)) one(1)
  }

  /** Which client a step is of: who connects is not there, and who asks is started where anybody is. */
  private indexOf(op: Op, a: number): number {
    const places = [...this.clients.keys()]
    const fit = places.filter((place) => {
      const client = this.clients[place]
      if (op === "connect") return client == null
      if (op === "start") return client != null && !client.started
      return requests.has(op) && client?.started === true && !client.left
    })
    return (fit.length === 0 ? places : fit)[a % (fit.length === 0 ? CLIENTS : fit.length)] as number
  }
  private ofClient(client: Client, index: number, { op, b, c }: Step): void {
    const ca = [1, 2, 1, 2, 1, 2, 65535, 9][b] as number
    const one = 1 + (b % 2)
    switch (op) {
      case "start":
        if (!client.started) client.u(U.startdt)
        client.started = true
        return
      case "stop":
        if (!client.started) return
        client.u(U.stopdt)
        client.started = false
        this.epochs.set(client, (this.epochs.get(client) ?? 0) + 1)
        return
      case "cut":
        return client.close()
      case "reset":
        return client.reset()
      case "bad":
        if (c % 4 === 0) client.bad()
        return
      case "ack":
        return client.acknowledge(32767)
      case "part":
        return client.acknowledge(1 + (c % 3))
      case "command":
      case "select":
        return this.operate(client, index, op === "select", b, c)
      case "execute": {
        const chosen = this.chosen.get(c % 8 === 7 ? (index + 1) % CLIENTS : index)
        if (chosen === undefined) return
        const element = chosen.element.map((octet, i) => (i === this.selectAt(chosen) ? octet & 0x7f : octet))
        return this.ask(client, { ...chosen, cause: 6, element }, index)
      }
      case "cancel": {
        const done = c % 2 === 0 ? this.done.get(index) : this.chosen.get(index)
        if (done !== undefined) this.ask(client, { ...done, cause: 8 })
        return
      }
      case "interrogate":
        return this.ask(client, this.request(100, ca, 0, [c % 4 === 3 ? 21 : 20], c % 8 === 5))
      case "deactivate": {
        const last = client.sent.findLast(({ type, cause }) => type === 100 && cause === 6)
        if (last !== undefined) this.ask(client, { ...last, cause: 8 })
        return
      }
      case "counters":
        return this.ask(client, this.request(101, ca, 0, [(c % 5 === 4 ? 1 : 5) | (c % 3 === 0 ? (c % 4) << 6 : 0)]))
      case "read":
        return this.ask(client, { ...this.request(102, one, c < 24 ? 1 + (c % RELATED) : 99, []), cause: 5 })
      case "parameter": {
        const [type, element] = [
          [110, [0, 0, 1]],
          [111, [0, 0, 1]],
          [112, [0, 0, 0, 0, 1]],
          [113, [1]]
        ][c % 4] as [number, number[]]
        return this.ask(client, this.request(type, one, type === 113 ? 0 : 1 + (c % MONITORS), element))
      }
      case "clock":
        return this.ask(client, this.request(103, one, 0, TIME))
      case "restart":
        return this.ask(client, this.request(105, one, 0, [c % 8 === 7 ? 1 : 2]))
      case "test":
        return this.ask(client, this.request(107, one, 0, [0xaa, 0x55, ...TIME]))
      default:
        return
    }
  }

  private request(type: number, ca: number, ioa: number, element: readonly number[], test = false): Request {
    return { oa: ++this.oa, type, cause: 6, ca, ioa, element, test }
  }

  private selectAt({ type }: Request): number {
    return type === 49 || type === 62 ? 2 : 0
  }

  private operate(client: Client, index: number, select: boolean, b: number, c: number): void {
    const all = this.living(true)
    const fit = all.filter((life) => life.selects === select)
    const among = c % 8 === 0 || fit.length === 0 ? all : fit
    const life = among[(b + c) % Math.max(1, among.length)]
    const type = life?.type ?? 45
    const bit = select ? 0x80 : 0
    const plain = type === 49 ? [c, 0, bit] : [(type === 46 ? 1 + (c % 2) : c % 2) | bit]
    const tagged = c % 4 === 3
    const more = tagged ? TIME : []
    const ioa = c === 30 ? 99 : (life?.ioa ?? 99)
    const request = this.request(tagged ? type + 13 : type, life?.ca ?? 1, ioa, [...plain, ...more], c % 16 === 9)
    this.ask(client, request, index)
    if (select) this.chosen.set(index, request)
  }

  private ask(client: Client, request: Request, index?: number): void {
    // Requests are told apart by their originator.
    if (!client.started || this.oa >= LAST_ASKED) return
    client.ask(request)
    this.epochOf.set(request, this.epochs.get(client) ?? 0)
    if (index !== undefined) this.done.set(index, request)
  }

  epoch(client: Client): number {
    return this.epochs.get(client) ?? 0
  }

  // ---- the end ----

  /** All that waits ends: callbacks, what they left open, windows. */
  async settle(): Promise<void> {
    await this.calm()
    await this.quiesce()
  }

  private async quiesce(): Promise<void> {
    for (let quiet = 0, rounds = 0; quiet < 3; rounds++) {
      if (rounds > 3000) {
        this.problems.push("it comes to no end")
        return
      }
      const before = this.progress()
      for (const one of this.open.splice(0)) one(1)
      await this.ground.turn()
      if (quiet > 0) for (const life of this.living(true)) if (this.busy(life)) this.release(life)
      for (const client of this.all) {
        if (client.ended) continue
        client.acknowledge(32767)
        await client.say([])
        await client.test()
      }
      await this.ground.turn()
      quiet = this.progress() === before && this.open.length === 0 ? quiet + 1 : 0
    }
  }

  private busy(life: Life): boolean {
    return life.died === Number.POSITIVE_INFINITY && life.point.outputStatus !== "free"
  }

  private progress(): string {
    return [this.history.length, this.calls.length, ...this.all.map((client) => client.told.length)].join()
  }

  /** The last picture: everybody who is there starts, and is told what he does not know; then each asks for all. */
  async picture(): Promise<
    readonly { readonly client: Client; readonly from: number; readonly oa: readonly number[] }[]
  > {
    const pictures: { client: Client; from: number; oa: readonly number[] }[] = []
    for (const client of this.all) {
      if (client.ended || client.left) continue
      if (!client.started) {
        client.u(U.startdt)
        client.started = true
        await client.say([])
      }
    }
    await this.settle()
    this.oa = LAST_ASKED
    this.quiet = true
    for (const client of this.all) {
      if (client.ended || client.left) continue
      const from = client.told.length
      const oa: number[] = []
      for (const ca of [1, 2])
        if (this.server.getStation(ca) !== null) {
          const request = this.request(100, ca, 0, [20])
          oa.push(request.oa)
          client.ask(request)
          this.epochOf.set(request, this.epoch(client))
          await client.say([])
        }
      pictures.push({ client, from, oa })
    }
    await this.settle()
    return pictures
  }

  /** Who has stopped holds nothing: then each output can be operated by whoever starts, and selected first where it has to be. */
  async operable(): Promise<readonly string[]> {
    const there = this.all.filter((client) => !client.ended && !client.left)
    for (const control of [U.stopdt, U.startdt]) {
      for (const client of there) {
        client.u(control)
        await client.say([])
      }
      await this.settle()
    }
    const [client] = there
    if (client === undefined) return []
    const from = client.told.length
    const outputs = this.living(true).filter(({ handled }) => handled)
    for (const { ca, ioa, type, selects } of outputs)
      for (const bit of selects ? [0x80, 0] : [0]) {
        const element = type === 49 ? [1, 0, bit] : [1 | bit]
        client.ask({ oa: 255, type, cause: 6, ca, ioa, element, test: false })
        await client.say([])
      }
    await this.settle()
    const told = client.told.slice(from)
    return outputs.flatMap(({ ca, ioa, type, selects }) => {
      const confirmed = told.filter(
        (one) => one.type === type && one.ca === ca && one.ioa === ioa && one.cause === 7 && !one.negative
      ).length
      return confirmed === (selects ? 2 : 1) || client.ended ? [] : [`${ca}/${ioa} cannot be operated`]
    })
  }

  /** Everybody goes: what was found to be there still, or to happen, behind the end. */
  async end(): Promise<readonly string[]> {
    const found: string[] = []
    for (const client of this.all) client.close()
    const { length: before } = this.calls
    await this.over(this.stop())
    if (this.server.isRunning || this.server.connections.length > 0) found.push("it runs behind stop()")
    for (const one of [...this.open.splice(0), ...this.never.splice(0)]) one(this.open.length % 4)
    for (const life of this.living(false)) this.publish(life)
    for (let turns = 0; turns < 3; turns++) await this.ground.turn()
    if (this.calls.length > before && this.stopped === null) found.push("a handler was called behind stop()")
    if (this.rooms > 0) found.push(`${this.rooms} publishers wait behind stop()`)
    const left = await this.ground.left()
    if (left.length > 0) found.push(`${left.join()} behind stop()`)
    return [...this.problems, ...found]
  }

  /** Waits until something is over. */
  private async over(what: Promise<void>): Promise<void> {
    let isOver = false
    void what.finally(() => {
      isOver = true
    })
    await this.ground.until(() => isOver, 10_000)
    if (!isOver) this.problems.push("it does not stop")
  }
}
