// The table of selected command points, as the sessions report it: who holds which point, and until when.

import type { Released, Selected } from "../core/command/CommandNotice.ts"
import type { Block } from "../core/image/Block.ts"
import type { Held } from "../core/procedure/World.ts"
import type { Host } from "./Host.ts"
import * as Names from "./Names.ts"
import type { Peer, ServerEvent } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

/** Notes a selection. */
export function put({ host, peer }: Session, { block, slot, born, originator, untilMs }: Selected): void {
  // Its point was removed by a handler of the same message: nobody will give it back.
  if (block.bornOf(slot) !== born) return
  let slots = host.selections.get(block)
  if (slots === undefined) {
    slots = new Map()
    host.selections.set(block, slots)
  }
  slots.set(slot, { born, session: peer.session, originator, untilMs })
}

type State = Extract<ServerEvent, { readonly event: "selection" }>["state"]

/** Tells what became of a selection, or of a wish to select: its point may be gone, and another one in its place. */
export function tell(
  host: Host,
  peer: Peer,
  { block, ioa: address }: Pick<Selected, "block" | "ioa">,
  state: State
): void {
  if (!host.hears("selection")) return
  const type = Names.ofType(block.of.type)
  host.tell({ event: "selection", peer, commonAddress: block.of.ca, address, type, state })
}

/** What was held and is not any more: an entry that stays, since who selects a point once does so again. */
const NOBODY: Held = { born: -1, session: 0, originator: 0, untilMs: Number.NEGATIVE_INFINITY }

/** Forgets the selection of a session. */
export function drop({ host, peer }: Session, { block, slot, born }: Released): void {
  const slots = host.selections.get(block)
  const found = slots?.get(slot)
  if (found?.session === peer.session && found.born === born) slots?.set(slot, NOBODY)
}

/** Originator address of the client that holds a point, or null. */
export function selectedBy(host: Host, block: Block, slot: number): number | null {
  const held = host.selections.get(block)?.get(slot)
  return held !== undefined && host.clock.monotonicMs() < held.untilMs ? held.originator : null
}
