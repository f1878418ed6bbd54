// What callbacks return may come later: also where a plain function is called, the application may have put an `async` one.

export const isPromise = <A>(value: A | Promise<A>): value is Promise<A> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"

/** Has somebody told when a result fails later that nobody waits for: else that would be an unhandled rejection. */
export function attend(result: unknown, failed: (cause: unknown) => void): void {
  if (isPromise(result)) Promise.resolve(result).catch(failed)
}
