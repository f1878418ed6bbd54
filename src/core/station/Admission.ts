// Which connections are let in: as many as may be open, none before all addresses are had nor when the server stops, and only
// those that the application admits within its time. A literal table: those that are not let in yet; the sockets are its owner's.
import * as Numbered from "../image/Numbered.ts"

/** A connection that waits: until the server listens, or for what the application says. */
interface Waiting {
  readonly number: number
  readonly address: string
  readonly isAsked: boolean
}

export interface Admission {
  /** Nobody is served before all addresses are had: a listen that fails after that would have cut a client. */
  readonly phase: "opening" | "open" | "closed"
  readonly waiting: Numbered.Numbered<Waiting>
  /** Where those are from for whom the application still decides though nobody waits for that. */
  readonly abandoned: Numbered.Numbered<string>
  /** Connections that are not let in yet have numbers that are not used again. */
  readonly last: number
}

export const none: Admission = { phase: "opening", waiting: null, abandoned: null, last: 0 }

/** The callback that admits. */
export const CALLBACK = "onConnect"

/** What is read of others. */
export interface Around {
  /** Sessions that are open, and how many connections may be, with those that wait. */
  readonly open: number
  readonly limit: number
  /** Whether the application is asked. */
  readonly asks: boolean
  /** Whether too many of its answers are owed to nobody. */
  readonly areMany: (callback: string, address: string) => boolean
}

/** What becomes of a connection; one that is to be refused a moment later is not known yet to whoever else observes it. */
export type Due =
  | { readonly kind: "ask" | "serve"; readonly number: number }
  | { readonly kind: "refuse"; readonly number: number; readonly why: string; readonly soon: boolean }
  /** Nobody waits any more for what the application says: it is called off. */
  | { readonly kind: "callOff"; readonly number: number }
  /** One answer more, or less, is owed to nobody. */
  | { readonly kind: "abandoned" | "settled"; readonly address: string }

/** The table from now on, and what follows, in this order. */
export interface Step {
  readonly admission: Admission
  readonly due: readonly Due[]
}

const refuse = (number: number, why: string, soon = false): Due => ({ kind: "refuse", number, why, soon })

const STOPPING = "the server is stopping"

const full = (open: number): string => `there are ${open} connections already`

/** A connection is made, null where nobody knows its address any more; its number is the `last` of the table. */
export function arrives(before: Admission, address: string | null, around: Around): Step {
  const number = before.last + 1
  const admission: Admission = { ...before, last: number }
  const { phase, waiting } = admission
  const only = (due: Due): Step => ({ admission, due: [due] })
  if (phase === "closed") return only(refuse(number, STOPPING))
  // Nobody could be asked about it, nor told who commands.
  if (address === null) return only(refuse(number, "it was reset before it was accepted", true))
  const open = around.open + Numbered.size(waiting)
  if (open >= around.limit) return only(refuse(number, full(open), true))
  const isAsked = phase === "open"
  if (isAsked && !around.asks) return only({ kind: "serve", number })
  if (isAsked && around.areMany(CALLBACK, address))
    return only(refuse(number, `${CALLBACK} still runs for too many who are not waited for`, true))
  return {
    admission: { ...admission, waiting: Numbered.put(waiting, number, { number, address, isAsked }) },
    due: isAsked ? [{ kind: "ask", number }] : []
  }
}

/** All addresses are had: who came too early arrives now, in order. */
export const opened = (admission: Admission): { admission: Admission; early: readonly number[] } => ({
  admission: { ...admission, phase: "open", waiting: null },
  early: numbers(admission)
})

/** Nobody is let in any more: those who wait are cut, and {@link gone} then. */
export const closed = (admission: Admission): { admission: Admission; cut: readonly number[] } => ({
  admission: { ...admission, phase: "closed" },
  cut: numbers(admission)
})

function numbers({ waiting }: Admission): readonly number[] {
  const found: number[] = []
  Numbered.each(waiting, ({ number }) => found.push(number))
  return found
}

/** A connection that waited has gone its way: it is served unless there is a reason against it. */
function leave(before: Admission, number: number, why: string | null, due: readonly Due[] = []): Step {
  const admission: Admission = { ...before, waiting: Numbered.without(before.waiting, number) }
  const reason = why ?? (admission.phase === "closed" ? STOPPING : null)
  return { admission, due: [...due, reason === null ? { kind: "serve", number } : refuse(number, reason)] }
}

/** Nobody waits any more for what the application says of a connection. */
function abandon(before: Admission, { number, address }: Waiting, why: string | null): Step {
  const admission = { ...before, abandoned: Numbered.put(before.abandoned, number, address) }
  return leave(admission, number, why, [
    { kind: "abandoned", address },
    { kind: "callOff", number }
  ])
}

/** The application has said whether it admits a connection, or has failed. An answer that nobody waits for is dropped. */
export function answered(before: Admission, number: number, answer: boolean | "failed"): Step {
  const address = Numbered.find(before.abandoned, number)
  if (address !== undefined) {
    const abandoned = Numbered.without(before.abandoned, number)
    return { admission: { ...before, abandoned }, due: [{ kind: "settled", address }] }
  }
  if (Numbered.find(before.waiting, number)?.isAsked !== true) return { admission: before, due: [] }
  const why = answer === "failed" ? `${CALLBACK} failed` : answer ? null : `${CALLBACK} refused it`
  return leave(before, number, why, [{ kind: "callOff", number }])
}

/** The application has not answered in time. */
export function timedOut(before: Admission, number: number, limitMs: number): Step {
  const waiting = Numbered.find(before.waiting, number)
  if (waiting === undefined) return { admission: before, due: [] }
  return abandon(before, waiting, `${CALLBACK} did not answer within ${limitMs} ms`)
}

/** The client of a connection that waits has gone; what becomes of it otherwise sees that. */
export function gone(before: Admission, number: number): Step {
  const waiting = Numbered.find(before.waiting, number)
  if (waiting === undefined) return { admission: before, due: [] }
  if (waiting.isAsked) return abandon(before, waiting, null)
  return { admission: { ...before, waiting: Numbered.without(before.waiting, number) }, due: [] }
}

/**
 * Why a connection is not served whose handshake is over, or null. Handshakes do not count as connections, lest silent peers keep
 * others out; who finishes late may find it full.
 */
export const refusesSecure = (open: number, limit: number): string | null => (open < limit ? null : full(open))
