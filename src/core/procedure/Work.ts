// What waits whatever it is: answers for the window, requests for the application. Each family of procedures adds what it
// remembers of its own; the session holds all of it in one value.

import type { Named, Order, PointRef } from "../image/Image.ts"
import type { Numbered } from "../image/Numbered.ts"

/** A finished APDU that waits for the window; with a barrier also for events that must go first. */
export interface Reply {
  /** Its place in the order of replies. */
  readonly id: number
  readonly apdu: Uint8Array
  /** The stations that it is said for one after the other, null for one; and the next of them. */
  readonly all: Order
  readonly of: Named | null
  /** Ledger mark that the sent position must reach, -1 = none. */
  readonly barrier: number
  /** When the barrier is given up. */
  readonly barrierUntilMs: number
  /** The selection whose time starts when this confirmation is sent, or null. */
  readonly selection: Selection | null
}

/** A request that waits for the application. `untilMs` is Infinity once the application said that it will answer later. */
export interface Pending {
  readonly id: number
  readonly kind: "command" | "select" | "abandon" | "clock" | "freeze" | "reset" | "parameter"
  readonly apdu: Uint8Array
  readonly untilMs: number
  /** The selection that this command executes, or that it asks for, or null. */
  readonly selection: Selection | null
  /** Whether it is being carried out, and so told when it is over. */
  readonly goesOn: boolean
}

/** A command point that this session has selected (60870-5-5 6.8). */
export interface Selection extends PointRef {
  readonly id: number
  /** Where it is kept: one for each address, and one for tests of it. */
  readonly key: number
  /** Type of the select: an execute of the other one does not match. */
  readonly type: number
  readonly originator: number
  /** The T bit of the select: a test selects only for a test. */
  readonly test: number
  /** Octets of the element as selected, with S/E = 0. */
  readonly element: Uint8Array
  /** When it ends; Infinity until its confirmation is sent, and while it is executed. */
  readonly untilMs: number
  /** Whether it is being executed: then it is neither executed again nor taken back, and the point not selected anew. */
  readonly executing: boolean
}

/** Everything about a session that is not the link and not a cursor into the log: the part that every procedure has to do with. */
export interface Work {
  readonly nextId: number
  /** Numbers what waits: replies, reads, interrogations and cyclic batches. */
  readonly nextPlace: number
  /** What waits for the window, and what waits for events too, by id. */
  readonly replies: Numbered<Reply>
  readonly barred: Numbered<Reply>
  /** The last of those that wait for events, by address: other answers to that go behind it. */
  readonly barring: Numbered<Reply>
  /** Requests that the application is being asked just now, by ascending ids: most are decided before anything else happens. */
  readonly asking: readonly Pending[]
  /** Requests that wait for the application within a time, by id; so the first is the first that is due. */
  readonly pending: Numbered<Pending>
  /** Requests that the application answers when it likes, by id. */
  readonly owed: Numbered<Pending>
  /** The application has yet to be asked something; what it says at once will carry the acknowledgement. */
  readonly asked: boolean
}

/** A record as its only owner may change it. */
export type Changeable<T> = { -readonly [K in keyof T]: T[K] }
