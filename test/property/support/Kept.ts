// A table under test: what it is given is not changed, the same makes the same, and what it was stays what it was.
import { expect } from "vitest"
import type { Random } from "./Random.ts"
import { freeze, print } from "./Snapshot.ts"

/** A table that is frozen after each step, made twice, and branched now and then. */
export class Kept<A> {
  private readonly old: (readonly [A, string])[] = []
  now: A

  constructor(first: A) {
    this.now = freeze(first)
  }

  step(random: Random, change: (table: A) => A): void {
    const before = print(this.now)
    const after = change(this.now)
    expect(print(change(this.now))).toBe(print(after))
    expect(print(this.now)).toBe(before)
    if (random.chance(20)) this.old.push([this.now, before])
    this.now = freeze(after)
    for (const [table, text] of this.old) expect(print(table)).toBe(text)
  }
}
