// One output and all its clients (60870-5-5 6.8): whose turn it is. A command that was begun has the output until it is
// over, whatever becomes of its client; meanwhile no other is begun. A pure table: the shell holds its present value.
import { Cause } from "../wire/Cause.ts"

/**
 * What is known of an output. `stuck`: the handler of its command did not answer in time and has not ended. `unknown`: its
 * command has not ended within `operationMs`; it stays so until it is released.
 */
export type Status = "free" | "busy" | "stuck" | "unknown"

/** Whose turn it is at an output. `C` is a command as its owner knows it; nobody looks inside. */
export interface Output<C> {
  readonly status: Status
  /** The command that was begun and is not over. */
  readonly begun: C | null
  /** The command that was begun last: what the point shows is what it says, or what the point said before it. */
  readonly last: C | null
  /** Those that came meanwhile, in their order: never more than have places, so that copying them costs next to nothing. */
  readonly waiting: readonly C[]
  /** The command that the application has left open and answers by itself, later. */
  readonly owed: Owed<C> | null
}

/** A command whose answer is owed. */
export interface Owed<C> {
  readonly command: C
  /** Whether it was confirmed positively: then what is owed is its termination. */
  readonly confirmed: boolean
  /** End of the log when it was left open: what is published later goes before its termination. */
  readonly since: number
}

/** Nothing happens at it. */
export const free: Output<never> = { status: "free", begun: null, last: null, waiting: [], owed: null }

/** Whether a command has anything to do with an output still. */
export const knows = <C>({ begun, waiting, owed }: Output<C>, command: C): boolean =>
  begun === command || owed?.command === command || waiting.includes(command)

/** What becomes of a command that comes. */
export type Verdict = "begin" | "wait" | "refuse"

/** Judges a command that comes, where so many may wait. */
export function judge<C>({ status, waiting }: Output<C>, places: number): Verdict {
  if (status === "free" && waiting.length === 0) return "begin"
  if (status === "stuck" || status === "unknown") return "refuse"
  return waiting.length < places ? "wait" : "refuse"
}

/** A command is handed to the application. */
export const begin = <C>({ waiting, owed }: Output<C>, command: C): Output<C> => ({
  status: "busy",
  begun: command,
  last: command,
  waiting,
  owed
})

/** A command waits for those before it. */
export const wait = <C>(output: Output<C>, command: C): Output<C> => ({
  ...output,
  waiting: [...output.waiting, command]
})

/** A command does not wait any more: its turn has come, or it was given up. */
export const leave = <C>(output: Output<C>, command: C): Output<C> =>
  output.waiting.length > 0 && output.waiting.includes(command)
    ? { ...output, waiting: output.waiting.filter((other) => other !== command) }
    : output

/** The command that was begun did not answer in time. */
export const overdue = <C>(output: Output<C>, command: C): Output<C> =>
  output.begun === command && output.status === "busy" ? { ...output, status: "stuck" } : output

/** The command that was begun has taken too long altogether: nobody knows what the output does. */
export const lose = <C>(output: Output<C>, command: C): Output<C> =>
  output.begun === command ? { ...output, status: "unknown", owed: others(output) } : output

/** What is owed of another command than the one that was begun. */
const others = <C>({ begun, owed }: Output<C>): Owed<C> | null => (owed?.command === begun ? null : owed)

/** A command is over. What is unknown stays unknown; whoever waits has to be judged anew. */
export function end<C>(output: Output<C>, command: C): Output<C> {
  const { status, begun, last, waiting, owed } = output
  if (begun !== command) return output
  if (status === "unknown") return { status, begun: null, last, waiting, owed }
  return waiting.length === 0 && owed === null ? free : { status: "free", begun: null, last, waiting, owed }
}

/** The application says that the output is free, whatever was begun. */
export const release = <C>(output: Output<C>): Output<C> => ({
  status: "free",
  begun: null,
  last: output.last,
  waiting: output.waiting,
  owed: others(output)
})

/**
 * The point of an output is gone: nobody waits there any more, and what it owed it cannot answer. What was begun goes on,
 * unless it was `left` open, to be answered by the point. What is unknown stays so, whatever comes of it.
 */
export function detach<C>({ status, begun, last }: Output<C>, left: boolean): Output<C> {
  if (status === "free" || left) return free
  return { status, begun: status === "unknown" ? null : begun, last, waiting: [], owed: null }
}

/** The application left a command open. It can owe one answer: the command before is forgotten. */
export const owe = <C>(output: Output<C>, owed: Owed<C>): Output<C> => ({ ...output, owed })

/** What an answer of the application does. */
export interface Answer<C> {
  readonly output: Output<C>
  /** The command that it is the answer to, null when none waits for this. */
  readonly answered: Owed<C> | null
  /** Whether that command is over by it. */
  readonly over: boolean
}

/** The application answers what it owes: cause 7 confirms once, negatively it refuses; cause 10 terminates. */
export function answer<C>(output: Output<C>, cause: number, negative: boolean): Answer<C> {
  const { owed } = output
  const confirms = cause === Cause.ACTIVATION_CON
  if (owed === null || (confirms ? owed.confirmed : cause !== Cause.ACTIVATION_TERMINATION))
    return { output, answered: null, over: false }
  if (confirms && !negative)
    return { output: { ...output, owed: { ...owed, confirmed: true } }, answered: owed, over: false }
  return { output: end({ ...output, owed: null }, owed.command), answered: owed, over: true }
}
