// Inputs in files: one a line, as hexadecimal octets, and comments behind #. `corpus/TARGET.txt` has what reached something, and
// `found/TARGET-*.txt` each what failed once.
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { textOf } from "./Target.ts"

const here = path.dirname(fileURLToPath(import.meta.url))
export const root: string = path.resolve(here, "../..")
const corpusFolder = path.join(here, "corpus")
export const foundFolder: string = path.join(here, "found")

/** A line that is an input of no octets. */
const EMPTY = "-"

const inputsOf = (text: string): readonly Uint8Array[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => Uint8Array.from(Buffer.from(line === EMPTY ? "" : line, "hex")))

const lineOf = (input: Uint8Array): string => (input.length === 0 ? EMPTY : Buffer.from(input).toString("hex"))

/** The inputs of a file; throws where it cannot be read. */
export const inputsIn = (file: string): readonly Uint8Array[] => inputsOf(fs.readFileSync(file, "utf8"))

/** The target that a file of inputs is for, by its name. */
export const targetOf = (file: string): string => path.basename(file).replace(/[-.].*$/, "")

const corpusFile = (target: string): string => path.join(corpusFolder, `${target}.txt`)

export const corpus = (target: string): readonly Uint8Array[] =>
  fs.existsSync(corpusFile(target)) ? inputsIn(corpusFile(target)) : []

export function keep(target: string, inputs: readonly Uint8Array[]): void {
  const lines = inputs.map(lineOf)
  const head = `# What reached something new in "${target}", and last what came nearest to its bound of work: \`npm run fuzz -- ${target} --keep\`.`
  fs.writeFileSync(corpusFile(target), `${[head, ...lines].join("\n")}\n`)
}

/** The files of everything that failed once. */
export const found = (): readonly string[] =>
  fs
    .readdirSync(foundFolder)
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .map((name) => path.join(foundFolder, name))

/** Characters of a text that are shown. */
const SHOWN = 400

/** Writes an input that failed; the file. */
export function write(folder: string, target: string, input: Uint8Array, what: string, text: boolean): string {
  const name = createHash("sha256").update(input).digest("hex").slice(0, 10)
  const file = path.join(folder, `${target}-${name}.txt`)
  const comments = what.split("\n").slice(0, 4)
  if (text) comments.push(`as text: ${JSON.stringify(textOf(input).slice(0, SHOWN))}`)
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(file, `${[...comments.map((line) => `# ${line.trim()}`), lineOf(input)].join("\n")}\n`)
  return path.relative(process.cwd(), file)
}
