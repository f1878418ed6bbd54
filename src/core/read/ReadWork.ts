// What a session remembers of what it reads from the image and from the logs: interrogations, reads, cyclic batches, and what
// was lost and has to be told anew.

import type { Block } from "../image/Block.ts"
import type { Named, Order, PointRef } from "../image/Image.ts"
import type { Numbered } from "../image/Numbered.ts"
import type * as Procedure from "../procedure/Turn.ts"
import type { Work } from "../procedure/Work.ts"
import type { ReadNotice } from "./ReadNotice.ts"

/** A point that waits to be read (60870-5-5 6.2). */
export interface Read extends PointRef {
  /** Its place in the order of reads. */
  readonly id: number
  /** The address as asked for, to answer with when the point is gone. */
  readonly ioa: number
  readonly originator: number
  readonly test: number
  /** Whether a point of the address was told already, where several have it. */
  readonly told: boolean
  /** How often it has let events go first. */
  readonly yields: number
  /** Refresh asked for: its id and until when it is waited for; id 0 = not asked yet, -1 = done. */
  readonly refreshId: number
  readonly refreshUntilMs: number
}

/** An interrogation of one or, for the global address, of all stations: a cursor over the image. */
export interface Interrogation {
  /** Its place in the order of interrogations. */
  readonly id: number
  /** C_IC_NA_1 or C_CI_NA_1. */
  readonly type: 100 | 101
  /** Cause of the data, 20..41. */
  readonly cause: number
  /** Bit of the group in a slot's mask, -1 = all points. */
  readonly group: number
  /** Common address as requested; 65535 = all. */
  readonly ca: number
  readonly qualifier: number
  readonly originator: number
  /** The T bit of the request, in place. */
  readonly test: number
  /** The stations that were asked and have what was asked for, also those that were removed since. */
  readonly asked: Order
  /** That of them which is served, null before the first; those before it were served. */
  readonly station: Named | null
  readonly started: boolean
  /** How many freezes and resets were carried out as it began: those are the readings that a counter interrogation tells. */
  readonly orders: number
  /** Block at which the cursor stands, null before the first; and the last address sent of it. */
  readonly block: Block | null
  readonly after: number
  /** Where the cursor probably stands in the block. */
  readonly place: number
  /** Whether of a point of the present station was told what another one has said, which is gone and had its address. */
  readonly lacks: boolean
  /** How often the present ASDU has let events go first. */
  readonly yields: number
  /** Refresh asked for: its id, until when it is waited for, and the last address it covers; id 0 = none. */
  readonly refreshId: number
  readonly refreshUntilMs: number
  readonly refreshedTo: number
}

/**
 * Points that are due for cyclic transmission or background scan: slots by address, and what they are sent as. `version` is
 * that of the block when the list was made: who came later to one of its places is not meant.
 */
export interface CyclicBatch {
  /**
   * The same for batches of the same purpose: one that still waits is not queued again. Below 0: of a list that the application
   * sends itself, and mostly no other list's; only so many of them wait.
   */
  readonly key: number
  readonly block: Block
  readonly version: number
  readonly slots: Int32Array
  readonly type: number
  readonly cause: number
}

export interface CyclicCursor {
  /** Its place in the order of batches. */
  readonly id: number
  /** Under which it is known that it waits. */
  readonly key: number
  readonly batch: CyclicBatch
  readonly index: number
  /** How often the present ASDU has let events go first. */
  readonly yields: number
}

/** Where the interrogations of one type for one common address stand: one runs, and one may wait for its end (0 = none). */
export interface Running {
  readonly runs: number
  readonly waits: number
}

/** Positions of events of one point that wait, newest first; none that is before the last one will be told. */
export type Trail = readonly number[]

export interface ReadWork extends Work {
  /** How many of the requests that wait are freezes of counters. */
  readonly freezes: number
  /** By place (`Order.placeOf`); and who runs and who waits, by type and common address. */
  readonly interrogations: Numbered<Interrogation>
  /** The type of the interrogation that was served last, 0 = none was. */
  readonly served: number
  readonly running: Numbered<Running>
  /** By id; and the batches among them by key. */
  readonly cyclic: Numbered<CyclicCursor>
  readonly cycling: Numbered<CyclicBatch>
  /** By place (`Order.placeOf`). */
  readonly reads: Numbered<Read>
  /** Of points of which many events wait: some of them, by class, type and address, so that the oldest is found soon. */
  readonly trails: Numbered<Trail>
}

/** A reduction as the procedures see it that read. */
export interface Turn extends Procedure.Turn<ReadWork, ReadNotice> {
  /** The interrogation that was made in this reduction and may be changed by it. */
  ownInterrogation: Interrogation | null
}
