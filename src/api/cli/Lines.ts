// Commands that answer a line with lines: from their arguments, or from standard input as it comes, in bounded memory
// however long the input is and however slow the reader. A line that cannot be answered is told; the rest goes on.
import * as Effect from "effect/Effect"
import { shown } from "../../shell/Shown.ts"
import * as InputLines from "./InputLines.ts"
import * as Output from "./Output.ts"

/** Lines that answer one line, or in one text what is wrong with it. */
export type Answer = (text: string) => readonly string[] | string

export interface Task {
  /** The lines; without any, those of standard input. */
  readonly given: readonly string[]
  readonly answer: Answer
  /** Whether problems are answers too, as `{"error": ...}`; else they are told on standard error. */
  readonly json: boolean
  /** What to type where standard input is a terminal. */
  readonly invitation: string
}

/** What the lines of a task have to be told, gathered until it is worth writing. */
class Told {
  good = true
  private readonly task: Task
  private out: string[] = []
  private err: string[] = []

  constructor(task: Task) {
    this.task = task
  }

  take(text: string, place: string): void {
    const answer = InputLines.tooLong(text) ?? this.task.answer(text)
    if (typeof answer !== "string") {
      for (const line of answer) this.out.push(line)
      return
    }
    this.good = false
    const problem = `${place}: ${shown(answer)}`
    if (this.task.json) this.out.push(JSON.stringify({ error: problem }))
    else this.err.push(problem)
  }

  async write(): Promise<void> {
    const { out, err } = this
    this.out = []
    this.err = []
    await Output.written(process.stdout, out)
    await Output.written(process.stderr, err)
  }
}

/** Empty lines and lines that begin with # are passed over. */
const isBlank = (text: string): boolean => /^\s*(#|$)/.test(text)

async function answerInput(told: Told): Promise<void> {
  let number = 0
  for await (const lines of InputLines.completed(InputLines.standardInput())) {
    for (const text of lines) {
      number++
      if (!isBlank(text)) told.take(text, `standard input, line ${number}`)
    }
    await told.write()
  }
}

/** Answers every line in its order. Fails in the end when one of them could not be answered. */
export const answerAll = (task: Task): Effect.Effect<void, Output.CliError> =>
  Effect.gen(function* () {
    const { given, invitation } = task
    const told = new Told(task)
    if (given.length === 0) {
      if (process.stdin.isTTY) yield* Output.err([`${invitation} Ctrl-D ends.`])
      yield* Effect.tryPromise({
        try: () => answerInput(told),
        catch: (cause) => Output.failure([`standard input: ${cause instanceof Error ? cause.message : String(cause)}`])
      })
    } else {
      for (const [index, text] of given.entries()) told.take(text, `argument ${index + 1}`)
      yield* Effect.promise(() => told.write())
    }
    if (!told.good) return yield* Output.failure([])
  })
