// The emitted declarations as data: what each entry exports, and every declaration that its exports speak of.
// tsc writes declarations in one regular form, with each statement at the beginning of a line; that is all this relies on.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

export const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const tsc = join(root, "node_modules", "typescript", "bin", "tsc")

/** The public entries of the package. */
export const entries = {
  iec104: "api/c104/index.d.ts",
  "iec104/effect": "api/effect/index.d.ts",
  "iec104/core": "core/index.d.ts"
}

/** Writes the declarations of the sources into a folder. Errors in the sources are `npm run typecheck`'s to tell. */
export const emit = (folder) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const args = [tsc, "-p", "tsconfig.build.json", "--outDir", folder, "--declarationMap", "false"]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
  for (const entry of Object.values(entries))
    if (!existsSync(join(folder, entry))) throw new Error(`tsc wrote no ${entry}:\n${stdout}${stderr}`)
}

const begins = /^(export|declare|import|interface|type|abstract)\b/
const declares =
  /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(class|interface|type|function|const|let|var|namespace|enum) ([\w$]+)/

/** A text without comments; strings stay as they are. */
export const withoutComments = (text) =>
  text
    .replace(/("(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (_, string) => string ?? "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .join("\n")

/** The statements of a file, each with its doc comment. */
const statementsOf = (text) => {
  const statements = []
  let doc = []
  let isInDoc = false
  for (const line of text.split("\n")) {
    if (line.startsWith("/**") || isInDoc) {
      doc.push(line)
      isInDoc = !line.includes("*/")
    } else if (begins.test(line)) {
      statements.push({ doc: doc.join("\n"), code: line })
      doc = []
    } else if (statements.length > 0 && !line.startsWith("//")) statements.at(-1).code += `\n${line}`
  }
  return statements.map(({ doc, code }) => ({ doc, code: code.trimEnd() }))
}

/** `{ a, type b as c }` as pairs of the name there and the name here. */
const namesIn = (list) =>
  list
    .split(",")
    .map((name) => name.trim().replace(/^type /, ""))
    .filter((name) => name !== "")
    .map((name) => {
      const [there, here = there] = name.split(" as ")
      return [there, here]
    })

/** A folder of declarations, read on demand. */
export const load = (folder) => {
  const files = new Map()
  const pathOf = (from, name) => resolve(dirname(from), name.replace(/\.(ts|js)$/, ".d.ts"))

  const file = (path) => {
    const known = files.get(path)
    if (known !== undefined) return known
    const made = { path, declared: new Map(), imported: new Map(), exported: new Map(), stars: [], outside: [] }
    files.set(path, made)
    for (const statement of statementsOf(readFileSync(path, "utf8"))) read(made, statement)
    return made
  }

  const read = (made, { doc, code }) => {
    const [, from] = /from "([^"]+)";?$/.exec(code) ?? []
    const module = from?.startsWith(".") ? pathOf(made.path, from) : null
    const [, list] = /^(?:import|export)(?: type)? \{([^}]*)\}/.exec(code) ?? []
    const [, star] = /^(?:import|export)(?: type)? \*(?: as ([\w$]+))?/.exec(code) ?? []
    if (code.startsWith("import ")) {
      if (module === null) made.outside.push(code)
      else if (list !== undefined) for (const [there, here] of namesIn(list)) made.imported.set(here, [module, there])
      else if (star !== undefined) made.imported.set(star, [module, null])
    } else if (list !== undefined)
      for (const [there, here] of namesIn(list)) made.exported.set(here, [module ?? made.path, there])
    else if (code.startsWith("export *"))
      star === undefined ? made.stars.push(module) : made.exported.set(star, [module, null])
    else {
      const [, kind, name] = declares.exec(code) ?? []
      if (name === undefined) throw new Error(`${made.path}: what is this? ${code.split("\n")[0]}`)
      made.declared.set(name, [...(made.declared.get(name) ?? []), { kind, doc, code }])
      if (code.startsWith("export ")) made.exported.set(name, [made.path, name])
    }
  }

  /** The names that a file exports, with where they come from. */
  const exportsOf = (path) => {
    const { exported, stars } = file(path)
    return new Map([...stars.flatMap((star) => [...exportsOf(star)]), ...exported])
  }

  /** Where a name of a file is declared: `[path, name]`, or `[path, null]` for a whole module. */
  const resolved = (path, name) => {
    if (name === null) return [path, null]
    const { declared, imported } = file(path)
    if (declared.has(name)) return [path, name]
    const next = imported.get(name) ?? exportsOf(path).get(name)
    if (next === undefined) throw new Error(`${path} exports no ${name}`)
    return resolved(...next)
  }

  /** What a declaration speaks of. */
  const spokenOf = (path, code) => {
    const { declared, imported } = file(path)
    const text = withoutComments(code)
    const found = [...text.matchAll(/import\("(\.[^"]+)"\)\.([\w$]+)/g)].map(([, from, name]) => [
      pathOf(path, from),
      name
    ])
    for (const [, before, name, member] of text.matchAll(/(\.?)\b([A-Za-z_$][\w$]*)\b(?:\.([A-Za-z_$][\w$]*))?/g)) {
      if (before === ".") continue
      if (declared.has(name)) found.push([path, name])
      const from = imported.get(name)
      if (from !== undefined) found.push(from[1] === null && member !== undefined ? [from[0], member] : from)
    }
    return found.map(([at, name]) => resolved(at, name))
  }

  /** Every declaration that the exports of an entry speak of: names by path. What is opaque is not gone into. */
  const reach = (entry, isOpaque = () => false) => {
    const reached = new Map()
    const visit = ([path, name]) => {
      if (name === null) {
        for (const [exported] of exportsOf(path)) visit(resolved(path, exported))
        return
      }
      const names = reached.get(path) ?? new Set()
      reached.set(path, names)
      if (names.has(name)) return
      names.add(name)
      if (isOpaque(name)) return
      for (const { code } of file(path).declared.get(name)) for (const target of spokenOf(path, code)) visit(target)
    }
    for (const [name] of exportsOf(join(folder, entry))) visit(resolved(join(folder, entry), name))
    return reached
  }

  return { file, exportsOf, resolved, reach, nameOf: (path) => relative(folder, path).replaceAll("\\", "/") }
}
