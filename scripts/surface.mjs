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

/** A declaration without comments, and without the places that it speaks of. */
const codeOf = (code) => withoutComments(code).replace(/import\("\.[^"]*"\)\./g, "")

/**
 * The surface of an entry: its exports, then all declarations behind them by name, without comments. Where a
 * declaration lives does not matter, and is not told.
 */
const textOf = (library, folder, name, entry) => {
  const path = join(folder, entry)
  const names = library.exportsOf(path)
  const isOpaque = (declaredName) => opaque.has(declaredName) && !names.has(declaredName)
  const exported = [...names.keys()].map((exportedName) => {
    const [at, declared] = library.resolved(path, exportedName)
    if (declared === exportedName) return exportedName
    const what = declared ?? `{ ${[...library.exportsOf(at).keys()].sort().join(", ")} }`
    return `${exportedName}: ${what}`
  })
  const outside = new Set()
  const spoken = []
  for (const [at, declaredNames] of library.reach(entry, isOpaque)) {
    const file = library.file(at)
    for (const line of file.outside) outside.add(line)
    for (const declaredName of declaredNames)
      spoken.push(
        isOpaque(declaredName)
          ? [declaredName, `// ${declaredName} is opaque`]
          : [
              declaredName,
              file.declared
                .get(declaredName)
                .map(({ code }) => codeOf(code))
                .join("\n")
            ]
      )
  }
  const inOrder = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
  spoken.sort((a, b) => inOrder(a[0], b[0]) || inOrder(a[1], b[1]))
  const parts = [
    exported.sort(inOrder).join("\n"),
    [...outside].sort(inOrder).join("\n"),
    ...spoken.map(([, code]) => code)
  ]
  return `// What "${name}" exports, and what that speaks of. Written by \`npm run surface\`.\n\n${parts.join("\n\n")}\n`
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
