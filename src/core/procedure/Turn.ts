// The working copy of one reduction, application part: what waits to be said (replies), what runs (interrogations),
// what waits for a decision, and what was noticed. Filled from a state and written back as a new one by session/.

import type { Block } from "../image/Block.ts"
import type { Named, Order, PointRef } from "../image/Image.ts"
import type { Numbered } from "../image/Numbered.ts"
import { LinkTurn } from "../link/Link.ts"
import type { FileWork } from "./FileWork.ts"
import type { Notice } from "./Notice.ts"
import type { Situation } from "./Rejection.ts"
import type { World } from "./World.ts"

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

/** Requests to one command address that stand behind one that the application decides. */
export interface Line {
  readonly key: number
  /** Behind which request; 0 = behind nothing any more; -1 = until the application was asked what it was not yet asked. */
  readonly id: number
  readonly standing: Numbered<Stander>
}

/** A request that stands in line. */
export interface Stander {
  /** Its place in the line. */
  readonly id: number
  readonly apdu: Uint8Array
  /** The point that it was sent to, null where there was none of its type. */
  readonly point: PointRef | null
  /** What is wrong with it by itself, or null. */
  readonly situation: Situation | null
  /** Whether nobody knows how old it is. */
  readonly stale: boolean
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

/** A point that waits to be read (60870-5-5 6.2). */
export interface Read extends PointRef {
  /** Its place in the order of reads. */
  readonly id: number
  /** The address as asked for, to answer with when the point is gone. */
  readonly ioa: number
  readonly originator: number
  readonly test: number
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

/**
 * Events that were lost to this session: points whose newest event lies in [from, to) are told their current value, each at
 * most once in a round over the image. What was lost since the round began is [again, to): the next round; -1: nothing.
 */
export interface Heal {
  readonly priority: number
  readonly from: number
  readonly to: number
  readonly again: number
  /** The scan stands at a slot of a block of this station, null before the first; when it is gone, the next one follows. */
  readonly station: Named | null
  readonly block: Block | null
  readonly slot: number
}

/** Where the interrogations of one type for one common address stand: one runs, and one may wait for its end (0 = none). */
export interface Running {
  readonly runs: number
  readonly waits: number
}

/** Positions of events of one point that wait, newest first; the last one is the oldest. */
export type Trail = readonly number[]

/** An accepted reset of the process (C_RP_NA_1 with QRP 1): it is carried out when its confirmation was acknowledged. */
export interface Restart {
  /** When it is not waited for any longer. */
  readonly untilMs: number
  /** N(S) behind the confirmation; -1 = it was not sent yet. */
  readonly behind: number
}

/** Everything about a session that is not the link and not a cursor into the log. */
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
  /** Requests that stand behind those that wait, by address; and how many, and of these with T = 1, which are counted apart. */
  readonly lines: Numbered<Line>
  readonly standing: number
  readonly testing: number
  /** The keys of the lines that stand until the application was asked. */
  readonly brief: Numbered<number>
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
  /** The id of the last end of initialisation that was said, or need not be. */
  readonly initialised: number
  /** By place (`Order.placeOf`). */
  readonly reads: Numbered<Read>
  /** Of points of which many events wait: some of them, by class and address, so that the oldest is found soon. */
  readonly trails: Numbered<Trail>
  /** What is selected, by address; and of that what ends by itself, by id: the first is the first that is due. */
  readonly selections: Numbered<Selection>
  /** How many of them are executed: those are bounded by the commands that do so. */
  readonly executing: number
  /** Selections with T = 1, which take no place from those without. */
  readonly tests: Numbered<Selection>
  readonly expiring: Numbered<Selection>
  /** Time-tagged records before this position of each class are not sent any more (C_RP_NA_1 with QRP 2). */
  readonly purged: readonly number[]
  readonly heal: readonly Heal[]
  /** The reset of the process that this session has asked for; null when it has not. */
  readonly restart: Restart | null
  /** File transfer (60870-5-5 6.12); null while there is none. */
  readonly files: FileWork | null
  /** The application has yet to be asked something; what it says at once will carry the acknowledgement. */
  readonly asked: boolean
  /** Which of what is read from the image was sent last. */
  readonly sampled: number
  /** Frames of events sent since one of lower priority was, for fairness. */
  readonly share: number
}

/** A record as its only owner may change it. */
export type Changeable<T> = { -readonly [K in keyof T]: T[K] }

export const noWork: Work = {
  nextId: 1,
  nextPlace: 1,
  replies: null,
  barred: null,
  barring: null,
  asking: [],
  pending: null,
  owed: null,
  lines: null,
  standing: 0,
  testing: 0,
  brief: null,
  freezes: 0,
  interrogations: null,
  served: 0,
  running: null,
  cyclic: null,
  cycling: null,
  initialised: 0,
  reads: null,
  trails: null,
  selections: null,
  executing: 0,
  tests: null,
  expiring: null,
  purged: [],
  heal: [],
  restart: null,
  files: null,
  asked: false,
  sampled: 0,
  share: 0
}

/** A copy field by field: several times faster than `{ ...work }`, and of the same kind to the compiler as {@link noWork}. */
const copyOf = (work: Work): Changeable<Work> => ({
  nextId: work.nextId,
  nextPlace: work.nextPlace,
  replies: work.replies,
  barred: work.barred,
  barring: work.barring,
  asking: work.asking,
  pending: work.pending,
  owed: work.owed,
  lines: work.lines,
  standing: work.standing,
  testing: work.testing,
  brief: work.brief,
  freezes: work.freezes,
  interrogations: work.interrogations,
  served: work.served,
  running: work.running,
  cyclic: work.cyclic,
  cycling: work.cycling,
  initialised: work.initialised,
  reads: work.reads,
  trails: work.trails,
  selections: work.selections,
  executing: work.executing,
  tests: work.tests,
  expiring: work.expiring,
  purged: work.purged,
  heal: work.heal,
  restart: work.restart,
  files: work.files,
  asked: work.asked,
  sampled: work.sampled,
  share: work.share
})

const NO_NOTICES: readonly Notice[] = []

export class Turn extends LinkTurn {
  world!: World
  /** Number of the session, 1..65535. */
  id = 0
  /** End of each log, as the event said. */
  ends: readonly number[] = []
  /** Wall clock of the event, 0 where nobody asks for it. */
  wallMs = 0
  /** Whether nobody knows how old the requests of the chunk are. */
  stale = false
  /** Sent log position of each class. */
  sentTo: readonly number[] = []
  /** Log positions at the last STARTDT: what lies before happened while nobody listened. */
  startedAt: readonly number[] = []
  lost = 0
  private ownSent: number[] | null = null
  /** The interrogation that was made in this turn and may be changed by it. */
  ownInterrogation: Interrogation | null = null

