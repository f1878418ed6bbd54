// The text of a transcript file as data: cases with their runs, and in these the lines in order. What the lines mean is
// judged when they are played; README.md describes the format.
import * as Expression from "./Expression.ts"
import * as Given from "./Given.ts"

/** Octets to the server, octets from it, its close, silence, an action of the process, a check. */
export type Sign = ">" | "<" | "x" | "-" | "!" | "="

export interface Step {
  readonly kind: "step"
  /** Seconds since the run began, `+` seconds since the line before, or nothing for the same moment. */
  readonly at: string
  /** The connection; empty = the one that is made when the run begins. */
  readonly label: string
  readonly sign: Sign
  readonly text: string
  /** Where it stands: file:line. */
  readonly where: string
}

export interface Repeat {
  readonly kind: "repeat"
  readonly count: number
  readonly counter: string
  readonly body: readonly Line[]
}

/** Lines for every group of words; `$name` in them stands for a word of the group. */
export interface Each {
  readonly kind: "each"
  readonly names: readonly string[]
  readonly groups: readonly (readonly string[])[]
  readonly body: readonly Line[]
}

export type Line = Step | Repeat | Each

/** One way through a case, from time 0 with a fresh server. */
export interface Run {
  readonly name: string
  readonly given: Given.Given
  /** Why this run cannot be played yet, or empty. */
  readonly pending: string
  readonly lines: readonly Line[]
}

export interface Case {
  /** Family and number, e.g. A4. */
  readonly number: string
  readonly stimulus: string
  readonly expected: string
  /** Where implementations differ: what this station does. Else empty. */
  readonly policy: string
  /** Why it cannot be played yet, or empty. */
  readonly pending: string
  /** Why it says nothing about this server, or empty. */
  readonly notApplicable: string
  /** Named octets. */
  readonly names: ReadonlyMap<string, string>
  readonly runs: readonly Run[]
}

const heading = /^== *([A-N]\d+) *\|([^|]+)\|([^|]+)(?:\| *policy:([^|]+))?$/
const step = /^(\+?(?:\d+(?:\.\d+)?|\{[^}]*\}|\$[a-z]+)?) *([a-z]*)([><x!=-])(?: +(.*))?$/
const repeat = /^repeat (\S+)(?: as ([a-z]+))? \{$/
const each = /^each ([a-z]+(?:, *[a-z]+)*) *= *(.+) \{$/

interface Draft {
  readonly header: Omit<Case, "runs" | "names" | "pending" | "notApplicable">
  pending: string
  notApplicable: string
  given: Given.Given
  readonly names: Map<string, string>
  runs: { name: string; given: Given.Given; pending: string; readonly lines: Line[] }[]
}

/** The cases of one file. Throws with file and line when it cannot be read. */
export function parse(file: string, source: string): readonly Case[] {
  const drafts: Draft[] = []
  const names = new Map<string, string>()
  let given = Given.standard
  let blocks: { readonly lines: Line[]; readonly close: (body: readonly Line[]) => Line }[] = []

  const read = (text: string, where: string): void => {
    const draft = drafts.at(-1)
    const run = draft?.runs.at(-1)
    const head = heading.exec(text)
    if (head !== null) {
      const [, number = "", stimulus = "", expected = "", policy = ""] = head
      const header = { number, stimulus: stimulus.trim(), expected: expected.trim(), policy: policy.trim() }
      drafts.push({ header, pending: "", notApplicable: "", given, names: new Map(names), runs: [] })
    } else if (text.startsWith("given ")) {
      const said = text.slice(6).trim()
      if (run !== undefined) run.given = Given.and(run.given, said)
      else if (draft !== undefined) draft.given = Given.and(draft.given, said)
      else given = Given.and(given, said)
    } else if (text.startsWith("let ")) {
      const [, name, octets] = /^let +([a-z][a-z0-9-]{2,}) += +(.*)$/.exec(text) ?? []
      if (name === undefined || octets === undefined)
        throw new Error("a name has three letters or more: let name = 2D 01")
      ;(draft?.names ?? names).set(name, octets)
    } else if (draft === undefined) throw new Error("a case begins with a heading: == A1 | stimulus | expected")
    else if (text.startsWith("pending ")) (run ?? draft).pending = text.slice(8).trim()
    else if (text.startsWith("not applicable ")) draft.notApplicable = text.slice(15).trim()
    else if (text.startsWith("-- "))
      draft.runs.push({ name: text.slice(3).trim(), given: draft.given, pending: "", lines: [] })
    else readLine(draft, text, where)
  }

  const readLine = (draft: Draft, text: string, where: string): void => {
    if (draft.runs.length === 0) draft.runs.push({ name: "", given: draft.given, pending: "", lines: [] })
    const into = blocks.at(-1)?.lines ?? (draft.runs.at(-1) as { lines: Line[] }).lines
    const loop = repeat.exec(text)
    const groups = each.exec(text)
    const found = step.exec(text)
    if (loop !== null) {
      const count = Expression.evaluate(loop[1] as string)
      const counter = loop[2] ?? ""
      blocks = [...blocks, { lines: [], close: (body) => ({ kind: "repeat", count, counter, body }) }]
    } else if (groups !== null) {
      const [names = [], ...words] = [groups[1] ?? "", ...(groups[2] ?? "").split(";")].map((group) =>
        group.split(",").map((word) => word.trim())
      )
      const odd = words.find((group) => group.length !== names.length)
      if (odd !== undefined) throw new Error(`${odd.join(", ")} are not ${names.length} words`)
      blocks = [...blocks, { lines: [], close: (body) => ({ kind: "each", names, groups: words, body }) }]
    } else if (text === "}") {
      const block = blocks.at(-1)
      if (block === undefined) throw new Error("} closes nothing")
      blocks = blocks.slice(0, -1)
      const outer = blocks.at(-1)?.lines ?? (draft.runs.at(-1) as { lines: Line[] }).lines
      outer.push(block.close(block.lines))
    } else if (found !== null) {
      const [, at = "", label = "", sign = "", said = ""] = found
      into.push({ kind: "step", at, label, sign: sign as Sign, text: said.trim(), where })
    } else throw new Error(`cannot read ${JSON.stringify(text)}`)
  }

  source.split("\n").forEach((whole, index) => {
    const text = whole.replace(/(^|\s)#.*$/, "").trim()
    if (text === "") return
    const where = `${file}:${index + 1}`
    try {
      if (blocks.length > 0 && /^(==|--) /.test(text)) throw new Error("the repeat block before is not closed")
      read(text, where)
    } catch (error) {
      throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  })
  if (blocks.length > 0) throw new Error(`${file}: the last repeat block is not closed`)
  return drafts.map(({ header, pending, notApplicable, names: named, runs }) => ({
    ...header,
    pending,
    notApplicable,
    names: named,
    runs
  }))
}
