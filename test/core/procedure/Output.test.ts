// Whose turn it is at an output, and what follows from an outcome, without any session.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Ledger, Outcome, Output } from "../../../src/core/index.ts"

/** A command of a client who may have gone. */
interface Command {
  readonly name: string
  gone: boolean
}
const commands = (...names: readonly string[]): Command[] => names.map((name) => ({ name, gone: false }))
const open = ({ gone }: Command): boolean => !gone

const CON = 7
const TERM = 10

describe("an output", () => {
  const [a, b, c] = commands("a", "b", "c") as [Command, Command, Command]

  it("takes the first command, lets others wait, and lets them go on in their order", () => {
    expect(Output.judge(Output.free, open)).toBe("decide")
    const busy = Output.wait(Output.wait(Output.begin<Command>(Output.free, a), b), c)
    expect(Output.judge(busy, open)).toBe("wait")
    const over = Output.end(busy)
    expect([over.deciding, over.waiting]).toEqual([null, [b, c]])
    expect(Output.judge(over, open)).toBe("decide")
    expect(Output.shift(over).waiting).toEqual([c])
    expect(Output.end(Output.begin<Command>(Output.free, a))).toBe(Output.free)
  })

  it("refuses others while a command is carried out, until it is terminated or its client has gone", () => {
    const carried = Output.owe(Output.begin<Command>(Output.free, a), { command: a, confirmed: true, since: 5 })
    expect(Output.judge(Output.end(carried), open)).toBe("refuse")
    expect(Output.judge(Output.end(carried), () => false)).toBe("decide")
    const { output, answered } = Output.answer(Output.end(carried), TERM, false, open)
    expect(answered).toEqual({ command: a, confirmed: true, since: 5 })
    expect(Output.judge(output, open)).toBe("decide")
  })

  it("does not refuse others for a command that is not confirmed yet", () => {
    const owed = Output.owe(Output.free, { command: a, confirmed: false, since: 0 })
    expect(Output.judge(owed, open)).toBe("decide")
  })

  it.each([
    ["confirms", { confirmed: false }, CON, false, true, { confirmed: true }],
    ["confirms negatively", { confirmed: false }, CON, true, true, null],
    ["terminates what is not confirmed", { confirmed: false }, TERM, false, true, null],
    ["cannot confirm twice", { confirmed: true }, CON, false, false, { confirmed: true }],
    ["cannot refuse what is confirmed", { confirmed: true }, CON, true, false, { confirmed: true }],
    ["means nothing by another cause", { confirmed: false }, 3, false, false, { confirmed: false }]
  ] as const)("answered late: %s", (_, { confirmed }, cause, negative, answers, left) => {
    const before = Output.owe(Output.free, { command: a, confirmed, since: 1 })
    const { output, answered } = Output.answer(before, cause, negative, open)
    expect(answered?.command ?? null).toBe(answers ? a : null)
    expect(output.owed).toEqual(left === null ? null : { command: a, since: 1, ...left })
  })

  it("answered late, when nothing is owed or the client has gone: nobody is answered", () => {
    expect(Output.answer(Output.free, CON, false, open).answered).toBeNull()
    const owed = Output.owe(Output.wait<Command>(Output.free, b), { command: a, confirmed: true, since: 1 })
    const { output, answered } = Output.answer(owed, TERM, false, () => false)
    expect(answered).toBeNull()
    expect(output).toEqual({ deciding: null, waiting: [b], owed: null })
  })

  it("does what a list of names does, whatever happens", () => {
    const step = fc.constantFrom("arrive", "arrive", "end", "next", "owe", "confirm", "terminate", "gone")
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let output: Output.Output<Command> = Output.free
        const all: Command[] = []
        // The same as names, changed in place.
        const model = { deciding: "", waiting: [] as string[], owed: "", confirmed: false }
        const runs = (): boolean => model.confirmed && all.some(({ name, gone }) => name === model.owed && !gone)
        const judged = (): Output.Verdict => (runs() ? "refuse" : model.deciding === "" ? "decide" : "wait")
        const begin = (command: Command): void => {
          output = Output.begin(output, command)
          model.deciding = command.name
        }
        for (const what of steps) {
          Object.freeze(output)
          Object.freeze(output.waiting)
          Object.freeze(output.owed)
          const { deciding } = output
          expect(Output.judge(output, open)).toBe(judged())
          if (what === "arrive") {
            const command = { name: `c${all.length}`, gone: false }
            all.push(command)
            if (judged() === "decide") begin(command)
            else if (judged() === "wait") {
              output = Output.wait(output, command)
              model.waiting.push(command.name)
            }
          } else if (what === "gone") for (const command of all) command.gone = true
          else if (what === "confirm" || what === "terminate") {
            const confirms = what === "confirm"
            const { output: after, answered } = Output.answer(output, confirms ? CON : TERM, false, open)
            output = after
            const owes = model.owed !== "" && all.some(({ name, gone }) => name === model.owed && !gone)
            const answers = owes && !(confirms && model.confirmed)
            expect(answered?.command.name ?? "").toBe(answers ? model.owed : "")
            if (answers && confirms) model.confirmed = true
            else if (answers || !owes) Object.assign(model, { owed: "", confirmed: false })
          } else if (what === "next" && deciding === null && output.waiting[0] !== undefined) {
            const [first] = output.waiting
            output = Output.shift(output)
            model.waiting.shift()
            if (judged() === "decide") begin(first)
          } else if (what === "owe" && deciding !== null) {
            output = Output.owe(output, { command: deciding, confirmed: false, since: 0 })
            Object.assign(model, { owed: deciding.name, confirmed: false })
          } else if (what === "end") {
            output = Output.end(output)
            model.deciding = ""
          }
          expect({
            deciding: output.deciding?.name ?? "",
            waiting: output.waiting.map(({ name }) => name),
            owed: output.owed?.command.name ?? "",
            confirmed: output.owed?.confirmed ?? false
          }).toEqual(model)
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
    expect(Outcome.late(1, CON, false, NONE)).toMatchObject(says(1, false, true))
    expect(Outcome.late(1, CON, true, NONE)).toMatchObject(says(-1, false, false))
    expect(Outcome.late(1, TERM, false, 7)).toMatchObject({ ...says(0, true, false), barrier: 7 })
  })
})
