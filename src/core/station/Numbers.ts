// The numbers of sessions: 16 bits in records of the log, so they are used again, each as late as can be. A literal table: what
// is in use, as runs of numbers that follow each other, so that the next free one is found however many there are.
import * as Numbered from "../image/Numbered.ts"

export const NUMBERS_MAX = 65_535

/** Numbers that follow each other and are in use. */
interface Run {
  readonly from: number
  readonly to: number
}

export interface Numbers {
  /** By their last number. None ends right in front of another. */
  readonly used: Numbered.Numbered<Run>
  /** The number that was given last. */
  readonly last: number
}

export const none: Numbers = { used: null, last: 0 }

const put = (used: Numbered.Numbered<Run>, from: number, to: number): Numbered.Numbered<Run> =>
  from > to ? used : Numbered.put(used, to, { from, to })

/** The run that a number is in, or undefined. */
function runOf(used: Numbered.Numbered<Run>, number: number): Run | undefined {
  const run = Numbered.after(used, number - 1)
  return run !== undefined && run.from <= number ? run : undefined
}

/** The first number from one on that nobody has; greater than all numbers when there is none. */
const freeFrom = (used: Numbered.Numbered<Run>, number: number): number => (runOf(used, number)?.to ?? number - 1) + 1

/** A number for a new session: 1..65535, none in use; 0 when all are. It is the `last` of the table. */
export function take({ used, last }: Numbers): Numbers {
  const next = freeFrom(used, last + 1)
  const number = next <= NUMBERS_MAX ? next : freeFrom(used, 1)
  if (number > NUMBERS_MAX) return { used, last: 0 }
  const before = runOf(used, number - 1)
  const behind = runOf(used, number + 1)
  const rest = before === undefined ? used : Numbered.without(used, before.to)
  return { used: put(rest, before?.from ?? number, behind?.to ?? number), last: number }
}

/** A session has ended: its number is free. */
export function free(numbers: Numbers, number: number): Numbers {
  const { used, last } = numbers
  const run = runOf(used, number)
  if (run === undefined) return numbers
  return { used: put(put(Numbered.without(used, run.to), run.from, number - 1), number + 1, run.to), last }
}
