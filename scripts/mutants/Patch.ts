// A planted fault: a text file of test/mutants, whose first line says why it is one, with pieces of the source by their exact text and
// what stands there instead. So it fits whatever happens around it, and says so when it does not fit any more.
import * as fs from "node:fs"
import * as path from "node:path"

/** A piece of a file, and what stands in its place. */
export interface Piece {
  readonly file: string
  readonly old: string
  readonly instead: string
}

export interface Patch {
  /** The path of its file in test/mutants, without the ending. */
  readonly name: string
  readonly why: string
  readonly pieces: readonly Piece[]
}

export const FOLDER = "test/mutants"
const ENDING = ".txt"
const MARK = "@@ "
const INSTEAD = "@@ instead"

/** What a file says. Throws for one that is no patch. */
export function parse(name: string, text: string): Patch {
  const [why = "", ...lines] = text.replace(/\n$/, "").split("\n")
  if (why.trim() === "" || why.startsWith("@@")) throw new Error(`${name}: its first line has to say why it is a fault`)
  const pieces: { file: string; old: string[]; instead: string[] | null }[] = []
  for (const line of lines) {
    const piece = pieces.at(-1)
    if (line === INSTEAD) {
      if (piece === undefined || piece.instead !== null)
        throw new Error(`${name}: "${INSTEAD}" without a piece before it`)
      piece.instead = []
    } else if (line.startsWith(MARK)) pieces.push({ file: line.slice(MARK.length), old: [], instead: null })
    else if (piece === undefined) throw new Error(`${name}: expected "${MARK}FILE" behind the line that says why`)
    else (piece.instead ?? piece.old).push(line)
  }
  if (pieces.length === 0) throw new Error(`${name}: it changes nothing`)
  return {
    name,
    why,
    pieces: pieces.map(({ file, old, instead }) => {
      if (instead === null) throw new Error(`${name}: nothing is said to stand instead in ${file}`)
      if (old.join("").trim() === "") throw new Error(`${name}: nothing is looked for in ${file}`)
      return { file, old: old.join("\n"), instead: instead.join("\n") }
    })
  }
}

/** All patches, by name. */
export function all(root: string): readonly Patch[] {
  const folder = path.join(root, FOLDER)
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.split(path.sep).join("/"))
    .sort()
    .map((file) => parse(file.slice(0, -ENDING.length), fs.readFileSync(path.join(folder, file), "utf8")))
}

/** A source with a fault, and the lines of the sound one that are others in it, from 1. */
export interface Faulty {
  readonly file: string
  readonly text: string
  readonly lines: readonly number[]
}

/** The files as they are with a fault; or why it cannot be planted. `read` gives the text of a file. */
export function apply(patch: Patch, read: (file: string) => string): readonly Faulty[] | string {
  const files = new Map<string, { text: string; lines: number[] }>()
  for (const { file, old, instead } of patch.pieces) {
    let known = files.get(file)
    if (known === undefined) {
      try {
        known = { text: read(file), lines: [] }
      } catch {
        return `there is no ${file}`
      }
    }
    const at = known.text.indexOf(old)
    if (at < 0) return `what it looks for is not in ${file}`
    if (known.text.indexOf(old, at + 1) >= 0) return `what it looks for is in ${file} more than once`
    if (old === instead) return `it puts into ${file} what stands there`
    const lines = [...known.lines, ...changed(known.text.slice(0, at).split("\n").length, old, instead)]
    files.set(file, { text: known.text.slice(0, at) + instead + known.text.slice(at + old.length), lines })
  }
  return [...files].map(([file, { text, lines }]) => ({ file, text, lines }))
}

/** The lines of the old text, the first of which is `from`, that the new one has not at its beginning or end. */
function changed(from: number, old: string, instead: string): readonly number[] {
  const [a, b] = [old.split("\n"), instead.split("\n")]
  let first = 0
  while (first < a.length - 1 && first < b.length && a[first] === b[first]) first++
  let last = a.length - 1
  for (let i = b.length - 1; last > first && i > first && a[last] === b[i]; i--) last--
  return Array.from({ length: last - first + 1 }, (_, i) => from + first + i)
}
