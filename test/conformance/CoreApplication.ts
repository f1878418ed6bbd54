// The application of a station in virtual time: it answers commands, clock synchronisations, resets and parameters as
// the transcript says, at once or later.
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

/** A question of a client. */
interface Question<A extends Asked = Asked> {
  readonly client: Client
  readonly asked: A
}
type Operation = Question<Command>
type Output = Core.Output.Output<Operation>

const RESET_PROCESS = 1
const CONFIRMATION = 7
const TERMINATION = 10

const questions: Readonly<Record<Asked["kind"], Backend.Question>> = {
  command: "commands",
  clock: "clock",
  reset: "reset",
  parameter: "parameters"
}

const outcomes: Readonly<Record<Backend.Answer, Core.Outcome.Outcome>> = {
  accepted: "success",
  refused: "failure",
  later: "none",
  held: "none"
}

export class CoreApplication {
  readonly answers: Backend.Answers = Backend.firstAnswers()
  /** Requests that reached the application. */
  operated = 0
  private readonly process: CoreProcess
  /** Hands a decision to the session that waits for it. */
  private readonly decided: (client: Client, decision: Core.Decision) => void
  /** The process has been reset for this client. */
  private readonly restart: (client: Client) => void
  /** Questions that the application thinks about. */
  private held: readonly Question[] = []
  private readonly outputs = new Map<Core.Block, Map<number, Output>>()

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
    if (asked.kind !== "command") return this.consider({ client, asked })
    const output = this.outputOf(asked)
    const operation = { client, asked }
    switch (Core.Output.judge(output, this.places)) {
      case "begin":
        this.put(asked, Core.Output.begin(output, operation))
        return this.consider(operation)
      case "wait":
        this.put(asked, Core.Output.wait(output, operation))
        return null
      case "refuse":
        return Core.Outcome.confirm(asked.id, "failure")
    }
  }

  /** The commands of a client that were not begun are refused: their decisions. */
  stopping(client: Client): readonly Core.Decision[] {
    const refused: Core.Decision[] = []
    for (const slots of this.outputs.values())
      for (const [slot, output] of slots) {
        const waiting = output.waiting.filter((operation) => operation.client !== client)
        const gone = output.waiting.filter((operation) => operation.client === client)
        if (gone.length === 0) continue
        slots.set(slot, { ...output, waiting })
        refused.push(...gone.map(({ asked }) => Core.Outcome.confirm(asked.id, "failure")))
      }
    return refused
  }

  private consider(question: Question): Core.Decision | null {
    const { kind } = question.asked
    this.operated += kind === "clock" ? 0 : 1
    const how = this.answers[questions[kind]]
    if (how !== "held") return this.decide(question, how)
    this.held = [...this.held, question]
    return null
  }

  /** Answers all that is held; what waited behind it is asked then. */
  answer(how: Backend.Answer): void {
    const { held } = this
    this.held = []
    for (const question of held) if (question.client.open) this.decided(question.client, this.decide(question, how))
    for (const { client, asked } of held) {
      if (asked.kind !== "command") continue
      if (!client.open) this.end({ client, asked })
      this.next(asked)
    }
  }

  /** Asks what waited for the command before it. */
  private next(of: Command): void {
    for (;;) {
      const output = this.outputOf(of)
      const [first] = output.waiting
      if (first === undefined || output.status === "busy") return
      this.put(of, Core.Output.leave(output, first))
      const decision = first.client.open ? this.ask(first.client, first.asked) : null
      if (decision !== null) this.decided(first.client, decision)
    }
  }

  /** Confirms or terminates a command that waits for it. */
  resolve(point: Backend.Point, confirm: boolean, negative: boolean): void {
    const { block, slot } = this.process.place(point)
    const asked = { block, slot }
    const cause = confirm ? CONFIRMATION : TERMINATION
    const { output, answered } = Core.Output.answer(this.outputOf(asked), cause, negative)
    this.put(asked, output)
    if (answered === null || !answered.command.client.open) throw new Error("no command waits for this")
    const { client, asked: command } = answered.command
    this.decided(client, Core.Outcome.late(command.id, cause, negative, answered.confirmed, Core.Ledger.NO_EVENTS))
  }

  private decide({ client, asked }: Question, how: Backend.Answer): Core.Decision {
    const outcome = outcomes[how]
    switch (asked.kind) {
      case "command":
        return this.conclude({ client, asked }, outcome)
      case "clock": {
        const { low, high } = this.process.ownTime(asked.ca)
        if (outcome === "success") this.process.synchronise(asked.ca, asked.timeLow, asked.timeHigh)
        return { ...Core.Outcome.confirm(asked.id, outcome), timeLow: low, timeHigh: high }
      }
      case "reset":
        if (outcome === "success" && asked.qualifier === RESET_PROCESS) this.restart(client)
        return Core.Outcome.confirm(asked.id, outcome)
      case "parameter":
        return Core.Outcome.confirm(asked.id, outcome)
    }
  }

  private conclude(operation: Operation, outcome: Core.Outcome.Outcome): Core.Decision {
    const { client, asked } = operation
    const points = this.process.pointsOf(asked.ca, asked.ioa, asked.type)
    if (outcome !== "failure") Core.Image.setValue(asked.block, asked.slot, asked.value)
    const related = points.related === 0 ? 0 : points.related + asked.ioa - points.from
    const returns = outcome === "success" && related !== 0
    const barrier = returns ? this.returnInformation(client, asked, related) : Core.Ledger.NO_EVENTS
    const decision = Core.Outcome.command(asked.id, outcome, points.termination, asked.selected, barrier)
    const owed = { command: this.begunAt(operation), confirmed: outcome === "success", since: 0 }
    if (decision.keep) this.put(asked, Core.Output.owe(this.outputOf(asked), owed))
    const { openCommand } = this.process.world.profile
    if (!decision.keep || (outcome === "none" && openCommand === "frees")) this.end(operation)
    return decision
  }

  /** What was commanded is reported by another point: the mark behind its event. */
  private returnInformation(client: Client, { ca, value, originator }: Command, ioa: number): number {
    const place = this.process.set({ ca, ioa, value, quality: null, extra: null }, null)
    const cause = Core.Outcome.returnCause(place.block, this.process.world.profile)
    const end = this.process.append(place, cause, originator, client.state.id)
    return Core.Ledger.mark(end, place.block.of.priority)
  }

  /** How many commands may wait at an output. */
  private get places(): number {
    const { profile, limits } = this.process.world
    return profile.commandWaitMs === 0 ? 0 : limits.commandsPerPoint
  }

  /** The command that was begun at the output of an operation: questions are made anew, commands are not. */
  private begunAt(operation: Operation): Operation {
    const { begun } = this.outputOf(operation.asked)
    return begun?.asked === operation.asked ? begun : operation
  }

  private end(operation: Operation): void {
    this.put(operation.asked, Core.Output.end(this.outputOf(operation.asked), this.begunAt(operation)))
  }

  private outputOf({ block, slot }: Core.Image.Place): Output {
    return this.outputs.get(block)?.get(slot) ?? Core.Output.free
  }

  private put({ block, slot }: Core.Image.Place, output: Output): void {
    const outputs = this.outputs.get(block) ?? new Map<number, Output>()
    this.outputs.set(block, outputs.set(slot, output))
  }
}
