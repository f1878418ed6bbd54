// The point that shows what a command did: whether it can, what it shows of a command that nobody else decides, and its event.

import type { CommandRequested } from "../core/command/CommandNotice.ts"
import type { Block } from "../core/image/Block.ts"
import * as Feedback from "../core/image/Feedback.ts"
import * as Image from "../core/image/Image.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import { CallbackFailed } from "./Errors.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import type { PointKey } from "./PointKeys.ts"
import * as PointKeys from "./PointKeys.ts"
import type { Session } from "./Session.ts"

/**
 * Publishes the related point as return information. The originator is shown to the client that asked; when it has gone to
 * nobody, since another one may have the number of its session.
 */
export function publish(session: Session, notice: CommandRequested, key: PointKey): void {
  const { host } = session
  const place = Feedback.related(host.world.image, notice.ca, key)
  if (place === null) return tellSeveral(host, notice.ca, key)
  // A command shows nothing, and its type has no place in monitor direction.
  if (place.block.command) return
  const cause = Outcome.returnCause(place.block, host.world.profile)
  const gone = session.reason !== null
  host.append(place.block, place.slot, cause, gone ? 0 : notice.originator, gone ? 0 : session.peer.session)
}

/** Tells that nothing is shown where several points have come to the address since it was named. */
function tellSeveral(host: Host, ca: number, key: PointKey): void {
  const station = Image.station(host.world.image, ca)
  const cause = station === undefined ? null : PointKeys.severalAt("relatedIoAddress", station, key)
  const subject = `a command of station ${ca}`
  if (cause !== null)
    host.tell({ event: "error", error: new CallbackFailed({ callback: "relatedIoAddress", subject, cause }) })
}

/** Whether a command point has a related point that can show what it did. */
export const isShown = (host: Host, block: Block, { related }: Hooks): boolean =>
  Feedback.showing(host.world.image, block, related) !== null

/** Decides a command by its feedback point, which takes the value. */
export const follow =
  (host: Host, block: Block, hooks: Hooks): CommandHandler =>
  ({ value }) => {
    const place = Feedback.showing(host.world.image, block, hooks.related)
    const taken = place === null ? null : Feedback.taken(place, block, value)
    if (place === null || taken === null) return "failure"
    host.setValue(place.block, place.slot, taken)
    return "success"
  }

const agree: CommandHandler = () => "success"

/** Who decides the commands of a point: its handler, or its feedback point, or the profile; null: nobody, and they are refused. */
export function decider(host: Host, block: Block, hooks: Hooks): CommandHandler | null {
  if (hooks.onCommand !== null) return hooks.onCommand
  if (host.world.profile.undecidedCommand === "confirm") return agree
  return isShown(host, block, hooks) ? follow(host, block, hooks) : null
}
