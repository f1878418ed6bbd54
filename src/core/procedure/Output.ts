// One output and all its clients (60870-5-5 6.8): commands are decided in the order in which they came, and while one is
// carried out none is begun. A pure table like that of the selections: the shell holds its present value.
import { Cause } from "../asdu/Cause.ts"

/** Whose turn it is at an output. `C` is a command as its owner knows it; nobody looks inside. */
export interface Output<C> {
  /** The command that the application is deciding. */
  readonly deciding: C | null
  /** Those that came meanwhile. */
  readonly waiting: readonly C[]
  /** The command that the application has left open and answers by itself, later. */
  readonly owed: Owed<C> | null
}

/** A command whose answer is owed. */
export interface Owed<C> {
  readonly command: C
  /** Whether it was confirmed positively: then it is carried out until it is terminated. */
  readonly confirmed: boolean
  /** End of the log when it was left open: what is published later goes before its termination. */
  readonly since: number
}

/** Nothing happens at it. */
export const free: Output<never> = { deciding: null, waiting: [], owed: null }

/** What becomes of a command that comes. */
export type Verdict = "decide" | "wait" | "refuse"

/** Judges a command that comes. `open` tells whether a client still waits for its command's answer. */
export function judge<C>({ deciding, owed }: Output<C>, open: (command: C) => boolean): Verdict {
  if (owed?.confirmed === true && open(owed.command)) return "refuse"
  return deciding === null ? "decide" : "wait"
}

/** A command is handed to the application. */
export const begin = <C>({ waiting, owed }: Output<C>, command: C): Output<C> => ({ deciding: command, waiting, owed })

/** A command waits for those before it. */
export const wait = <C>({ deciding, waiting, owed }: Output<C>, command: C): Output<C> => ({
  deciding,
  waiting: [...waiting, command],
  owed
})

/** The command that was being decided is over; whoever waits has to be judged anew. */
export const end = <C>({ waiting, owed }: Output<C>): Output<C> =>
  waiting.length === 0 && owed === null ? free : { deciding: null, waiting, owed }

/** Without the first that waits. */
export const shift = <C>({ deciding, waiting, owed }: Output<C>): Output<C> => ({
  deciding,
  waiting: waiting.slice(1),
  owed
})

/** The application left a command open. It can owe one answer: the command before is forgotten. */
export const owe = <C>({ deciding, waiting }: Output<C>, owed: Owed<C>): Output<C> => ({ deciding, waiting, owed })

/** What an answer of the application does. */
export interface Answer<C> {
  readonly output: Output<C>
  /** The command that is answered, null when none waits for this. */
  readonly answered: Owed<C> | null
}

/** The application answers what it owes: cause 7 confirms once, cause 10 terminates. */
export function answer<C>(
  output: Output<C>,
  cause: number,
  negative: boolean,
  open: (command: C) => boolean
): Answer<C> {
  const { deciding, waiting, owed } = output
  if (owed === null) return { output, answered: null }
  if (!open(owed.command)) return { output: { deciding, waiting, owed: null }, answered: null }
  const confirms = cause === Cause.ACTIVATION_CON
  if (confirms ? owed.confirmed : cause !== Cause.ACTIVATION_TERMINATION) return { output, answered: null }
  const left = confirms && !negative ? { ...owed, confirmed: true } : null
  return { output: { deciding, waiting, owed: left }, answered: owed }
}
