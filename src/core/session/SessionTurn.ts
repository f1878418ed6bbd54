// The working copy of one reduction: filled from a state and an event, written back as a new state and one contiguous run of
// octets. What each family of procedures sees of it is its own type.

import type { Turn as CommandTurn } from "../command/CommandWork.ts"
import type { LinkState } from "../link/Link.ts"
import type { Cursor } from "../log/Cursor.ts"
import { Turn } from "../procedure/Turn.ts"
import type { Changeable } from "../procedure/Work.ts"
import type { World } from "../procedure/World.ts"
import type { Interrogation, Turn as ReadTurn } from "../read/ReadWork.ts"
import type { Notice } from "./Notice.ts"
import type { SessionEvent } from "./SessionEvent.ts"
import type { SessionState } from "./SessionState.ts"
import { copyOf, noWork, type SessionWork } from "./SessionWork.ts"

/** What one reduction produced. `octets[start, end)` has to be written before the notices are acted on. */
export interface SessionOutputs {
  readonly octets: Uint8Array
  readonly start: number
  readonly end: number
  readonly notices: readonly Notice[]
  /** There is more to send than one call takes: call again with a `ready` event. */
  readonly more: boolean
  /**
   * Octets that were not taken since the event was `tired`, or null: they have to come again, before any others. Borrowed as the
   * chunk is.
   */
  readonly left: Uint8Array | null
}

export interface Reduction {
  readonly state: SessionState
  readonly cursor: Cursor
  readonly outputs: SessionOutputs
}

/** Octets of I frames in one call at most. */
const FRAMES_OCTETS = 65_536
/** One answer to a frame may be longer than the frame: a confirmation and an acknowledgement of a U frame each. */
const FIXED_OCTETS = 64 + 2 * 255

export class SessionTurn extends Turn<SessionWork, Notice> implements CommandTurn, ReadTurn {
  readonly moving: number[] = []
  ownInterrogation: Interrogation | null = null
  /** Octets that were kept by a pause and are taken up. */
  kept: Uint8Array | null = null
  /** Octets that are not taken this time. */
  untaken: Uint8Array | null = null

  load(world: World, state: SessionState, cursor: Cursor, event: SessionEvent): void {
    const { pause } = state.link
    const kept = pause === null ? 0 : pause.octets.length - pause.at
    const chunk = (event.chunk === null ? 0 : event.chunk.length) + kept
    const frames = Math.max(0, Math.min(FRAMES_OCTETS, event.room, (state.link.k + 1) * 256))
    this.loadLink(state.link, frames + 2 * chunk + FIXED_OCTETS, frames)
    this.nowMs = event.nowMs
    this.cameMs = event.kind === "resumed" && pause !== null ? pause.cameMs : event.nowMs
    this.heardMs = event.heardMs
    this.wallMs = event.wallMs
    this.stale = event.stale || pause?.stale === true
    this.tired = event.tired
    this.untaken = null
    this.ownInterrogation = null
    this.parameters = world.link
    this.strict = world.profile.controlField === "strict"
    this.loadTurn(world, state.id, event.stable, state.work, cursor)
  }

  save(state: SessionState, cursor: Cursor): Reduction {
    const link: LinkState = this.saveLink()
    return {
      state: {
        id: state.id,
        link,
        work: this.work,
        receivedFrames: state.receivedFrames + this.received,
        sentFrames: state.sentFrames + this.sent
      },
      cursor: this.cursorAfter(cursor),
      outputs: {
        octets: this.octets,
        start: this.start,
        end: this.at,
        notices: this.told as readonly Notice[],
        more: this.more,
        left: this.untaken
      }
    }
  }

  protected override copyOf(work: SessionWork): Changeable<SessionWork> {
    return copyOf(work)
  }

  /** Forgets all work but these parts. */
  keepOnly(kept: Partial<SessionWork>): void {
    this.replace(Object.assign(copyOf(noWork), kept))
  }
}
