// What of the commands of a server is most likely an oversight: told once, when it begins to listen.

import type { Block } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import * as Feedback from "./Feedback.ts"
import type { Host } from "./Host.ts"
import * as Names from "./Names.ts"

/** What may be wrong with a command point. */
type Doubt = "undecided" | "unrelated"

/** What is doubtful about a command point, or null. */
function doubtOf(host: Host, block: Block, slot: number): Doubt | null {
  const hooks = host.hooks.find(block, slot)
  if (hooks === undefined) return "undecided"
  const shown = Feedback.isShown(host, block, hooks)
  // In a profile that confirms what nobody decides, a related point only reports.
  const decides = shown && host.world.profile.undecidedCommand === "refuse"
  if (hooks.onCommand === null && !decides) return "undecided"
  return hooks.related === null || shown ? null : "unrelated"
}

/** Tells of the command points that nobody decides, and of those whose feedback point is not there or of another kind. */
export function tell(host: Host): void {
  const found = new Map<Doubt, { count: number; readonly block: Block; readonly address: number }>()
  for (const { blocks } of Image.all(host.world.image))
    for (const block of blocks) {
      if (!block.command) continue
      for (let slot = 0; slot < block.length; slot++) {
        const address = block.ioa[slot] as number
        const doubt = address < 0 ? null : doubtOf(host, block, slot)
        if (doubt === null) continue
        const before = found.get(doubt)
        if (before === undefined) found.set(doubt, { count: 1, block, address })
        else before.count++
      }
    }
  const refused = host.world.profile.undecidedCommand === "refuse"
  for (const [doubt, { count, block, address }] of found)
    host.tell({ event: doubt, count, commonAddress: block.of.ca, address, type: Names.ofType(block.of.type), refused })
}
