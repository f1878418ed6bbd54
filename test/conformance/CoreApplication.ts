// The application of a station in virtual time: it answers commands, clock synchronisations, resets and parameters as
// the transcript says, at once or later, and one question after the other about the same object.
import * as Core from "../../src/core/index.ts"
import * as Backend from "./Backend.ts"
import type { CoreProcess } from "./CoreProcess.ts"

/** One connection as the application sees it. */
export interface Client {
  readonly open: boolean
  readonly state: Core.SessionState.SessionState
}

/** What the application has to answer. */
export type Asked = Extract<Core.Notice, { readonly kind: "command" | "clock" | "reset" | "parameter" }>
type Command = Extract<Asked, { readonly kind: "command" }>

/** A question that the application thinks about; one behind it about the same object waits. */
interface Held {
  readonly client: Client
  readonly asked: Asked
  readonly behind: boolean
}

/** A command that the application will confirm and terminate later. */
interface Awaiting {
  readonly client: Client
  readonly asked: Command
  readonly confirmed: boolean
}

const RETURNED = 11
const SPONTANEOUS = 3
const RESET_PROCESS = 1

const questions: Readonly<Record<Asked["kind"], Backend.Question>> = {
  command: "commands",
  clock: "clock",
  reset: "reset",
  parameter: "parameters"
}

const sameObject = (a: Asked, b: Asked): boolean =>
  a.kind === "command" && b.kind === "command" && a.block === b.block && a.slot === b.slot

/** A decision that only confirms, or with `later` only keeps the request. */
export const plain = (id: number, how: Backend.Answer): Core.Decision => ({
  id,
  confirm: how === "accepted" ? 1 : how === "later" ? 0 : -1,
  terminate: false,
  keep: how === "later",
  barrier: Core.Ledger.NO_EVENTS,
  timeLow: 0,
  timeHigh: 0
})

export class CoreApplication {
  readonly answers: Backend.Answers = Backend.firstAnswers()
  /** Requests that reached the application. */
  operated = 0
  private readonly process: CoreProcess
  /** Hands a decision to the session that waits for it. */
  private readonly decided: (client: Client, decision: Core.Decision) => void
  /** The process has been reset for this client. */
  private readonly restart: (client: Client) => void
  private held: readonly Held[] = []
  private awaiting: readonly Awaiting[] = []

  constructor(
    process: CoreProcess,
    decided: (client: Client, decision: Core.Decision) => void,
    restart: (client: Client) => void
  ) {
    this.process = process
    this.decided = decided
    this.restart = restart
  }

  /** Takes a question; the decision when it is there at once, else null. */
  ask(client: Client, asked: Asked): Core.Decision | null {
    // While an output is being operated the application is not asked about it.
    if (this.awaiting.some((found) => found.client.open && sameObject(found.asked, asked)))
      return plain(asked.id, "refused")
    const behind = this.held.some((found) => sameObject(found.asked, asked))
    if (!behind) this.operated += asked.kind === "clock" ? 0 : 1
    const how = this.answers[questions[asked.kind]]
    if (!behind && how !== "held") return this.decide(client, asked, how)
    this.held = [...this.held, { client, asked, behind }]
    return null
  }

  /** Answers all that is held; what waited behind it is asked then. */
  answer(how: Backend.Answer): void {
    const { held } = this
    this.held = []
    for (const { client, asked, behind } of held)
      if (!behind && client.open) this.decided(client, this.decide(client, asked, how))
    for (const { client, asked } of held.filter(({ behind }) => behind)) {
      const decision = client.open ? this.ask(client, asked) : null
      if (decision !== null) this.decided(client, decision)
    }
  }

  /** Confirms or terminates a command that waits for it. */
  resolve(point: Backend.Point, confirm: boolean, negative: boolean): void {
    const { block, slot } = this.process.place(point)
    const found = this.awaiting.find(({ asked }) => asked.block === block && asked.slot === slot)
    const others = this.awaiting.filter((other) => other !== found)
    if (found !== undefined && !found.client.open) this.awaiting = others
    if (found === undefined || !found.client.open || (confirm && found.confirmed))
      throw new Error("no command waits for this")
    const keep = confirm && !negative
    this.awaiting = keep ? [...others, { ...found, confirmed: true }] : others
    const how = !confirm ? "later" : negative ? "refused" : "accepted"
    this.decided(found.client, { ...plain(found.asked.id, how), terminate: !confirm, keep })
  }

  private decide(client: Client, asked: Asked, how: Backend.Answer): Core.Decision {
    const accepted = how === "accepted"
    switch (asked.kind) {
      case "command":
        return this.conclude(client, asked, how)
      case "clock": {
        const { low, high } = this.process.ownTime(asked.ca)
        if (accepted) this.process.synchronise(asked.ca, asked.timeLow, asked.timeHigh)
        return { ...plain(asked.id, how), timeLow: low, timeHigh: high }
      }
      case "reset":
        if (accepted && asked.qualifier === RESET_PROCESS) this.restart(client)
        return plain(asked.id, how)
      case "parameter":
        return plain(asked.id, how)
    }
  }

  private conclude(client: Client, asked: Command, how: Backend.Answer): Core.Decision {
    const points = this.process.pointsOf(asked.ca, asked.ioa, asked.type)
    const accepted = how === "accepted"
    const manual = points.termination === "manual" && !asked.selected
    const keep = how === "later" || (accepted && manual)
    if (how !== "refused") Core.Image.setValue(asked.block, asked.slot, asked.value)
    if (keep) this.awaiting = [...this.awaiting, { client, asked, confirmed: accepted }]
    const related = points.related === 0 ? 0 : points.related + asked.ioa - points.from
    return {
      ...plain(asked.id, how),
      terminate: accepted && !manual && (asked.selected || points.termination !== false),
      keep,
      barrier: accepted && related !== 0 ? this.returnInformation(client, asked, related) : Core.Ledger.NO_EVENTS
    }
  }

  /** What was commanded is reported by another point: the mark behind its event. */
  private returnInformation(client: Client, { ca, value, originator }: Command, ioa: number): number {
    const place = this.process.set({ ca, ioa, value, quality: null, extra: null }, null)
    const { of } = place.block
    const listed = Core.TypeTable.byId[of.eventType]?.causesMonitor.includes(RETURNED) === true
    const returned = listed || this.process.world.profile.returnedCause === "always"
    const end = this.process.append(place, returned ? RETURNED : SPONTANEOUS, originator, client.state.id)
    return Core.Ledger.mark(end, of.priority)
  }
}
