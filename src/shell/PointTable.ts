// Something about points, by block and slot: sparse, and nothing is searched when a point comes or goes. Whoever removes a
// point removes its entry.
import type { Block } from "../core/image/Block.ts"

export class PointTable<A> {
  private readonly blocks = new Map<Block, Map<number, A>>()
  /** How many entries there are. */
  size = 0

  get(block: Block, slot: number): A | undefined {
    return this.blocks.get(block)?.get(slot)
  }

  set(block: Block, slot: number, value: A): void {
    let slots = this.blocks.get(block)
    if (slots === undefined) {
      slots = new Map()
      this.blocks.set(block, slots)
    }
    this.size -= slots.size
    slots.set(slot, value)
    this.size += slots.size
  }

  delete(block: Block, slot: number): void {
    const slots = this.blocks.get(block)
    if (slots?.delete(slot) !== true) return
    this.size--
    if (slots.size === 0) this.blocks.delete(block)
  }

  /** Forgets all points of a block. */
  deleteBlock(block: Block): void {
    this.size -= this.blocks.get(block)?.size ?? 0
    this.blocks.delete(block)
  }

  /** What is kept of the points of a block. */
  of(block: Block): Iterable<A> {
    return this.blocks.get(block)?.values() ?? []
  }

  /** Everything; what is added meanwhile may come or not. */
  *all(): Iterable<A> {
    for (const slots of this.blocks.values()) yield* slots.values()
  }
}
