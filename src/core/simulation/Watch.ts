// What can be seen from outside of a station, told to every checker in the order in which it happens: octets with their
// times, what the process changed and published, and what the application was asked and said. A checker that finds something
// wrong says so, and the run is over.

import * as Codec from "./Codec.ts"
import type { Point } from "./Plant.ts"

/** An event that was published while connections were open. */
export interface Published {
  readonly point: Point
  /** The number of what the point said, and its element octets with the time tag of its events. */
  readonly state: number
  readonly type: number
  readonly cause: number
  readonly octets: Uint8Array
}

/** A command that the application was asked to carry out. */
export interface Begun {
  readonly operation: number
  readonly session: number
  readonly point: Point
  readonly selected: boolean
  /** The ASDU of the command. */
  readonly asdu: Uint8Array
}

/** What a checker may hear. Whoever finds something wrong throws a {@link Violation}. */
export class Checker {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  opened(_session: number): void {}
  /** Frames that reached the station, those of one chunk ahead of what is sent for them. */
  got(_session: number, _frame: Codec.Frame): void {}
  sent(_session: number, _frame: Codec.Frame): void {}
  /** All that came of an input of a session is written; so many octets wait in its socket. */
  turned(_session: number, _waits: number): void {}
  /** The station lost events of a session. */
  lost(_session: number, _count: number): void {}
  /** The application has agreed to delete the pending events with time tag of a session. */
  purged(_session: number): void {}
  closed(_session: number, _reason: string): void {}
  published(_event: Published): void {}
  begun(_begun: Begun): void {}
  /** The application has said what it says of an operation: confirmed or terminated, or that it answers by itself. */
  decided(_operation: number, _outcome: string, _second: boolean): void {}
  /** The handler of an operation has settled, and nothing is left of it; or its output was released. */
  ended(_operation: number): void {}
  /** Faults are over, and all that was to happen has happened. */
  settled(): void {}
}

/** Something that must not be. */
export class Violation extends Error {
  readonly checker: string
  constructor(checker: string, text: string) {
    super(`${checker}: ${text}`)
    this.name = "Violation"
    this.checker = checker
  }
}

/** What happened last, for whoever reads a failure. */
export interface Line {
  readonly atMs: number
  readonly session: number
  readonly what: string
  readonly octets: Uint8Array | null
}

export class Watch {
  private readonly checkers: readonly Checker[]
  private readonly into: Map<number, Codec.Splitter> = new Map()
  private readonly out: Map<number, Codec.Splitter> = new Map()
  private readonly keeps: number
  private readonly now: () => number
  lines: Line[] = []
  /** How often what was seen, by name. */
  readonly seen: Map<string, number> = new Map()

  constructor(checkers: readonly Checker[], now: () => number, keeps: number) {
    this.checkers = checkers
    this.now = now
    this.keeps = keeps
  }

  /** Notes that something happened, which a run is meant to make happen now and then. */
  sometimes(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1)
  }

  note(session: number, what: string, octets: Uint8Array | null = null): void {
    if (this.keeps === 0) return
    this.lines.push({ atMs: this.now(), session, what, octets })
    if (this.lines.length > 2 * this.keeps) this.lines = this.lines.slice(-this.keeps)
  }

  opened(session: number): void {
    this.into.set(session, new Codec.Splitter())
    this.out.set(session, new Codec.Splitter())
    this.note(session, "opened")
    for (const checker of this.checkers) checker.opened(session)
  }

  got(session: number, octets: Uint8Array): void {
    for (const apdu of this.into.get(session)?.take(octets) ?? []) {
      this.note(session, "->", apdu)
      const frame = Codec.read(apdu)
      for (const checker of this.checkers) checker.got(session, frame)
    }
  }

  sent(session: number, octets: Uint8Array): void {
    for (const apdu of this.out.get(session)?.take(octets) ?? []) {
      this.note(session, "<-", apdu)
      const frame = Codec.read(apdu)
      for (const checker of this.checkers) checker.sent(session, frame)
    }
  }

  turned(session: number, waits: number): void {
    for (const checker of this.checkers) checker.turned(session, waits)
  }

  lost(session: number, count: number): void {
    this.note(session, `lost ${count}`)
    for (const checker of this.checkers) checker.lost(session, count)
  }

  purged(session: number): void {
    this.note(session, "purged")
    this.sometimes("events deleted")
    for (const checker of this.checkers) checker.purged(session)
  }

  closed(session: number, reason: string): void {
    this.note(session, `closed ${reason}`)
    this.sometimes(`closed ${reason}`)
    for (const checker of this.checkers) checker.closed(session, reason)
    this.into.delete(session)
    this.out.delete(session)
  }

  published(event: Published): void {
    this.note(0, `published ${event.point.ca}/${event.point.ioa}`, event.octets)
    for (const checker of this.checkers) checker.published(event)
  }

  begun(begun: Begun): void {
    this.note(begun.session, `begun ${begun.operation}`, begun.asdu)
    this.sometimes("command begun")
    for (const checker of this.checkers) checker.begun(begun)
  }

  decided(operation: number, outcome: string, second: boolean): void {
    this.note(0, `operation ${operation} says ${outcome}${second ? " (carried out)" : ""}`)
    for (const checker of this.checkers) checker.decided(operation, outcome, second)
  }

  ended(operation: number): void {
    this.note(0, `operation ${operation} is over`)
    for (const checker of this.checkers) checker.ended(operation)
  }

  settled(): void {
    for (const checker of this.checkers) checker.settled()
  }
}
