// What is done for many, and stops the event loop where it is done for all of them at once: they stand in line, and for some of
// them it is done in each turn of the loop. Others are served in between, nobody comes again before all have had their turn, and
// who stands there many times, by the share that is its own, keeps nobody else waiting for that. A literal table of numbers.
import * as Keyed from "../image/Keyed.ts"
import * as Numbered from "../image/Numbered.ts"

/** Those of one share. */
interface Part {
  readonly share: string
  /** By place, the first first. */
  readonly numbers: Numbered.Numbered<number>
  readonly place: number
}

export interface InLine {
  readonly parts: Keyed.Keyed<Part>
  /** Shares by place: the first is the one whose turn it is. */
  readonly order: Numbered.Numbered<string>
  /** Who stands in line. */
  readonly standing: Numbered.Numbered<true>
  /** How many places were given ever. */
  readonly count: number
}

export const none: InLine = { parts: null, order: null, standing: null, count: 0 }

export const isEmpty = ({ standing }: InLine): boolean => standing === null

/** It is to be done for this one too; whoever already stands in line stands there once. */
export function add(line: InLine, number: number, share: string): InLine {
  const { parts, order, standing } = line
  if (standing !== null && Numbered.find(standing, number) !== undefined) return line
  const count = line.count + 1
  const part = Keyed.find(parts, share) ?? { share, numbers: null, place: count }
  return {
    parts: Keyed.put(parts, share, { ...part, numbers: Numbered.put(part.numbers, count, number) }),
    order: part.numbers === null ? Numbered.put(order, count, share) : order,
    standing: Numbered.put(standing, number, true),
    count
  }
}

/** A turn has come: those for whom it is done in it, so many at most. */
export function take(before: InLine, atOnce: number): { line: InLine; going: readonly number[] } {
  const going: number[] = []
  let line = before
  for (let part = next(line); part !== undefined && going.length < atOnce; part = next(line)) {
    going.push(Numbered.first(part.numbers) as number)
    line = withoutFirst(line, part)
  }
  return { line, going }
}

/** The share whose turn it is. */
function next({ parts, order }: InLine): Part | undefined {
  const share = Numbered.first(order)
  return share === undefined ? undefined : Keyed.find(parts, share)
}

/** The first of a share leaves, and those behind it wait until all other shares have had their turn. */
function withoutFirst({ parts, order, standing, count }: InLine, { share, numbers, place }: Part): InLine {
  const left = Numbered.without(numbers, Numbered.firstKey(numbers) as number)
  const others = Numbered.without(order, place)
  const rest = Numbered.without(standing, Numbered.first(numbers) as number)
  if (left === null) return { parts: Keyed.without(parts, share), order: others, standing: rest, count }
  const part: Part = { share, numbers: left, place: count + 1 }
  return {
    parts: Keyed.put(parts, share, part),
    order: Numbered.put(others, count + 1, share),
    standing: rest,
    count: count + 1
  }
}
