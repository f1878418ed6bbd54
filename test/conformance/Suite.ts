// All transcripts of this folder, the rows that there have to be, and playing one after the other to a table of results.
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import * as Backend from "./Backend.ts"
import * as Player from "./Player.ts"
import * as Transcript from "./Transcript.ts"

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "transcripts")

/** How many rows each family has. */
export const families: Readonly<Record<string, number>> = {
  A: 23,
  B: 30,
  C: 22,
  D: 14,
  E: 20,
  F: 23,
  G: 34,
  H: 33,
  I: 32,
  J: 15,
  K: 35,
  L: 10,
  M: 22,
  N: 21
}

/** The numbers of all rows in order: A1, A2, ... */
export const numbers = (): readonly string[] =>
  Object.entries(families).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, index) => `${family}${index + 1}`)
  )

/** The cases of all transcript files, in the order of files and places. */
export const cases = (): readonly Transcript.Case[] =>
  fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".txt"))
    .sort()
    .flatMap((file) => Transcript.parse(file, fs.readFileSync(path.join(folder, file), "utf8")))

export interface Result {
  readonly of: Transcript.Case
  readonly verdict: "passed" | "failed" | "pending" | "not applicable"
  /** What failed, or why it was not played. */
  readonly detail: string
  readonly ms: number
}

/** Whether its clients speak TLS, which needs sockets. */
export const isOverTls = ({ runs }: Transcript.Case): boolean => runs.some(({ given }) => given.tls !== null)

/** The runs of a case that is played which cannot be played yet, and why; or empty. */
export const missing = ({ runs }: Transcript.Case): string =>
  runs.flatMap(({ name, pending }) => (pending === "" ? [] : [`${name} is pending (${pending})`])).join(", ")

/** Plays one case; everything that can go wrong is in the result. */
export async function result(of: Transcript.Case, open: Player.Open): Promise<Result> {
  if (of.notApplicable !== "") return { of, verdict: "not applicable", detail: of.notApplicable, ms: 0 }
  if (of.pending !== "") return { of, verdict: "pending", detail: of.pending, ms: 0 }
  const begin = performance.now()
  const since = (): number => performance.now() - begin
  try {
    await Player.play(of, open)
    return { of, verdict: "passed", detail: missing(of), ms: since() }
  } catch (error) {
    const verdict = error instanceof Backend.NotApplicable ? "not applicable" : "failed"
    return { of, verdict, detail: error instanceof Error ? error.message : String(error), ms: since() }
  }
}
