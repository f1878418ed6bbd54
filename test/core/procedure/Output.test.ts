// Whose turn it is at an output, and what follows from an outcome, without any session.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Ledger, Outcome, Output } from "../../../src/core/index.ts"

type Command = string

const CON = 7
const TERM = 10
const PLACES = 4

describe("an output", () => {
  const begun = Output.begin<Command>(Output.free, "a")

  it("takes the first command, lets others wait, and lets them go on in their order", () => {
    expect(Output.judge(Output.free, PLACES)).toBe("begin")
    expect(Output.judge(begun, PLACES)).toBe("wait")
    const busy = Output.wait(Output.wait(begun, "b"), "c")
    const over = Output.end(busy, "a")
    expect(over).toMatchObject({ status: "free", begun: null, waiting: ["b", "c"] })
    expect(Output.judge(over, PLACES)).toBe("wait")
    expect(Output.leave(over, "b").waiting).toEqual(["c"])
    expect(Output.end(begun, "a")).toBe(Output.free)
  })

  it.each([
    ["where nobody may wait", begun, 0],
    ["when all places are taken", Output.wait(begun, "b"), 1],
    ["when the handler did not answer in time", Output.overdue(begun, "a"), PLACES],
    ["when its command has not ended for too long", Output.lose(begun, "a"), PLACES]
  ] as const)("refuses %s", (_, output, places) => {
    expect(Output.judge(output, places)).toBe("refuse")
  })

  it("is free again when a command that did not answer in time is over after all", () => {
    expect(Output.end(Output.overdue(begun, "a"), "a")).toBe(Output.free)
  })

  it("stays unknown when its command is over after all, until it is released", () => {
    const after = Output.end(Output.lose(Output.overdue(begun, "a"), "a"), "a")
    expect(after).toMatchObject({ status: "unknown", begun: null })
    expect(Output.judge(after, PLACES)).toBe("refuse")
    expect(Output.judge(Output.release(after), PLACES)).toBe("begin")
  })

  it("is nothing to a command that it does not know any more", () => {
    const next = Output.begin(Output.release(begun), "b")
    for (const late of [Output.end, Output.overdue, Output.lose]) expect(late(next, "a")).toBe(next)
  })

  it.each([
    ["confirms", false, CON, false, { confirmed: true }, false],
    ["confirms negatively", false, CON, true, null, true],
    ["terminates what is not confirmed", false, TERM, false, null, true],
    ["terminates what is confirmed", true, TERM, false, null, true],
    ["cannot confirm twice", true, CON, false, undefined, false],
    ["cannot refuse what is confirmed", true, CON, true, undefined, false],
    ["means nothing by another cause", false, 3, false, undefined, false]
  ] as const)("answered late: %s", (_, confirmed, cause, negative, left, over) => {
    const before = Output.owe(begun, { command: "a", confirmed, since: 1 })
    const answer = Output.answer(before, cause, negative)
    expect([answer.answered?.command ?? null, answer.over]).toEqual([left === undefined ? null : "a", over])
    if (left === undefined) expect(answer.output).toBe(before)
    else expect(answer.output.owed).toEqual(left === null ? null : { command: "a", since: 1, ...left })
    expect(answer.output.begun).toBe(over ? null : "a")
  })

  it("answered late, for a command that has not the output any more: that of another is not ended", () => {
    const before = Output.owe(Output.begin<Command>(Output.free, "b"), { command: "a", confirmed: false, since: 1 })
    const { output, answered } = Output.answer(before, TERM, false)
    expect([answered?.command, output.begun, output.owed]).toEqual(["a", "b", null])
    expect(Output.lose(before, "b").owed?.command).toBe("a")
    expect(Output.release(before).owed?.command).toBe("a")
  })

  it("never has two commands, and does what a list of names does, whatever happens", () => {
    const step = fc.constantFrom("arrive", "arrive", "end", "owe", "confirm", "terminate", "overdue", "lose", "release")
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (steps, places) => {
        let output: Output.Output<Command> = Output.free
        let [count, running] = [0, 0]
        // The same as names, changed in place.
        const model = {
          status: "free",
          begun: null as string | null,
          waiting: [] as string[],
          owed: null as string | null
        }
        let confirmed = false
        const begin = (name: string): void => {
          output = Output.begin(Output.leave(output, name), name)
          running++
          Object.assign(model, {
            status: "busy",
            begun: name,
            waiting: model.waiting.filter((other) => other !== name)
          })
        }
        const over = (): void => {
          running--
          model.begun = null
          if (model.status !== "unknown") model.status = "free"
          const [first] = model.waiting
          if (model.status === "free" && first !== undefined) begin(first)
        }
        for (const what of steps) {
          Object.freeze(output)
          Object.freeze(output.waiting)
          Object.freeze(output.owed)
          const { begun: at } = output
          if (what === "arrive") {
            const name = `c${count++}`
            const verdict = Output.judge(output, places)
            const refuses = model.status === "stuck" || model.status === "unknown" || model.waiting.length >= places
            expect(verdict).toBe(model.status === "free" ? "begin" : refuses ? "refuse" : "wait")
            if (verdict === "begin") begin(name)
            if (verdict === "wait") {
              output = Output.wait(output, name)
              model.waiting.push(name)
            }
          } else if (what === "confirm" || what === "terminate") {
            const confirms = what === "confirm"
            const answer = Output.answer(output, confirms ? CON : TERM, false)
            output = answer.output
            const owes = model.owed !== null && !(confirms && confirmed)
            expect(answer.answered?.command ?? null).toBe(owes ? model.owed : null)
            expect(answer.over).toBe(owes && !confirms)
            if (owes && confirms) confirmed = true
            else if (owes) {
              const ends = model.owed === model.begun && model.begun !== null
              model.owed = null
              if (ends) over()
            }
          } else if (at !== null && what === "end") {
            output = Output.end(output, at)
            over()
          } else if (at !== null && what === "owe") {
            output = Output.owe(output, { command: at, confirmed: false, since: 0 })
            confirmed = false
            model.owed = at
          } else if (at !== null && what === "overdue") {
            output = Output.overdue(output, at)
            if (model.status === "busy") model.status = "stuck"
          } else if (at !== null && what === "lose") {
            output = Output.lose(output, at)
            model.status = "unknown"
            if (model.owed === at) model.owed = null
          } else if (what === "release" && model.status !== "free") {
            output = Output.release(output)
            if (model.owed === model.begun) model.owed = null
            if (model.begun === null) running++
            model.status = "free"
            over()
          }
          const { status, waiting, owed } = output
          expect({ status, begun: output.begun, waiting, owed: owed?.command ?? null }).toEqual(model)
          expect(running).toBe(output.begun === null ? 0 : 1)
        }
      }),
      { numRuns: 500 }
    )
  })
})

