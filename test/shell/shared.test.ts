// Work that many ask for at once goes by the clock that it is given.
import { expect, it } from "vitest"
import { Shared } from "../../src/shell/Shared.ts"
import { VirtualClock } from "../../src/shell/VirtualClock.ts"

it("a round that hangs is waited for so long by its clock, and no longer", () => {
  const clock = new VirtualClock()
  const told: string[] = []
  const work = (): Promise<void> => {
    told.push(`begun at ${clock.monotonicMs()}`)
    return new Promise(() => {})
  }
  const shared = new Shared(work, 1000, () => told.push(`given up at ${clock.monotonicMs()}`), clock)
  for (const ms of [0, 999, 1000, 1500]) {
    clock.advance(ms)
    void shared.ask()
  }
  expect(told).toEqual(["begun at 0", "given up at 1000", "begun at 1000"])
})

it("the round that others have waited for begins in a turn of the loop of its clock", async () => {
  const clock = new VirtualClock()
  let begun = 0
  let settle = (): void => {}
  const shared = new Shared(
    () => {
      begun++
      return new Promise<void>((resolve) => {
        settle = resolve
      })
    },
    1000,
    () => {},
    clock
  )
  void shared.ask()
  void shared.ask()
  settle()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(1)
  clock.turn()
  expect(begun).toBe(2)
})
