// What happens in a server as streams. Each has a buffer of its own, behind its filter: neither a consumer that lags nor
// a flood of what it does not want costs another one an event, and what it lost itself it is told where it is missing.
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Host } from "./Host.ts"
import type { Gap, ServerEvent } from "./ServerEvent.ts"

/** Events that wait for a consumer; when it is full the newest are dropped and counted. */
const BUFFERED = 1024

/** The events that `want` picks, from when it is run, with a {@link Gap} in the place of those that were dropped. */
export const streamOf = <A extends ServerEvent>(
  host: Host,
  want: (event: ServerEvent) => event is A
): Stream.Stream<A | Gap> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const queue = yield* Queue.dropping<A>(BUFFERED)
      let lost = 0
      const observer = (event: ServerEvent): void => {
        // Once one was dropped all are until the buffer is taken: so what is missing lies behind everything in it.
        if (want(event) && (lost > 0 || !Queue.offerUnsafe(queue, event))) lost++
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => host.observers.add(observer)),
        () => Effect.sync(() => host.observers.delete(observer))
      )
      const taken = Effect.map(Queue.takeAll(queue), (events): readonly (A | Gap)[] => {
        if (lost === 0) return events
        const gap: Gap = { event: "gap", lost }
        lost = 0
        return [...events, gap]
      })
      return Stream.fromIterableEffectRepeat(taken)
    })
  )
