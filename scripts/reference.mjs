// Writes the API reference, reports/reference/*.md, from the doc comments in the declarations: `npm run reference`.
// One file an entry, with every name that it exports.
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { emit, entries, load, root } from "./declarations.mjs"

/** The words of a doc comment. */
const wordsOf = (doc) =>
  doc
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^ *\*? ?/, "").trimEnd())
    .join("\n")
    .trim()

const section = (library, path, name, level) => {
  const [at, declared] = library.resolved(path, name)
  if (declared === null) {
    const members = [...library.exportsOf(at).keys()].sort()
    return [`${level} ${name}`, "", ...members.flatMap((member) => section(library, at, member, `${level}#`))]
  }
  const statements = library.file(at).declared.get(declared)
  const words = statements.map(({ doc }) => wordsOf(doc)).filter((text) => text !== "")
  const code = statements.map(({ code }) => code).join("\n")
  return [`${level} ${name}`, "", ...words.flatMap((text) => [text, ""]), "```ts", code, "```", ""]
}

const folder = join(root, "reports", "reference")
const declarations = join(root, ".cache", "reference")
emit(declarations)
const library = load(declarations)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const [entry, file] of Object.entries(entries)) {
  const path = join(declarations, file)
  const names = [...library.exportsOf(path).keys()].sort()
  const links = names.map((name) => `[${name}](#${name.toLowerCase()})`).join(", ")
  const sections = names.flatMap((name) => section(library, path, name, "##"))
  const text = [`# ${entry}`, "", links, "", ...sections].join("\n")
  const output = join(folder, `${entry.replace("/", "-")}.md`)
  writeFileSync(output, text)
  console.log(`${output}: ${names.length} names`)
}
