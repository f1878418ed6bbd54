// What the commands share towards the terminal: lines out, how a command fails, and which version this is.
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** Kept equal to package.json by a test, so that the bundled program needs no file beside it. */
export const version = "0.1.0"

/**
 * Exit codes: 0 done, 1 bad input or failure, 2 wrong use of the command line, 130 interrupted, 141 the reader of a
 * server's output has gone. The last two are 128 and the number of the signal that says so, as shells have it.
 */
export const exitCode = { ok: 0, failure: 1, usage: 2, interrupted: 130, readerGone: 141 } as const

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

/** Lines that are written together: all of them may be longer than a text can be. */
const LINES_MAX = 1024

const print = (stream: NodeJS.WriteStream, lines: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (let at = 0; at < lines.length; at += LINES_MAX) stream.write(`${lines.slice(at, at + LINES_MAX).join("\n")}\n`)
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

/** What a stream of Node has inside. */
interface Inside {
  readonly _handle?: { readonly setBlocking?: (blocking: boolean) => unknown } | null
}

/**
 * Has what is written to a terminal wait for it as it does for any other reader. Node has the whole process wait, so that a
 * terminal that is held (Ctrl-S), or that nobody reads, would stop a server.
 */
export function waitForNoTerminal(): void {
  for (const stream of [process.stdout, process.stderr])
    if (stream.isTTY) (stream as unknown as Inside)._handle?.setBlocking?.(false)
}

/** Octets of lines that may wait for their reader before further ones are dropped. */
const WAITING_MAX = 1_048_576

/**
 * Prints lines that cannot be held back, since they tell what happens: while too much waits for the reader they are
 * dropped and counted, and where they are missing a line of `gap` says how many they were. Nothing is printed before
 * `open`: what comes earlier waits.
 */
export class Telling {
  private readonly stream: NodeJS.WriteStream
  private readonly gap: (lost: number) => string
  private early: (() => string)[] | null = []
  private lost = 0

  constructor(stream: NodeJS.WriteStream, gap: (lost: number) => string) {
    this.stream = stream
    this.gap = gap
    stream.on("drain", () => this.settle())
  }

  open(): void {
    const { early } = this
    this.early = null
    for (const line of early ?? []) this.take(line)
  }

  take(line: () => string): void {
    const { stream, early } = this
    if (early !== null) early.push(line)
    else if (stream.writableLength > WAITING_MAX) this.lost++
    else {
      this.settle()
      stream.write(`${line()}\n`)
    }
  }

  /** Says how many lines are missing here, if any. */
  settle(): void {
    if (this.lost === 0) return
    this.stream.write(`${this.gap(this.lost)}\n`)
    this.lost = 0
  }
}

/** "1 point", "2 points". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
