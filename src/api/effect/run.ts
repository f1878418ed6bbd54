// How the application's Effects are run: on the stack of whoever asks, so that a handler that is done at once has answered at
// once, and only one that waits for something answers later.
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { isPromise } from "../../shell/Later.ts"

/** What an Effect throws that was interrupted, in the words in which a function says so. */
class Interrupted extends Error {
  override readonly name = "AbortError"
  override readonly message = "it was interrupted"
}

/** What an Effect came to; throws what it failed with. */
function settled<A, E>(exit: Exit.Exit<A, E>): A {
  if (exit._tag === "Success") return exit.value
  if (Cause.hasInterruptsOnly(exit.cause)) throw new Interrupted()
  throw Cause.squash(exit.cause)
}

/**
 * What a callback returned that is no Effect: that is told as its failure, and so is what an `async` function fails with later, which
 * would end the process else.
 */
function refused(returned: unknown): Promise<never> {
  const error = new TypeError("it returned something that is no Effect")
  if (!isPromise(returned)) throw error
  return Promise.resolve(returned).then(() => {
    throw error
  })
}

/**
 * Runs Effects in a context: returns the value of one that is done at once, else a promise of it. What it fails with is thrown,
 * or rejected with; a signal that is aborted interrupts it.
 */
export const runWith = <R>(
  context: Context.Context<R>
): (<A, E>(effect: Effect.Effect<A, E, R>, signal?: AbortSignal) => A | Promise<A>) => {
  const fork = Effect.runForkWith(context)
  return (effect, signal) => {
    if (!Effect.isEffect(effect)) return refused(effect)
    const fiber = fork(effect, signal === undefined ? undefined : { signal })
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return settled(exit)
    return new Promise<Exit.Exit<Effect.Success<typeof effect>, unknown>>((resolve) => {
      fiber.addObserver(resolve)
    }).then(settled)
  }
}
