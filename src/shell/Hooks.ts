// What the application attached to a point: sparse, so that a million points cost nothing that have no
// callbacks and settings, and that no client commands.

import type { Instruction } from "../core/command/Instruction.ts"
import type { Block } from "../core/image/Block.ts"
import type { Outcome, Termination } from "../core/procedure/Outcome.ts"
import type { AtPoint } from "./Deciding.ts"
import type { Described } from "./Described.ts"
import type { PointKey } from "./PointKeys.ts"
import type { Peer } from "./ServerEvent.ts"
import type { Certificate } from "./Session.ts"
import type { Shared } from "./Shared.ts"

/** A command as its handler sees it. */
export interface Command {
  readonly commonAddress: number
  readonly ioAddress: number
  readonly type: number
  /** The commanded value as a number. */
  readonly value: number
  /** What the command point said before. */
  readonly previous: Instruction
  readonly qualifier: number
  readonly originator: number
  /** Words of the CP56Time2a of a time-tagged command, else 0. */
  readonly timeLow: number
  readonly timeHigh: number
  /** Whether the point was selected before. */
  readonly selected: boolean
  readonly peer: Peer
  /** The client's certificate where TLS is used, else null. */
  readonly certificate: Certificate | null
  /** When it came, and the one before it (0 = there was none), by this machine's clock in ms since 1970 UTC. */
  readonly receivedMs: number
  readonly previousMs: number
  /** The whole APDU, control field zeroed. */
  readonly apdu: Uint8Array
  /** Aborted when the decision took too long, or its client stopped or has gone. */
  readonly signal: AbortSignal
  /** Asked right before something is done that cannot be taken back: false once the command was refused or given up. */
  readonly begin: () => boolean
}

export type CommandHandler = (command: Described) => Outcome | Promise<Outcome>
export type PointCallback = () => void | Promise<void>

/** The callbacks and relations of one point. */
export interface Hooks {
  onCommand: CommandHandler | null
  /** Carries out what `onCommand` accepted, after the client was told so; null: one phase. */
  onExecute: CommandHandler | null
  /** Decides who may select the point; null: whoever comes first. */
  onSelect: CommandHandler | null
  onBeforeRead: PointCallback | null
  onBeforeAutoTransmit: PointCallback | null
  onTimer: PointCallback | null
  /** The point of the same station that reports what this command did. */
  related: PointKey | null
  relatedIoAutoreturn: boolean
  /** Termination (COT 10) of a direct command: with its confirmation, never, or when the application sends it. */
  actTerm: Termination
  /** Whether a handler that is an Effect is interrupted when nobody waits for it any more. */
  interrupts: boolean
  /** Selects and parameters that the application takes its time to decide; null before the first of them. */
  deciding: Set<AtPoint> | null
  /** The runs of callbacks that take their time, by name; null before the first of them. */
  running: Map<string, Shared<void>> | null
  /** The callbacks that are being called just now, by name; null before the first of them. */
  calling: Set<string> | null
}

const make = (): Hooks => ({
  onCommand: null,
  onExecute: null,
  onSelect: null,
  onBeforeRead: null,
  onBeforeAutoTransmit: null,
  onTimer: null,
  related: null,
  relatedIoAutoreturn: false,
  actTerm: true,
  interrupts: false,
  deciding: null,
  running: null,
  calling: null
})

/** Sets a callback of a point: what hangs of the one before it does not count against it. */
export function setCallback(
  hooks: Hooks,
  name: "onBeforeRead" | "onBeforeAutoTransmit" | "onTimer",
  callback: PointCallback | null
): void {
  hooks[name] = callback
  hooks.running?.get(name)?.renew()
}

/** The hooks of all points of a server. */
export class HookTable {
  private readonly blocks = new Map<Block, Map<number, Hooks>>()

  /** The hooks of a point, or undefined when it has none. */
  find(block: Block, slot: number): Hooks | undefined {
    return this.blocks.get(block)?.get(slot)
  }

  /** Whether any point of a block has hooks. */
  has(block: Block): boolean {
    return this.blocks.has(block)
  }

  /** The hooks of a point, made when needed. */
  of(block: Block, slot: number): Hooks {
    let slots = this.blocks.get(block)
    if (slots === undefined) {
      slots = new Map()
      this.blocks.set(block, slots)
    }
    let hooks = slots.get(slot)
    if (hooks === undefined) {
      hooks = make()
      slots.set(slot, hooks)
    }
    return hooks
  }

  /** The hooks of all points of a block that have any, by slot. */
  all(block: Block): Iterable<readonly [number, Hooks]> {
    return this.blocks.get(block) ?? []
  }

  remove(block: Block, slot: number): void {
    this.blocks.get(block)?.delete(slot)
  }

  removeBlock(block: Block): void {
    this.blocks.delete(block)
  }
}
