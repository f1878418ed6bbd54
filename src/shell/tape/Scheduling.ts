// How Effect's fibers of a server that is recorded or played go on: by its event loop, so that the tape says when.
import { MixedScheduler, type Scheduler } from "effect/Scheduler"
import type { Clock } from "../Clock.ts"

export const schedulerOf = (clock: Clock): Scheduler =>
  new MixedScheduler("async", (task) => {
    let isCancelled = false
    clock.afterInput(() => {
      if (!isCancelled) task()
    })
    return () => {
      isCancelled = true
    }
  })
