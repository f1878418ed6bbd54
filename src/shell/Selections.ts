// What is told of selections, and who holds a point.

import type { Selected } from "../core/command/CommandNotice.ts"
import * as Held from "../core/command/Held.ts"
import type { Block } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import type { Host } from "./Host.ts"
import * as Names from "./Names.ts"
import type { Peer, ServerEvent } from "./ServerEvent.ts"

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

/** Originator address of the client that holds a point, or null. */
export function selectedBy(host: Host, block: Block, slot: number): number | null {
  const held = Held.find(host.world.selections, Image.refTo(block, slot))
  return held !== undefined && host.clock.monotonicMs() < held.untilMs ? held.originator : null
}