  work: Work = noWork
  // Flags, not second references: a turn is an old object, and every store of a young one into it is dear.
  private workIsOwn = false
  /** How many of those that the application was asked, and whose answers are being taken, have yet to be looked at. */
  left = 0
  notices: readonly Notice[] = NO_NOTICES
  /** The lines whose first request stands behind nothing any more, by key; empty between reductions. */
  readonly moving: number[] = []
  /** The output region was full: call again. */
  more = false
  /** A frame is being taken. */
  taking = false
  /** The frame that was being taken was not taken: see {@link putsBack}. */
  early = false
  /** Whether what costs as much as there are counters is left for another time; and whether the frame that was being taken is. */
  tired = false
  leaving = false
  /** A request is judged that was before: it stands behind nothing. */
  anew = false
  /** What the application is asked by the frame that was taken last it is asked before anything behind that is judged. */
  alone = false

  protected loadTurn(
    world: World,
    id: number,
    ends: readonly number[],
    work: Work,
    sent: readonly number[],
    startedAt: readonly number[],
    lost: number
  ): void {
    this.world = world
    this.id = id
    this.ends = ends
    this.work = work
    this.workIsOwn = false
    this.left = 0
    this.sentTo = sent
    this.startedAt = startedAt
    this.lost = lost
    this.notices = NO_NOTICES
    this.ownSent = null
    this.ownInterrogation = null
    this.more = false
    this.taking = false
    this.early = false
    this.leaving = false
    this.alone = false
  }

  override get awaits(): boolean {
    return this.asked > 0 || this.work.asked
  }

  /** How many requests wait for the application within a time. */
  get asked(): number {
    const { asking, pending } = this.work
    return asking.length + this.left + (pending === null ? 0 : pending.count)
  }

  /**
   * Whether the frame that is being taken has to be put back, before anything was done for it: it is not handed to the
   * application, which has yet to be asked what came before it, and may answer that at once.
   */
  putsBack(): boolean {
    if (!(this.taking && this.work.asked)) return false
    this.early = true
    return true
  }

  /** Whether the frame that is being taken is left for another time, with all that stands behind it: it costs too much now. */
  leaves(): boolean {
    if (!this.tired) return false
    this.early = true
    this.leaving = true
    return true
  }

  /** The work as this turn may change it: a copy takes its place once a turn, not once a change. */
  get own(): Changeable<Work> {
    if (!this.workIsOwn) {
      this.work = copyOf(this.work)
      this.workIsOwn = true
    }
    return this.work
  }

  /** Forgets all work but these parts. */
  keepOnly(kept: Partial<Work>): void {
    this.work = Object.assign(copyOf(noWork), kept)
    this.workIsOwn = true
  }

  /** Adds a request to those that the application is being asked: every event takes the list before, so this turn made it. */
  ask(request: Pending): void {
    const { own } = this
    if (own.asking.length === 0) own.asking = [request]
    else (own.asking as Pending[]).push(request)
  }

  /** Those that the application was being asked: they are nobody's any more. */
  takeAsking(): readonly Pending[] {
    const { asking } = this.work
    if (asking.length === 0) return asking
    this.own.asking = noWork.asking
    return asking
  }

  /** Adds a notice to the result of this reduction. */
  notice(notice: Notice): void {
    // An array of one: pushing to an empty one would make room for seventeen.
    if (this.notices === NO_NOTICES) this.notices = [notice]
    else (this.notices as Notice[]).push(notice)
  }

  /** Takes the last notice back. */
  retract(): void {
    ;(this.notices as Notice[]).pop()
  }

  /** Moves the sent position of one class. The first move of a turn makes an array of its own. */
  sentUpTo(priority: number, position: number): void {
    if (this.ownSent === null) {
      this.ownSent = [...this.sentTo]
      this.sentTo = this.ownSent
    }
    this.ownSent[priority] = position
  }
}
