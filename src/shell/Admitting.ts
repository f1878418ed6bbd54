// Connections from accept until they are let in: the sockets, the calls of `onConnect` and their time. Whom to let in is decided
// by a table of the core.
import type { Socket } from "node:net"
import * as Admission from "../core/station/Admission.ts"
import * as Connection from "./Connection.ts"
import { failed, isAbortion } from "./Deciding.ts"
import { CallbackTimedOut } from "./Errors.ts"
import type { Host } from "./Host.ts"
import * as Patience from "./Patience.ts"
import type { Certificate } from "./Session.ts"
import { type Gate, Handshakes } from "./tls/Tls.ts"

/** A connection that is let in, with what is known of its client over TLS. */
export interface Admitted {
  readonly socket: Socket
  readonly from: Connection.FarEnd
  readonly certificate: Certificate | null
  readonly gate: Gate | undefined
  /** Whether what came on it until now may have waited while this process stood still. */
  readonly waited: boolean
}

interface Waiting {
  readonly socket: Socket
  readonly from: Connection.FarEnd | null
  readonly hasWaited: () => boolean
  /** Ends the waiting for `onConnect`. */
  callOff: () => void
}

/** Who is not known any more. */
const NOBODY: Connection.FarEnd = { address: "", port: 0 }

/** An error before a session exists: the socket closes by itself and nobody is served. */
const ignore = (): void => {}

export class Admitting {
  private readonly host: Host
  private readonly serve: (admitted: Admitted) => void
  private readonly handshakes: Handshakes | null
  private admission = Admission.none
  /** Those that are neither let in nor refused, by their numbers. */
  private readonly connections = new Map<number, Waiting>()

  constructor(host: Host, serve: (admitted: Admitted) => void) {
    const { options } = host
    this.host = host
    this.serve = serve
    this.handshakes = options.tls === null ? null : new Handshakes(options.tls, options.limits, host.clock)
  }

  accept(socket: Socket, hasWaited: () => boolean = this.host.stall.accepted()): void {
    const from = Connection.farEnd(socket)
    socket.on("error", ignore)
    const step = Admission.arrives(this.admission, from?.address ?? null, this.around())
    const number = step.admission.last
    this.connections.set(number, { socket, from, hasWaited, callOff: ignore })
    this.follow(step)
    if (!this.connections.has(number)) return
    socket.once("close", () => {
      this.follow(Admission.gone(this.admission, number))
      this.connections.delete(number)
    })
  }

  /** All addresses are had. */
  open(): void {
    const { admission, early } = Admission.opened(this.admission)
    this.admission = admission
    const connections = early.map((number) => this.take(number))
    for (const { socket, hasWaited } of connections) this.accept(socket, hasWaited)
  }

  /** Nobody is let in any more. */
  close(): void {
    const { admission, cut } = Admission.closed(this.admission)
    this.admission = admission
    for (const number of cut) this.connections.get(number)?.socket.destroy()
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
        const { socket, from } = this.take(due.number)
        // A moment later: Node tells its own observers of a connection behind this, and a destroyed one has no addresses.
        if (due.soon) return queueMicrotask(() => this.refuse(socket, from, due.why))
        return this.refuse(socket, from, due.why)
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

  private refuse(socket: Socket, from: Connection.FarEnd | null, why: string): void {
    this.refused(from, why)
    socket.destroy()
  }

  private letIn({ socket, from, hasWaited }: Waiting): void {
    if (from === null) return
    if (this.handshakes === null) {
      socket.off("error", ignore)
      if (!socket.destroyed) this.serve({ socket, from, certificate: null, gate: undefined, waited: hasWaited() })
      return
    }
    this.handshakes.begin(socket, from.address, {
      serve: (secure, certificate, gate) => {
        const why = Admission.refusesSecure(this.host.sessions.size, this.limit)
        // What it says behind the end of the handshake may have waited with that.
        if (why === null)
          return this.serve({ socket: secure, from, certificate, gate, waited: this.host.stall.accepted()() })
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
