// What the commands share towards the terminal: lines out, how a command fails, and which version this is.
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** Kept equal to package.json by a test, so that the bundled program needs no file beside it. */
export const version = "0.1.0"

/** Exit codes: 0 done, 1 bad input or failure, 2 wrong use of the command line, 130 interrupted. */
export const exitCode = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const

/** A command that cannot do what it was asked to; `lines` say why and have not been printed yet. */
export class CliError extends Data.TaggedError("CliError")<{
  readonly lines: ReadonlyArray<string>
  readonly exitCode: number
}> {
  override get message(): string {
    return this.lines.join("\n")
  }
}

/** A list, since there may be more lines than a call may have arguments. */
export const failure = (lines: ReadonlyArray<string>): CliError => new CliError({ lines, exitCode: exitCode.failure })

const print = (stream: NodeJS.WriteStream, lines: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.sync(() => {
    if (lines.length > 0) stream.write(`${lines.join("\n")}\n`)
  })

/** Prints results. */
export const out = (lines: ReadonlyArray<string>): Effect.Effect<void> => print(process.stdout, lines)

/** Prints what went wrong, or what the reader should know beside the results. */
export const err = (lines: ReadonlyArray<string>): Effect.Effect<void> => print(process.stderr, lines)

/**
 * Prints lines and completes when they are on their way, so that a slow reader slows the writer down. It also completes
 * when they cannot be written: what a broken output means is decided once for the whole program.
 */
export const written = (stream: NodeJS.WriteStream, lines: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve) => {
    if (lines.length === 0) resolve()
    else stream.write(`${lines.join("\n")}\n`, () => resolve())
  })

/** "1 point", "2 points". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
