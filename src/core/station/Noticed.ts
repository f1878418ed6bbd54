// What follows from a notice of a session, as data: what the application or the file store is asked, what is told, and what the
// application need not be asked for, since a callback before it may have changed everything. What is to be asked or told is the notice
// itself: most are, and nothing is made for them.

import type { AbandonRequested, CommandRequested, Released, Selected } from "../command/CommandNotice.ts"
import * as Instruction from "../command/Instruction.ts"
import * as Operating from "../command/Operating.ts"
import type { FileRequested } from "../file/FileMessage.ts"
import * as Image from "../image/Image.ts"
import * as Asking from "../procedure/Asking.ts"
import type { Decision, Rejected, TimedOut, Unanswered } from "../procedure/Notice.ts"
import * as Outcome from "../procedure/Outcome.ts"
import type { Situation } from "../procedure/Rejection.ts"
import * as World from "../procedure/World.ts"
import type { Interrogated, Overflow, RefreshRequested } from "../read/ReadNotice.ts"
import type { Notice, Requested } from "../session/Notice.ts"
import type { Restarting } from "../system/SystemNotice.ts"
import type { Exchange } from "./Exchange.ts"
import * as Outputs from "./Outputs.ts"
import * as Requests from "./Requests.ts"
import type { Station } from "./Station.ts"

/** What the application is asked. */
export type Asked = Exclude<Requested, AbandonRequested>

/** What observers are told. */
export type Fact = Selected | Released | Rejected | Unanswered | Overflow | Interrogated | Sessions<"started">

type Sessions<Kind extends Notice["kind"]> = Extract<Notice, { readonly kind: Kind }>

/** A request is answered without the application: what is told of that, null = nothing. The session collects the decision. */
export interface Answered {
  readonly kind: "answered"
  readonly fact: Rejected | null
  readonly decision: Decision
  /** It is reduced by itself, behind all that is still to be said of what came before, and ahead of what comes behind. */
  readonly alone: boolean
}

export type Due =
  | Asked
  | RefreshRequested
  | FileRequested
  | Fact
  | Answered
  /** A request that was not decided in time: whoever decides it is told. */
  | TimedOut
  | Restarting
  /** Its commands that were not begun are refused. */
  | Sessions<"stopping">
  /** Data transfer stops, or the session is over: nobody waits for what is being decided any more, and it is told. */
  | Sessions<"stopped" | "closed">
  /** A command is refused at its output, where it has not come yet. */
  | { readonly kind: "turnedAway"; readonly command: CommandRequested }
  /** Whoever carries an operation out is told to stop. */
  | { readonly kind: "cancelled"; readonly operation: number }
  | { readonly kind: "nothing" }

const NOTHING: Due = { kind: "nothing" }

/** What is due for a notice. */
export function follow(station: Station, exchange: Exchange, reading: Requests.Reading, notice: Notice): Due {
  switch (notice.kind) {
    case "command":
    case "select":
    case "abandon":
    case "clock":
    case "freeze":
    case "reset":
    case "parameter":
      return requested(station, exchange, reading, notice)
    case "selected":
      // Where the session is over by now, that its selection has ended was told.
      return notice.fresh && exchange.reason === null ? notice : NOTHING
    case "released":
      return notice.why === "executed" ? NOTHING : notice
    case "holding":
    case "traced":
      return NOTHING
    default:
      return notice
  }
}

/** Whether what is due has the session wait for what is decided, also where that was said at once. */
export function isAsked({ kind }: Due): boolean {
  switch (kind) {
    case "command":
    case "select":
    case "clock":
    case "freeze":
    case "reset":
    case "parameter":
    case "refresh":
    case "answered":
    case "turnedAway":
    case "cancelled":
    case "stopping":
      return true
    default:
      return false
  }
}

/** What is due for a request when the application would be asked for it. */
export function requested(station: Station, exchange: Exchange, reading: Requests.Reading, request: Requested): Due {
  const verdict = Requests.judge(reading, station.world, request, exchange.awaits(request.id), exchange.leaving)
  if (verdict === "ask") return asked(station, exchange, request)
  if (verdict === "nobody") return NOTHING
  if (verdict === "refuse") return refused(station, request)
  return outdated(exchange, request, verdict)
}

/** A request that cannot be begun any more: its client is told as by the profile, and so are observers. */
export function outdated({ state }: Exchange, { id }: Requested, situation: Situation): Answered {
  const apdu = Asking.find(state.work, id)?.apdu
  const decision = Outcome.confirm(id, situation === "outdatedSilently" ? "none" : "failure")
  const fact: Rejected | null = apdu === undefined ? null : { kind: "rejected", situation, apdu }
  return { kind: "answered", fact, decision, alone: false }
}

/** A request whose session is about to end, or all of them: that of a command is told as of any that is refused. */
function refused({ world }: Station, request: Requested): Due {
  const situation = World.refusing(world)
  if (situation === null && request.kind === "command" && Image.lives(request))
    return { kind: "turnedAway", command: request }
  const fact: Rejected | null =
    situation !== null && "apdu" in request ? { kind: "rejected", situation, apdu: request.apdu } : null
  // Whoever has the address by now refuses it.
  const isGone = request.kind === "command" && situation === null
  const decision = isGone ? Outcome.gone(request.id) : Outcome.confirm(request.id, "failure")
  return { kind: "answered", fact, decision, alone: false }
}

/** What the application is asked, unless a callback has removed what it would be asked about. */
function asked(station: Station, exchange: Exchange, request: Requested): Due {
  switch (request.kind) {
    case "command":
    case "select":
      // It is judged anew where its point is gone.
      return Image.lives(request) ? request : answered(Outcome.gone(request.id), true)
    case "abandon":
      return abandoned(station, exchange, request)
    case "parameter":
      if (request.block !== null && !Image.lives({ ...request, block: request.block })) return failure(request)
  }
  return Image.firstPresent(station.world.image, request.stations) === undefined ? failure(request) : request
}

const answered = (decision: Decision, alone = false): Answered => ({ kind: "answered", fact: null, decision, alone })

const failure = ({ id }: Requested): Answered => answered(Outcome.confirm(id, "failure"))

/** A client wants an operation of its own stopped that was confirmed and is not over. */
function abandoned({ outputs }: Station, exchange: Exchange, request: AbandonRequested): Due {
  const { id, apdu, block, slot } = request
  const number = Image.lives(request) ? (Outputs.find(outputs, block, slot)?.output.begun ?? 0) : 0
  const begun = Outputs.operation(outputs, number)
  const isOwn = begun !== null && exchange.hasAskedFor(begun) && Instruction.isTheSame(begun.command.apdu, apdu)
  const stopped = isOwn ? Operating.cancel(begun, id) : null
  if (stopped === null) {
    const fact: Rejected = { kind: "rejected", situation: "nothingToDeactivate", apdu }
    return { kind: "answered", fact, decision: Outcome.confirm(id, "failure"), alone: false }
  }
  Outputs.put(outputs, stopped)
  return { kind: "cancelled", operation: number }
}