describe("an outcome", () => {
  const NONE = Ledger.NO_EVENTS
  const says = (confirm: number, terminate: boolean, keep: boolean) => ({ confirm, terminate, keep })

  it.each([
    ["success", true, false, says(1, true, false)],
    ["success", true, true, says(1, true, false)],
    ["success", false, false, says(1, false, false)],
    ["success", false, true, says(1, true, false)],
    ["success", "manual", false, says(1, false, true)],
    ["success", "manual", true, says(1, true, false)],
    ["failure", true, false, says(-1, false, false)],
    ["failure", "manual", true, says(-1, false, false)],
    ["none", true, false, says(0, false, true)],
    ["none", "manual", true, says(0, false, true)]
  ] as const)("%s of a command with termination %s, selected %s", (outcome, termination, selected, expected) => {
    expect(Outcome.command(4, outcome, termination, selected, 9)).toMatchObject({ id: 4, barrier: 9, ...expected })
  })

  it("of any other request is confirmed and nothing else", () => {
    expect((["success", "failure", "none"] as const).map((outcome) => Outcome.confirm(1, outcome).confirm)).toEqual([
      1, -1, 0
    ])
    expect(Outcome.confirm(2, "success")).toMatchObject({ id: 2, terminate: false, keep: false, barrier: NONE })
  })

  it("that comes late confirms, refuses or terminates", () => {
    expect(Outcome.late(1, CON, false, false, NONE)).toMatchObject(says(1, false, true))
    expect(Outcome.late(1, CON, true, false, NONE)).toMatchObject(says(-1, false, false))
    expect(Outcome.late(1, TERM, false, true, 7)).toMatchObject({ ...says(0, true, false), failed: false, barrier: 7 })
    expect(Outcome.late(1, TERM, true, true, 7)).toMatchObject({ ...says(0, true, false), failed: true })
  })

  it("that comes late terminates nothing that was not confirmed", () => {
    expect(Outcome.late(1, TERM, false, false, 7)).toMatchObject({ ...says(1, true, false), failed: false, barrier: 7 })
    expect(Outcome.late(1, TERM, true, false, 7)).toMatchObject(says(-1, false, false))
  })
})
