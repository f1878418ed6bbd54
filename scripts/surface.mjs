// Writes what the public entries declare to test/surface/*.d.txt, or compares with what is there:
// `npm run surface`, `node scripts/surface.mjs --check [--folder DIR]`. No change to the surface goes unseen.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { emit, entries, load, root, withoutComments } from "./declarations.mjs"

const { values: options } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    folder: { type: "string", default: join(root, "test", "surface") }
  }
})

/** The shell and the image behind the handles: named in declarations, and nothing that a program makes or uses. */
const opaque = new Set(["Host", "Ticker", "Session", "Block"])

/** The surface of an entry: its exports, then all declarations behind them, without comments, file by file. */
const textOf = (library, folder, name, entry) => {
  const path = join(folder, entry)
  const names = library.exportsOf(path)
  const isOpaque = (declaredName) => opaque.has(declaredName) && !names.has(declaredName)
  const exported = [...names.keys()].sort().map((exportedName) => {
    const [at, declared] = library.resolved(path, exportedName)
    return `${exportedName}: ${declared === null ? "all of " : ""}${library.nameOf(at)}`
  })
  const files = [...library.reach(entry, isOpaque)].sort(([a], [b]) => (a < b ? -1 : 1))
  const parts = files.map(([at, spoken]) => {
    const { declared, outside } = library.file(at)
    const codes = [...declared]
      .filter(([declaredName]) => spoken.has(declaredName))
      .flatMap(([declaredName, statements]) =>
        isOpaque(declaredName) ? [`${declaredName}: opaque`] : statements.map(({ code }) => withoutComments(code))
      )
    return [`\n// ${library.nameOf(at)}`, ...outside, ...codes].join("\n")
  })
  return `// What "${name}" exports, and what that speaks of. Written by \`npm run surface\`.\n\n${exported.join("\n")}\n${parts.join("\n")}\n`
}

const firstDifference = (before, after) => {
  const [a, b] = [before.split("\n"), after.split("\n")]
  const at = a.findIndex((line, index) => line !== b[index])
  const line = at < 0 ? a.length : at
  return `line ${line + 1}:\n- ${a[line] ?? "(end)"}\n+ ${b[line] ?? "(end)"}`
}

const declarations = join(root, ".cache", "surface")
emit(declarations)
const library = load(declarations)
mkdirSync(options.folder, { recursive: true })
for (const [name, entry] of Object.entries(entries)) {
  const file = join(options.folder, `${name.replace("/", "-")}.d.txt`)
  const text = textOf(library, declarations, name, entry)
  if (!options.check) {
    writeFileSync(file, text)
    console.log(`${file}: ${text.split("\n").length} lines`)
    continue
  }
  const before = existsSync(file) ? readFileSync(file, "utf8") : ""
  if (before === text) continue
  console.log(`The surface of "${name}" has changed, ${firstDifference(before, text)}`)
  console.log("If this is meant: npm run surface, look at the difference, and tell it in CHANGELOG.md.")
  process.exitCode = 1
}
