// What a server of the model and its clients stand on: the system's sockets and time, or memory and a clock that is moved.

/** A client's end of a connection. */
export interface Wire {
  readonly port: number
  readonly write: (octets: Uint8Array) => void
  /** Ends it behind what was written, breaks it, or goes without a word. */
  readonly end: () => void
  readonly reset: () => void
  readonly cut: () => void
}

/** What a client hears of its connection. */
export interface Hearing {
  readonly data: (octets: Uint8Array) => void
  readonly end: () => void
  readonly close: () => void
}

/** Time that is moved. */
export interface Time {
  /** It is so many ms later, and nothing has happened meanwhile. */
  readonly jump: (ms: number) => void
  /** When something happens by itself. */
  readonly nextMs: () => number
  /** Until nobody does anything any more before time is moved. */
  readonly rest: () => Promise<void>
  /** Whether a client takes nothing of what comes. */
  readonly pause: (port: number, paused: boolean) => void
}

export interface Ground {
  /** Null where it goes by itself. */
  readonly time: Time | null
  /** Monotonic ms of the server's clock. */
  readonly nowMs: () => number
  /** Connects to a server; null where it does not listen. */
  readonly connect: (port: number, hears: (wire: Wire) => Hearing) => Promise<Wire | null>
  /** A turn of the event loop. */
  readonly turn: () => Promise<void>
  /** Waits until something holds; false when it does not within so many ms. */
  readonly until: (holds: () => boolean, withinMs: number) => Promise<boolean>
  /** So many ms go by. */
  readonly wait: (ms: number) => Promise<void>
  /** What is left of connections and timers when everything is over. */
  readonly left: () => Promise<readonly string[]>
}

export const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Until all promises have been followed that are settled: much cheaper than a turn of the event loop. */
export const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))
