// A YAML text whose values know where they stand: problems with file, line and column, and reading a mapping
// field by field so that one wrong field hides no other problem.
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"

/** Keys and indices from the root of the file to a value, e.g. ["stations", 0, "points", 2, "type"]. */
export type Path = ReadonlyArray<string | number>

/** One thing wrong in a configuration file. `line` and `column` count from 1; `path` is "" for the whole file. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

/** `substation.yaml:12:9 stations[0].points[2].type: unknown type ...` */
export const render = (problem: Problem): string =>
  `${problem.file}:${problem.line}:${problem.column}${problem.path === "" ? "" : ` ${problem.path}`}: ${problem.message}`

/** A parsed text: its plain value, what was wrong with the YAML itself, and the way from a path to a problem. */
export interface Source {
  readonly value: unknown
  readonly errors: ReadonlyArray<Problem>
  readonly warnings: ReadonlyArray<Problem>
  /** A problem with the value at `path`, or, with `at: "key"`, with the key that ends the path. */
  readonly problem: (path: Path, message: string, at?: "key") => Problem
}

const pathText = (path: Path): string =>
  path.map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? part : `.${part}`)).join("")

const pairOf = (node: Yaml.YAMLMap, key: string | number): Yaml.Pair | undefined =>
  node.items.find((pair) => String(Yaml.isScalar(pair.key) ? pair.key.value : pair.key) === String(key))

/** Offset of the value (or key) at `path`, or of the nearest value around it that the text really contains. */
const offsetOf = (document: Yaml.Document, path: Path, at: "key" | undefined): number => {
  let node: unknown = document.contents
  let offset = 0
  for (const [depth, part] of path.entries()) {
    const here = Yaml.isAlias(node) ? node.resolve(document) : node
    if (Yaml.isNode(here)) offset = here.range?.[0] ?? offset
    if (Yaml.isMap(here)) {
      const pair = pairOf(here, part)
      if (pair === undefined) return offset
      if (at === "key" && depth === path.length - 1 && Yaml.isNode(pair.key)) return pair.key.range?.[0] ?? offset
      node = pair.value ?? pair.key
    } else if (Yaml.isSeq(here)) {
      node = here.items[Number(part)]
    } else {
      return offset
    }
  }
  return Yaml.isNode(node) ? (node.range?.[0] ?? offset) : offset
}

type Anchored = ReturnType<Yaml.Alias["resolve"]>

/**
 * Tells every alias in one way through the document which value it stands for: by itself each would walk through the
 * whole document for it. Tells `report` of those that stand for nothing, or for what they are in themselves.
 */
const resolveAliases = (document: Yaml.Document, report: (alias: Yaml.Alias, message: string) => void): void => {
  const anchored = new Map<string, Exclude<Anchored, undefined>>()
  Yaml.visit(document, {
    Value: (_, value) => {
      if (value.anchor !== undefined) anchored.set(value.anchor, value)
    },
    Alias: (_, alias, path) => {
      const found = anchored.get(alias.source)
      const { source } = alias
      if (found === undefined) report(alias, `the alias *${source} has no anchor &${source} before it`)
      else if (path.includes(found)) report(alias, `the alias *${source} is within what &${source} names`)
      const resolve = alias.resolve.bind(alias)
      alias.resolve = (of, context): Anchored => {
        if (context === undefined || found === undefined) return found
        // The parser searches this list, and counts how often a value is repeated.
        context.aliasResolveCache = [found]
        return resolve(of, context)
      }
    }
  })
}

/** Parses YAML 1.2 (with `<<` merge keys). After a syntax error only the first one is told: the rest are its echoes. */
export const parse = (text: string, file: string): Source => {
  const lines = new Yaml.LineCounter()
  const document = Yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const at = (offset: number, path: string, message: string): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path, message }
  }
  const problem: Source["problem"] = (path, message, where) =>
    at(offsetOf(document, path, where), pathText(path), message)
  const warnings = document.warnings.map((warning) => at(warning.pos[0], "", `YAML: ${warning.message}`))
  const syntax = document.errors.find((error) => error.code !== "DUPLICATE_KEY")
  if (syntax !== undefined) {
    const message =
      syntax.code === "MULTIPLE_DOCS"
        ? "expected one YAML document, found a second one"
        : `not valid YAML: ${syntax.message}`
    return { value: undefined, errors: [at(syntax.pos[0], "", message)], warnings, problem }
  }
  const errors = document.errors.map((error) => at(error.pos[0], "", "this key is given twice in one mapping"))
  resolveAliases(document, ({ range }, message) => errors.push(at(range?.[0] ?? 0, "", `not valid YAML: ${message}`)))
  if (errors.length > document.errors.length) return { value: undefined, errors, warnings, problem }
  try {
    return { value: document.toJS(), errors, warnings, problem }
  } catch (cause) {
    // aliases that multiply beyond the parser's bound
    const message = `not valid YAML: ${cause instanceof Error ? cause.message : String(cause)}`
    return { value: undefined, errors: [...errors, at(0, "", message)], warnings, problem }
  }
}

