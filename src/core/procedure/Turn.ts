// The working copy of one reduction, application part: what waits to be said, what waits for a decision, and what was noticed.
// Filled from a state and written back as a new one by session/.

import { LinkTurn } from "../link/Link.ts"
import type { Cursor, Rare } from "../log/Cursor.ts"
import type { Notice } from "./Notice.ts"
import type { Changeable, Work } from "./Work.ts"
import type { World } from "./World.ts"

const NOTHING: readonly unknown[] = []

/**
 * A reduction as a family of procedures sees it: `W` is what it remembers, `N` what it may tell. There is one for all sessions, which
 * the session fills; so what is typed here for a family is the same object for all of them.
 */
export abstract class Turn<W extends Work = Work, N = Notice> extends LinkTurn {
  world!: World
  /** Number of the session, 1..65535. */
  id = 0
  /** Up to where each log may be sent, as the event said. */
  stable: readonly number[] = []
  /** Wall clock of the event, 0 where nobody asks for it. */
  wallMs = 0
  /** Whether nobody knows how old the requests of the chunk are. */
  stale = false
  /** Sent log position of each class. */
  sentTo: readonly number[] = []
  /** Log positions at the last STARTDT: what lies before happened while nobody listened. */
  lentAt: readonly number[] = []
  rare!: Rare
  private rareIsOwn = false
  private ownSent: number[] | null = null

  work!: W
  // Flags, not second references: a turn is an old object, and every store of a young one into it is dear.
  private workIsOwn = false
  /** How many of those that the application was asked, and whose answers are being taken, have yet to be looked at. */
  left = 0
  /** What was told so far, of whatever family. */
  protected told: readonly unknown[] = NOTHING
  /** The output region was full, or enough was looked at: call again. */
  more = false
  /** Records that were looked at and left out. */
  leftOut = 0
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

  protected loadTurn(world: World, id: number, stable: readonly number[], work: W, cursor: Cursor): void {
    this.world = world
    this.id = id
    this.stable = stable
    this.work = work
    this.workIsOwn = false
    this.left = 0
    this.sentTo = cursor.sent
    this.acknowledged = cursor.acknowledged
    this.lentAt = cursor.lentAt
    this.rare = cursor.rare
    this.rareIsOwn = false
    this.told = NOTHING
    this.ownSent = null
    this.more = false
    this.leftOut = 0
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

  /** A copy of the work that may be changed. */
  protected abstract copyOf(work: W): Changeable<W>

  /** The work as this turn may change it: a copy takes its place once a turn, not once a change. */
  get own(): Changeable<W> {
    if (!this.workIsOwn) this.replace(this.copyOf(this.work))
    return this.work as Changeable<W>
  }

  /** What seldom changes of the cursor, as this turn may change it. */
  get ownRare(): Changeable<Rare> {
    if (!this.rareIsOwn) {
      const { lost, purged, purgedTo, heal, ahead, aheadOfAll, initialised } = this.rare
      this.rare = { lost, purged, purgedTo, heal, ahead, aheadOfAll, initialised }
      this.rareIsOwn = true
    }
    return this.rare
  }

  /** The cursor as this turn leaves it: the one that it was loaded from where nothing has changed. */
  protected cursorAfter(before: Cursor): Cursor {
    const { sentTo, acknowledged, lentAt, rare } = this
    const same =
      sentTo === before.sent && acknowledged === before.acknowledged && lentAt === before.lentAt && rare === before.rare
    return same ? before : { sent: sentTo, acknowledged, lentAt, rare }
  }

  /** Puts work in the place of the present one that is nobody else's. */
  protected replace(work: Changeable<W>): void {
    this.work = work as W
    this.workIsOwn = true
  }

  /** Adds a notice to the result of this reduction. */
  notice(notice: N): void {
    // An array of one: pushing to an empty one would make room for seventeen.
    if (this.told === NOTHING) this.told = [notice]
    else (this.told as unknown[]).push(notice)
  }

  /** Takes the last notice back. */
  retract(): void {
    ;(this.told as unknown[]).pop()
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
