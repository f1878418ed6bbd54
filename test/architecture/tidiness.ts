// The rules of the module graph and of tidy files, as functions from source texts to complaints.
import path from "node:path"

/** Source texts by their path from the project's folder, e.g. "src/core/wire/Time.ts". */
export type Texts = Readonly<Record<string, string>>

/** The rooms of src/core in their order: each uses only itself and those before it. Those that stand side by side know nothing of each other. */
export const rooms: readonly (readonly string[])[] = [
  ["wire"],
  ["image"],
  ["log"],
  ["link"],
  ["procedure"],
  ["command", "read", "system", "file"],
  ["session"],
  ["station"],
  ["simulation"]
]

/** Files outside the rooms that every room may use; they themselves use each other and the first room. */
const commonFiles = ["Profile.ts", "Limits.ts", "Violation.ts"]

/** The floors of the project: what each may import of the others. */
const floors: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  shell: ["shell", "core"],
  api: ["api", "shell", "core"]
}

const codeLinesMax = 400

const withoutComments = (text: string): string =>
  // Strings are kept whole, so that "//" inside one begins no comment.
  text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (whole, string) => (string === undefined ? whole.replace(/[^\n]/g, "") : whole)
  )

const specifier = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g

/** What a file imports or re-exports, types included: project paths for relative imports, bare names for packages. */
export const importsOf = (file: string, text: string): readonly string[] =>
  [...withoutComments(text).matchAll(specifier)].map(([, name = ""]) =>
    name.startsWith(".") ? path.posix.join(path.posix.dirname(file), name) : name
  )

const each = (texts: Texts, complain: (file: string, text: string) => readonly string[]): readonly string[] =>
  Object.entries(texts).flatMap(([file, text]) => complain(file, text).map((complaint) => `${file} ${complaint}`))

export const withoutOpeningComment = (texts: Texts): readonly string[] =>
  each(texts, (_, text) => (/^(\/\/|\/\*)/.test(text) ? [] : ["does not begin with a comment that says what it owns"]))

export const tooLong = (texts: Texts): readonly string[] =>
  each(texts, (_, text) => {
    const lines = withoutComments(text)
      .split("\n")
      .filter((line) => line.trim() !== "").length
    return lines > codeLinesMax ? [`has ${lines} lines of code, more than ${codeLinesMax}`] : []
  })

export const unfinished = (texts: Texts): readonly string[] =>
  each(texts, (_, text) => [...new Set(text.match(/\b(TODO|FIXME|XXX)\b/g))].map((word) => `says ${word}`))

const floorOf = (file: string): string => file.split("/")[1] ?? ""

export const acrossFloors = (texts: Texts): readonly string[] =>
  each(texts, (file, text) =>
    importsOf(file, text).flatMap((target) => {
      const inside = target.startsWith("src/")
      if (floorOf(file) === "core" && !inside) return [`imports ${target}, which is outside src/core`]
      return inside && !(floors[floorOf(file)] ?? []).includes(floorOf(target)) ? [`imports ${target}`] : []
    })
  )

const roomOf = (file: string): string => file.split("/")[2] ?? ""

/** The place of a core file in the order of the rooms: 0 for the first room, undefined for an unknown place. */
const rankOf = (file: string): number | undefined => {
  const [room = "", ...rest] = file.split("/").slice(2)
  if (rest.length === 0) return room === "index.ts" ? rooms.length : commonFiles.includes(room) ? 0 : undefined
  const rank = rooms.findIndex((beside) => beside.includes(room))
  return rank < 0 ? undefined : rank
}

export const againstRoomOrder = (texts: Texts): readonly string[] =>
  each(texts, (file, text) => {
    const own = rankOf(file)
    if (own === undefined) return ["is in no room of src/core"]
    return importsOf(file, text).flatMap((target) => {
      if (!target.startsWith("src/core/")) return []
      const rank = rankOf(target)
      if (rank === undefined || rank > own) return [`imports ${target}, which comes later in the order of the rooms`]
      const beside = rank === own && roomOf(target) !== roomOf(file) && rank > 0
      return beside ? [`imports ${target}, which stands beside it`] : []
    })
  })

/** Every cycle of imports, once, as "a -> b -> a". */
export const cycles = (texts: Texts): readonly string[] => {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file)
    if (at >= 0) found.push([...trail.slice(at), file].join(" -> "))
    if (at >= 0 || done.has(file)) return
    for (const target of importsOf(file, texts[file] ?? "")) if (target in texts) visit(target, [...trail, file])
    done.add(file)
  }
  for (const file of Object.keys(texts)) visit(file, [])
  return found
}

/** Files that import each other in a circle, by circle: whoever is in one cannot be read without the others. */
export const circles = (texts: Texts): readonly (readonly string[])[] => {
  const found: string[][] = []
  const way: string[] = []
  const order = new Map<string, number>()
  // Tarjan: files from which one reaches back to a file on the way to them are in a circle with it.
  const visit = (file: string): number => {
    const own = order.size
    order.set(file, own)
    way.push(file)
    let least = own
    for (const target of importsOf(file, texts[file] ?? "")) {
      if (!(target in texts)) continue
      if (!order.has(target)) least = Math.min(least, visit(target))
      else if (way.includes(target)) least = Math.min(least, order.get(target) as number)
    }
    if (least === own) {
      const circle = way.splice(way.indexOf(file))
      if (circle.length > 1) found.push(circle.sort())
    }
    return least
  }
  for (const file of Object.keys(texts)) if (!order.has(file)) visit(file)
  return found
}

/** Circles with a reason to be there, for now or for good; each says which files may be in it. */
export interface Excused {
  readonly reason: string
  readonly files: readonly string[]
}

/** Files in circles that nobody has excused, and files that are excused and are in none. */
export const againstCircles = (texts: Texts, excused: readonly Excused[]): readonly string[] => {
  const all = circles(texts)
  const inOne = new Set(all.flat())
  return [
    ...all.flatMap((circle) => {
      const most = excused.map(({ files }) => circle.filter((file) => !files.includes(file)))
      const rest = most.sort((a, b) => a.length - b.length)[0] ?? circle
      return rest.map((file) => `${file} is in a circle of imports with ${circle.find((other) => other !== file)}`)
    }),
    ...excused.flatMap(({ files }) =>
      files.filter((file) => !inOne.has(file)).map((file) => `${file} is excused and in no circle`)
    )
  ]
}