/** A value as it is shown in a message: short, on one line. */
export const show = (value: unknown): string => {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Edit distance (insert, delete, replace, swap of neighbours) of two words, case ignored. */
const distance = (left: string, right: string): number => {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()]
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    rows.push([i])
    for (let j = 1; j <= b.length; j++) {
      const replaced = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : replaced
      rows[i]?.push(Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, replaced, swapped))
    }
  }
  return cell(a.length, b.length)
}

/** The known words nearest to `word`: all that are equally near, none when none is near. */
const nearest = (word: string, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  const near = known.map((name) => ({ name, far: distance(word, name) }))
  const least = Math.min(...near.map(({ far }) => far))
  return near.flatMap(({ name, far }) =>
    far === least && far <= Math.max(1, Math.floor(name.length / 3)) ? [name] : []
  )
}

/** "; did you mean X or Y?", or "" when nothing known is near. */
export const hint = (word: string, known: ReadonlyArray<string>): string => {
  const names = nearest(word, known).slice(0, 4)
  const last = names.at(-1)
  if (last === undefined) return ""
  return `; did you mean ${names.length === 1 ? last : `${names.slice(0, -1).join(", ")} or ${last}`}?`
}

/** A field of a mapping: how it is decoded, and what to say when that fails. */
export interface Field<A> {
  readonly decode: (input: unknown) => Option.Option<A>
  readonly message: (input: unknown) => string
  readonly required: boolean
}

/** An optional field; `expected` reads after "expected", or is the whole message when it is a function. */
export const field = <A>(
  schema: Schema.ConstraintDecoder<A>,
  expected: string | ((input: unknown) => string)
): Field<A> => ({
  decode: Schema.decodeUnknownOption(schema) as (input: unknown) => Option.Option<A>,
  message: typeof expected === "function" ? expected : (input) => `expected ${expected}, got ${show(input)}`,
  required: false
})

export const required = <A>(optional: Field<A>): Field<A> => ({ ...optional, required: true })

type Decoded<Fields> = { readonly [Key in keyof Fields]?: Fields[Key] extends Field<infer A> ? A : never }

/**
 * Reads a mapping field by field. Every missing, wrong and unknown key goes to `report`;
 * what could be read is returned, so that rules between fields can still be judged.
 */
export const read = <const Fields extends Readonly<Record<string, Field<unknown>>>>(
  input: unknown,
  path: Path,
  what: string,
  fields: Fields,
  report: (path: Path, message: string, at?: "key") => void
): Decoded<Fields> => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    report(
      path,
      `expected ${what}: a mapping with the keys ${Object.keys(fields).join(", ")}; got ${path.length === 0 && input === null ? "an empty file: there is nothing in it" : show(input)}`
    )
    return {}
  }
  const given = new Map<string, unknown>(Object.entries(input))
  const decoded: Record<string, unknown> = {}
  const known = Object.keys(fields)
  const meant = new Set<string>()
  for (const key of given.keys()) {
    if (Object.hasOwn(fields, key)) continue
    for (const name of nearest(key, known)) meant.add(name)
    report([...path, key], `unknown key in ${what}${hint(key, known) || `; known keys: ${known.join(", ")}`}`, "key")
  }
  for (const [key, { decode, message, required }] of Object.entries(fields)) {
    if (!given.has(key)) {
      // a misspelt key has been told already
      if (required && !meant.has(key)) report(path, `${what} needs the key ${key}`)
      continue
    }
    const value = decode(given.get(key))
    if (Option.isSome(value)) decoded[key] = value.value
    else report([...path, key], message(given.get(key)))
  }
  return decoded as Decoded<Fields>
}
