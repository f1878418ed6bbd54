// The verdicts of a conformance run: playing the cases one after the other or several at once, and their sums.
import type * as Player from "../../test/conformance/Player.ts"
import * as Suite from "../../test/conformance/Suite.ts"
import type * as Transcript from "../../test/conformance/Transcript.ts"

export type Verdict = Suite.Result["verdict"]

export const verdicts: readonly Verdict[] = ["passed", "failed", "pending", "not applicable"]

/** How a case is played: as far as it can be, and against what; or why it cannot be played at all. */
export type Choose = (of: Transcript.Case) => { readonly of: Transcript.Case; readonly open: Player.Open } | string

export interface Selection {
  /** Families (`K`) or cases (`K4`); empty = all. */
  readonly only: readonly string[]
  /** Cases that are played at the same time, where `mayShare` allows it. */
  readonly atOnce: number
  readonly mayShare: (of: Transcript.Case) => boolean
}

const isChosen = ({ number }: Transcript.Case, only: readonly string[]): boolean =>
  only.length === 0 || only.some((word) => number === word || number.replace(/\d+$/, "") === word)

/** The cases that `only` names. Throws with the word that names none. */
export function chosen(only: readonly string[]): readonly Transcript.Case[] {
  const all = Suite.cases()
  for (const word of only)
    if (!all.some((of) => isChosen(of, [word]))) throw new Error(`--only ${word} names no case and no family`)
  return all.filter((of) => isChosen(of, only))
}

async function one(of: Transcript.Case, choose: Choose): Promise<Suite.Result> {
  const choice = choose(of)
  if (typeof choice === "string") return { of, verdict: "not applicable", detail: choice, ms: 0 }
  const result = await Suite.result(choice.of, choice.open)
  const [played, all] = [choice.of.runs.length, of.runs.length]
  const part = result.verdict === "passed" && played < all ? `${played} of ${all} runs` : ""
  return { ...result, of, detail: result.detail || part }
}

/** Plays the cases; `tell` hears of each result as soon as it is there. The results are in the order of the cases. */
export async function play(
  cases: readonly Transcript.Case[],
  choose: Choose,
  { atOnce, mayShare }: Omit<Selection, "only">,
  tell: (result: Suite.Result) => void
): Promise<readonly Suite.Result[]> {
  const results = new Map<Transcript.Case, Suite.Result>()
  const lane = async (queue: Transcript.Case[]): Promise<void> => {
    for (let of = queue.shift(); of !== undefined; of = queue.shift()) {
      const result = await one(of, choose)
      results.set(of, result)
      tell(result)
    }
  }
  const shared = atOnce > 1 ? cases.filter(mayShare) : []
  await Promise.all(Array.from({ length: atOnce }, () => lane(shared)))
  await lane(cases.filter((of) => !results.has(of)))
  return cases.map((of) => results.get(of) as Suite.Result)
}

/** How many results have each verdict. */
export const totals = (results: readonly Suite.Result[]): ReadonlyMap<Verdict, number> =>
  new Map(verdicts.map((verdict) => [verdict, results.filter((result) => result.verdict === verdict).length]))

/** The closing line: what was not played counts as skipped. */
export function closing(results: readonly Suite.Result[]): string {
  const count = totals(results)
  const skipped = (count.get("pending") ?? 0) + (count.get("not applicable") ?? 0)
  return `${count.get("passed")} passed, ${count.get("failed")} failed, ${skipped} skipped`
}
