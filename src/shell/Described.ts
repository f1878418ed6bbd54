// A command as its handler sees it, and what its point says of it.

import type { Commanded } from "../core/command/CommandNotice.ts"
import type { Instruction } from "../core/command/Instruction.ts"
import type { Command } from "./Hooks.ts"
import type { Peer } from "./ServerEvent.ts"
import type { Certificate, Session } from "./Session.ts"

/** What is asked of the operation behind a command. */
export interface Deciding {
  readonly signal: AbortSignal
  readonly isWanted: boolean
}

/** What is known of a command when its handler is asked. */
export interface Asked {
  readonly command: Commanded
  /** When it came, and the one before it (0 = there was none), in ms since 1970 UTC. */
  readonly receivedMs: number
  readonly previousMs: number
  /** What its point said before it; null: what it says. */
  readonly manner: { readonly before: Instruction } | null
}

/** A class, since an accessor would make each literal a slow object of its own. */
export class Described implements Command {
  readonly session: Session
  private readonly asked: Asked
  private readonly deciding: Deciding

  constructor(session: Session, asked: Asked, deciding: Deciding) {
    this.session = session
    this.asked = asked
    this.deciding = deciding
  }

  private get notice(): Commanded {
    return this.asked.command
  }

  get peer(): Peer {
    return this.session.peer
  }
  get certificate(): Certificate | null {
    return this.session.certificate
  }
  get commonAddress(): number {
    return this.notice.ca
  }
  get ioAddress(): number {
    return this.notice.ioa
  }
  get type(): number {
    return this.notice.type
  }
  get previous(): Instruction {
    const { manner, command } = this.asked
    return manner === null ? command : manner.before
  }
  get value(): number {
    return this.notice.value
  }
  get qualifier(): number {
    return this.notice.qualifier
  }
  get originator(): number {
    return this.notice.originator
  }
  get timeLow(): number {
    return this.notice.timeLow
  }
  get timeHigh(): number {
    return this.notice.timeHigh
  }
  get selected(): boolean {
    return this.notice.selected
  }
  get receivedMs(): number {
    return this.asked.receivedMs
  }
  get previousMs(): number {
    return this.asked.previousMs
  }
  get apdu(): Uint8Array {
    return this.notice.apdu
  }
  get signal(): AbortSignal {
    return this.deciding.signal
  }
  /** A function of its own, since handlers take a command apart. */
  get begin(): () => boolean {
    return () => this.deciding.isWanted
  }
}
