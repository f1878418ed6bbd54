// How the application of the model decides commands, by plan, and what must be true whenever it is asked.
import { Cot, type IncomingMessage, ResponseState } from "../../../src/api/c104/index.ts"
import { type Call, keyOf, type Life } from "./History.ts"
import { objectsOf } from "./Octets.ts"
import { Plant } from "./Plant.ts"
import type { Behaviour } from "./Programs.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState

export abstract class Operations extends Plant {
  /** The command that was left open last at a point, whoever has its output by now. */
  private readonly owing = new Map<Life, Call>()
  /** How often the application confirmed and terminated by `transmit`, by the key of the command. */
  readonly words: Record<string, { confirmed: number; terminated: number }> = {}

  protected decide(life: Life, step: Call["step"], message: IncomingMessage): ResponseState | Promise<ResponseState> {
    const [object] = objectsOf(message.raw)
    if (object === undefined) throw new Error("a command without object")
    const call: Call = {
      life,
      step,
      key: keyOf(object, object.hex),
      oa: object.oa,
      at: this.history.length,
      atMs: this.ground.nowMs(),
      settled: false,
      released: false,
      yes: false,
      none: false
    }
    if (this.stopped !== null) this.problems.push(`${step} ${call.key} was called behind stop()`)
    if (life.died !== Number.POSITIVE_INFINITY) this.problems.push(`${step} ${call.key} was called of a removed point`)
    if (step === "decide") this.alone(call)
    if (step === "execute") this.accepted(call)
    this.calls.push(call)
    const settle = (state: ResponseState): ResponseState => {
      call.settled = true
      call.yes = state === SUCCESS
      call.none = state === NONE
      const stays =
        state === NONE ? this.program.profile === "iec" : state === SUCCESS && life.actTerm === "manual" && !life.inTwo
      // To accept is to say yes.
      const refuses = state === NONE && step === "decide" && life.inTwo
      const opens = step !== "select" && !refuses && (stays || state === NONE) && life.died === Number.POSITIVE_INFINITY
      if (opens) this.owing.set(life, call)
      if (opens && !call.released) this.left.set(life, call)
      return state
    }
    const behaviour: Behaviour = this.quiet ? "yes" : this.plan()
    const later = (): Promise<ResponseState> =>
      new Promise((resolve, reject) => {
        this.waits(behaviour, (how) => {
          if (how === 3) {
            call.settled = true
            return reject(new Error("it failed"))
          }
          resolve(settle([FAILURE, SUCCESS, NONE][how] as ResponseState))
        })
      })
    switch (behaviour) {
      case "no":
        return settle(FAILURE)
      case "throw":
        call.settled = true
        throw new Error("it is refused")
      case "garbage":
        call.settled = true
        return undefined as never
      case "none":
        return settle(NONE)
      case "soon":
        return Promise.resolve().then(() => settle(SUCCESS))
      case "soonNo":
        return Promise.resolve().then(() => settle(FAILURE))
      case "later":
      case "never":
        return later()
      case "remove":
        this.kill(life)
        return settle(SUCCESS)
      case "removeLater":
        this.kill(life)
        return later()
      case "close":
        message.connection?.close()
        return settle(SUCCESS)
      case "publish": {
        const some = this.living(false)
        const one = some[this.asked % Math.max(1, some.length)]
        if (one !== undefined) this.publish(one)
        return settle(SUCCESS)
      }
      case "release":
        this.release(life)
        return settle(SUCCESS)
      case "begin":
        return message.begin() ? settle(SUCCESS) : settle(FAILURE)
      case "shutdown":
        this.shutdown()
        return settle(SUCCESS)
      case "station":
        this.removeStation(life.ca)
        return settle(SUCCESS)
      case "replace": {
        this.kill(life)
        this.addCommand(life.ca, life.ioa, this.asked % 32)
        return settle(SUCCESS)
      }
      case "answer":
        this.answer(life, Cot.ACTIVATION_CON, false)
        return settle(SUCCESS)
      default:
        return settle(SUCCESS)
    }
  }

  /** No output is operated by two handlers at once, nor while it was left open. */
  protected alone(call: Call): void {
    const same = (life: Life): boolean => this.same(life, call.life)
    for (const other of this.calls)
      if (other.step !== "select" && same(other.life) && !other.settled && !other.released)
        this.problems.push(`${call.key} was begun beside ${other.step} ${other.key}`)
    if (this.program.profile === "c104") return
    for (const [life, other] of this.left)
      if (same(life)) this.problems.push(`${call.key} was begun while ${other.key} was left open`)
  }

  protected accepted(call: Call): void {
    const accepted = this.calls.filter((one) => one.step === "decide" && one.key === call.key && one.yes).length
    const executed = this.calls.filter((one) => one.step === "execute" && one.key === call.key).length
    if (executed >= accepted) this.problems.push(`${call.key} was carried out and not accepted`)
  }

  protected release(life: Life): void {
    if (life.died !== Number.POSITIVE_INFINITY) return
    // In c104 what was left open has no output any more, and can be answered still.
    if (this.program.profile === "iec") this.left.delete(life)
    for (const call of this.calls) if (call.step !== "select" && this.same(call.life, life)) call.released = true
    life.point.release()
  }

  protected answer(life: Life, cot: Cot, negative: boolean): void {
    if (life.died !== Number.POSITIVE_INFINITY) return
    const call = this.owing.get(life)
    // What waits may begin at once; and who has gone is told nothing, but it is over.
    if (cot === Cot.ACTIVATION_TERMINATION || negative) this.left.delete(life)
    const done = life.point.transmit(cot, { negative })
    if (call === undefined || !done) return
    const words = this.words[call.key] ?? { confirmed: 0, terminated: 0 }
    this.words[call.key] = words
    if (!negative) words.confirmed++
    if (cot === Cot.ACTIVATION_TERMINATION && !negative) words.terminated++
  }
}
