// Where the connections of a server that is recorded or played come from.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { type ListenError, ListenFailed } from "../Errors.ts"
import type { Host } from "../Host.ts"
import type { Line } from "../Line.ts"
import type { Opened, Transport } from "../Transport.ts"
import { Kind } from "./Format.ts"
import type { Tape } from "./Tape.ts"
import { NotRecordable } from "./TapeErrors.ts"

/** The world's own transport, and how what comes of it is told. */
export interface Listening {
  readonly transport: Transport
  /** It listens at a port, or cannot: calls {@link TapedTransport.opened}. */
  readonly opened: (port: number, resume: () => void) => void
  readonly failed: (cause: Error, tell: () => void) => void
  readonly accepted: (line: Line) => void
}

export class TapedTransport implements Transport {
  private readonly tape: Tape
  private readonly listening: Listening | null
  private accept: (line: Line) => void = () => {}
  private fail: (cause: Error) => void = () => {}
  private resume: ((port: number) => void) | null = null

  constructor(tape: Tape, listening: Listening | null) {
    this.tape = tape
    this.listening = listening
  }

  open(
    host: Host,
    address: string,
    port: number,
    accept: (line: Line) => void,
    failed: (cause: Error) => void
  ): Effect.Effect<Opened, ListenError> {
    const { tape, listening } = this
    const unlisten = (close: () => void) => (): void => {
      tape.does(Kind.Unlisten, 0, 0)
      close()
    }
    return Effect.callback((resume) => {
      tape.does(Kind.Listen, 0, 0)
      this.accept = accept
      this.fail = failed
      if (listening === null) {
        this.resume = (bound) => {
          if (bound === 0) resume(Effect.fail(new ListenFailed({ host: address, port, cause: "as it was recorded" })))
          else resume(Effect.succeed({ port: bound, close: unlisten(() => {}) }))
        }
        return
      }
      const told = (cause: Error): void => listening.failed(cause, () => failed(cause))
      const fiber = Effect.runFork(listening.transport.open(host, address, port, listening.accepted, told))
      fiber.addObserver((exit) => {
        if (Exit.isSuccess(exit)) {
          const { port, close } = exit.value
          listening.opened(port, () => resume(Effect.succeed({ port, close: unlisten(close) })))
        } else listening.opened(0, () => resume(exit))
      })
      return Fiber.interrupt(fiber)
    })
  }

  handshakes({ options }: Host): null {
    if (options.tls !== null) throw new NotRecordable({ what: "TLS" })
    return null
  }

  /** A connection has come. */
  come(line: Line): void {
    this.accept(line)
  }

  failed(cause: Error): void {
    this.fail(cause)
  }

  /** It listens; false where it did not ask for that. */
  opened(port: number): boolean {
    const { resume } = this
    this.resume = null
    resume?.(port)
    return resume !== null
  }
}
