// Before a process listens for the first time, a server of its own plays a session with itself, in memory: the
// runtime compiles what it has seen running, and so the first client's interrogation, command or event meets compiled
// code instead of being what is learnt from. Nothing of it is seen outside.
import type { Place } from "../core/image/Image.ts"
import { Cause } from "../core/wire/Cause.ts"
import * as Frame from "../core/wire/Frame.ts"
import { Type } from "../core/wire/TypeTable.ts"
import * as Connection from "./Connection.ts"
import { Host } from "./Host.ts"
import { Log } from "./Log.ts"
import { type Loop, MemoryLine } from "./memory/MemoryLine.ts"
import * as Options from "./Options.ts"
import type { Session } from "./Session.ts"
import { Turns } from "./Turns.ts"

const CA = 1
const COMMAND = 1
const SELECTED = 2
/** Points with time tags, and measured values at contiguous and at scattered addresses. */
const EVENTS = { from: 1000, count: 64 }
const RUN = { from: 10_000, count: 4800 }
const SCATTERED = { from: 20_000, count: 400, step: 3 }
const RECORDS = 1024
/** Events published together. */
const WINDOW = 12

/** Both ends of every line: there is nobody else. */
const NOBODY = { address: "", port: 0 }

/** A server, and both sides of one session after the other. */
class Rehearsal {
  private readonly host: Host
  private readonly loop: Loop
  private client!: MemoryLine
  private session!: Session
  private readonly events: Place
  private readonly request = Buffer.alloc(16)
  private readonly view = new DataView(this.request.buffer, this.request.byteOffset, this.request.byteLength)
  private asked = 0
  private operated = 0
  private sessions = 0
  private sentFrames = 0

  constructor(like: Options.Options) {
    const { link, packEvents, limits, profile, clock, sharedReadBuffer, logLevel } = like
    const options = { link, packEvents, clock, sharedReadBuffer, logLevel, limits: { ...limits, logRecords: RECORDS } }
    const host = new Host(Options.complete(options, profile))
    host.addStation(CA)
    this.events = host.addPoints(CA, EVENTS.from, Type.M_ME_TF_1, EVENTS.count) as Place
    host.addPoints(CA, RUN.from, Type.M_ME_NC_1, RUN.count)
    for (let i = 0; i < SCATTERED.count; i++) host.addPoints(CA, SCATTERED.from + i * SCATTERED.step, Type.M_ME_NC_1, 1)
    for (const address of [COMMAND, SELECTED]) {
      const { block, slot } = host.addPoints(CA, address, Type.C_SC_NA_1, 1) as Place
      host.hooks.of(block, slot).onCommand = () => {
        this.operated++
        return "success"
      }
      host.setSelect(block, slot, address === SELECTED)
    }
    host.log = new Log(
      host,
      () => {},
      { ...clock, wake: () => () => {} },
      () => {}
    )
    this.host = host
    // What is written is read at once: no loop turns meanwhile.
    host.turns = new Turns((callback) => callback())
    this.loop = { input: (callback) => callback(), afterInput: clock.afterInput }
  }

  /** A new connection, started. */
  connect(): void {
    const { host } = this
    const [client, line] = MemoryLine.pair(this.loop, NOBODY, NOBODY)
    this.client = client
    client.resume()
    this.session = Connection.open(host, line, NOBODY, null, undefined, () => {})
    this.asked = 0
    this.hear(Buffer.of(0x68, 4, Frame.U.STARTDT_ACT, 0, 0, 0))
  }

  /** A window of events, published and acknowledged. */
  publish(): void {
    const { host, events } = this
    const { block } = events
    for (let i = 0; i < WINDOW; i++) {
      const slot = (events.slot + i) % EVENTS.count
      // Some are whole numbers, some are not.
      host.setValue(block, slot, i / 2)
      host.publish(block, slot, Cause.SPONTANEOUS, 0)
    }
    host.deliver()
    this.acknowledge()
  }

  /** A whole station interrogation, as long as anything comes of it. */
  interrogate(): void {
    this.ask(Type.C_IC_NA_1, 0, 20)
    const { session } = this
    let before = -1
    while (session.state.sentFrames > before && session.state.work.interrogations !== null) {
      before = session.state.sentFrames
      this.acknowledge()
    }
  }

  /** A direct command, and one that is selected first. */
  operate(): void {
    this.ask(Type.C_SC_NA_1, COMMAND, 1)
    this.ask(Type.C_SC_NA_1, SELECTED, 0x81)
    this.ask(Type.C_SC_NA_1, SELECTED, 1)
  }

  disconnect(): void {
    const { sentFrames } = this.session.state
    this.sessions++
    this.sentFrames += sentFrames
    this.session.end("shutdown")
  }

  get played(): Played {
    const { sessions, sentFrames, operated } = this
    return { sessions, sentFrames, events: this.host.logEnds()[0] as number, operated }
  }

  private hear(octets: Uint8Array): void {
    this.client.write(octets)
  }

  private acknowledge(): void {
    Frame.putS(this.view, 0, this.session.state.link.sendNumber)
    this.hear(this.request.subarray(0, 6))
  }

  private ask(type: number, ioa: number, qualifier: number): void {
    const asdu = [type, 1, Cause.ACTIVATION, 0, CA, 0, ioa, 0, 0, qualifier]
    this.request.set([0x68, 4 + asdu.length, 0, 0, 0, 0, ...asdu])
    Frame.putI(this.view, 0, this.asked++ & 0x7fff, this.session.state.link.sendNumber)
    this.hear(this.request)
  }
}

/** Sessions, and windows of events with commands behind each in every one of them. */
const SESSIONS = 200
const WINDOWS = 10

/** What was played. */
export interface Played {
  readonly sessions: number
  readonly events: number
  readonly sentFrames: number
  /** Commands that were carried out. */
  readonly operated: number
}

let rehearsed = false

/** What follows is no session that somebody waits for: nothing is rehearsed in this process any more. */
export function forgo(): void {
  rehearsed = true
}

/** Rehearses once a process, at most for `limits.rehearsalMs`; null when there was nothing to do. */
export function rehearse(options: Options.Options): Played | null {
  const { rehearsalMs } = options.limits
  if (rehearsed || rehearsalMs === 0) return null
  rehearsed = true
  const { monotonicMs } = options.clock
  const untilMs = monotonicMs() + rehearsalMs
  const rehearsal = new Rehearsal(options)
  for (let session = 0; session < SESSIONS && monotonicMs() < untilMs; session++) {
    rehearsal.connect()
    rehearsal.interrogate()
    for (let window = 0; window < WINDOWS; window++) {
      rehearsal.publish()
      rehearsal.operate()
    }
    rehearsal.disconnect()
  }
  return rehearsal.played
}
