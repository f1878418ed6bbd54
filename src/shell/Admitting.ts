// Connections from accept until they are let in: the lines, the calls of `onConnect` and their time. Whom to let in is decided
// by a table of the core.
import * as Admission from "../core/station/Admission.ts"
import * as Connection from "./Connection.ts"
import { failed, isAbortion } from "./Deciding.ts"
import { CallbackTimedOut } from "./Errors.ts"
import type { Host } from "./Host.ts"
import type { Line } from "./Line.ts"
import * as Patience from "./Patience.ts"
import type { Certificate } from "./Session.ts"
import type { Gate, Handshakes } from "./tls/Tls.ts"

/** A connection that is let in, with what is known of its client over TLS. */
export interface Admitted {
  readonly line: Line
  readonly from: Connection.FarEnd
  readonly certificate: Certificate | null
  readonly gate: Gate | undefined
  /** Whether what came on it until now may have waited while this process stood still. */
  readonly waited: boolean
}

interface Waiting {
  readonly line: Line
  readonly from: Connection.FarEnd | null
  readonly hasWaited: () => boolean
  /** Ends the waiting for `onConnect`. */
  callOff: () => void
}

/** Who is not known any more. */
const NOBODY: Connection.FarEnd = { address: "", port: 0 }

/** An error before a session exists: the line closes by itself and nobody is served. */
const ignore = (): void => {}

export class Admitting {
  private readonly host: Host
  private readonly serve: (admitted: Admitted) => void
  private readonly handshakes: Handshakes | null
  private admission = Admission.none
  /** Those that are neither let in nor refused, by their numbers. */
  private readonly connections = new Map<number, Waiting>()

  constructor(host: Host, handshakes: Handshakes | null, serve: (admitted: Admitted) => void) {
    this.host = host
    this.serve = serve
    this.handshakes = handshakes
  }

  accept(line: Line, hasWaited: () => boolean = this.host.stall.accepted()): void {
    const from = Connection.farEnd(line)
    line.on("error", ignore)
    const step = Admission.arrives(this.admission, from?.address ?? null, this.around())
    const number = step.admission.last
    this.connections.set(number, { line, from, hasWaited, callOff: ignore })
    this.follow(step)
    if (!this.connections.has(number)) return
    line.once("close", () => {
      this.follow(Admission.gone(this.admission, number))
      this.connections.delete(number)
    })
  }

  /** All addresses are had. */
  open(): void {
    const { admission, early } = Admission.opened(this.admission)
    this.admission = admission
    const connections = early.map((number) => this.take(number))
    for (const { line, hasWaited } of connections) this.accept(line, hasWaited)
  }

  /** Nobody is let in any more. */
  close(): void {
    const { admission, cut } = Admission.closed(this.admission)
    this.admission = admission
    for (const number of cut) this.connections.get(number)?.line.destroy()
    this.handshakes?.close()
  }

  private get limit(): number {
    const { maxConnections, options } = this.host
    return Math.min(maxConnections || Number.POSITIVE_INFINITY, options.limits.connections)
  }

  private around(): Admission.Around {
    const { sessions, onConnect, strays } = this.host
    const areMany = (callback: string, address: string): boolean => strays.areMany(callback, address)
    return { open: sessions.size, limit: this.limit, asks: onConnect !== null, areMany }
  }

  private take(number: number): Waiting {
    const waiting = this.connections.get(number) as Waiting
    this.connections.delete(number)
    return waiting
  }

  private follow({ admission, due }: Admission.Step): void {
    this.admission = admission
    for (const one of due) this.perform(one)
  }

  private perform(due: Admission.Due): void {
    const { strays } = this.host
    switch (due.kind) {
      case "ask":
        return this.ask(due.number)
      case "serve":
        return this.letIn(this.take(due.number))
      case "refuse": {
        const { line, from } = this.take(due.number)
        // A moment later: Node tells its own observers of a connection behind this, and a destroyed one has no addresses.
        if (due.soon) return this.host.loop.soon(() => this.refuse(line, from, due.why))
        return this.refuse(line, from, due.why)
      }
      case "callOff":
        return this.connections.get(due.number)?.callOff()
      case "abandoned":
        return void strays.add(Admission.CALLBACK, due.address)
      case "settled":
        return strays.settle(Admission.CALLBACK, due.address)
    }
  }

  private refused(from: Connection.FarEnd | null, why: string): void {
    const { address, port } = from ?? NOBODY
    this.host.tell({ event: "refused", address, port, why })
  }

  private refuse(line: Line, from: Connection.FarEnd | null, why: string): void {
    this.refused(from, why)
    line.destroy()
  }

  private letIn({ line, from, hasWaited }: Waiting): void {
    if (from === null) return
    if (this.handshakes === null) {
      line.off("error", ignore)
      if (!line.destroyed) this.serve({ line, from, certificate: null, gate: undefined, waited: hasWaited() })
      return
    }
    this.handshakes.begin(line, from.address, {
      serve: (secure, certificate, gate) => {
        const why = Admission.refusesSecure(this.host.sessions.size, this.limit)
        // What it says behind the end of the handshake may have waited with that.
        if (why === null)
          return this.serve({ line: secure, from, certificate, gate, waited: this.host.stall.accepted()() })
        secure.destroy()
        this.refused(from, why)
      },
      refused: (why) => this.refused(from, why)
    })
  }

  /** Asks the application whether a connection may be served. A failure is told whenever it comes. */
  private ask(number: number): void {
    const { host } = this
    const waiting = this.connections.get(number)
    const handler = host.onConnect
    if (waiting === undefined || waiting.from === null || handler === null) return
    const { address } = waiting.from
    const { connectMs } = host.options.limits
    const controller = new AbortController()
    const cancel = Patience.within(host.clock, connectMs, () => {
      const callback = Admission.CALLBACK
      host.tell({ event: "error", error: new CallbackTimedOut({ callback, subject: address, limitMs: connectMs }) })
      this.follow(Admission.timedOut(this.admission, number, connectMs))
    })
    waiting.callOff = () => {
      cancel()
      controller.abort()
    }
    const fail = (cause: unknown): void => {
      if (!(controller.signal.aborted && isAbortion(cause))) failed(host, Admission.CALLBACK, address, cause)
      this.follow(Admission.answered(this.admission, number, "failed"))
    }
    try {
      Promise.resolve(handler(address, controller.signal)).then((admitted) => {
        if (typeof admitted === "boolean") this.follow(Admission.answered(this.admission, number, admitted))
        else fail(new TypeError("it returned something that is neither true nor false"))
      }, fail)
    } catch (cause) {
      fail(cause)
    }
  }
}
