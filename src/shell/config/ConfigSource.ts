// A YAML text whose values know where they stand: problems with file, line and column, and reading a mapping
// field by field so that one wrong field hides no other problem.
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Yaml from "yaml"
import { asked, nearest } from "../Nearest.ts"
import * as Aliases from "./ConfigAliases.ts"

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

/** Characters of what stands in a file that a message repeats at most. */
const SHOWN_MAX = 60

const shortened = (text: string): string => (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 3)}...` : text)

const pathText = (path: Path): string =>
  path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? shortened(part) : `.${shortened(part)}`))
    .join("")

/** The name of a key as a mapping has it; null for `<<`, which may be there more than once, and for what is no text. */
const nameOf = ({ key }: Yaml.Pair): string | null => {
  const value = Yaml.isScalar(key) ? key.value : key
  return typeof value === "symbol" || (typeof value === "object" && value !== null) ? null : String(value ?? "")
}

/** The pairs of mappings by their keys: found once, whatever is looked for in them. */
const pairs = new WeakMap<Yaml.YAMLMap, ReadonlyMap<string, Yaml.Pair>>()

const pairOf = (node: Yaml.YAMLMap, key: string | number): Yaml.Pair | undefined => {
  let named = pairs.get(node)
  if (named === undefined) {
    const found = new Map<string, Yaml.Pair>()
    for (const pair of node.items) {
      const name = nameOf(pair)
      if (name !== null && !found.has(name)) found.set(name, pair)
    }
    named = found
    pairs.set(node, named)
  }
  return named.get(String(key))
}

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

/** Mappings and lists within each other: a configuration has six. */
const DEPTH_MAX = 32
const TOO_DEEP = `mappings and lists are within each other ${DEPTH_MAX} deep at most`

const TOO_MANY = "not valid YAML: up to here aliases stand for more than there is room for"

const isTooDeep = (path: ReadonlyArray<unknown>): boolean =>
  path.length > DEPTH_MAX && path.filter((node) => Yaml.isCollection(node)).length >= DEPTH_MAX

/** Tells what is wrong with a node, "fatally" where there is no value for that. */
type Judge = (node: Yaml.Node | null, message: string, fatally?: "fatally") => void

const judgeKeys = ({ items }: Yaml.YAMLMap, report: Judge): void => {
  const names = new Set<string>()
  for (const pair of items) {
    const name = nameOf(pair)
    if (name === null) continue
    if (names.has(name)) report(Yaml.isNode(pair.key) ? pair.key : null, "this key is given twice in one mapping")
    names.add(name)
  }
}

/**
 * Judges a document in one way through it, and tells every alias which value it stands for: by itself each would walk
 * through the whole document for it. A key that is a mapping or a list would be written out as a text, each within it again.
 */
const judge = (document: Yaml.Document, report: Judge): void => {
  const anchored = new Map<string, Exclude<Anchored, undefined>>()
  let written = 0
  let sound = true
  const refuse = (node: Yaml.Node, message: string): void => {
    sound = false
    report(node, message, "fatally")
  }
  Yaml.visit(document, {
    Value: (place, value, path) => {
      written++
      if (value.anchor !== undefined) anchored.set(value.anchor, value)
      if (!Yaml.isCollection(value)) return undefined
      if (isTooDeep(path)) {
        refuse(value, TOO_DEEP)
        return Yaml.visit.BREAK
      }
      if (place === "key") {
        refuse(value, `a key is a text, not a ${Yaml.isMap(value) ? "mapping" : "list"}`)
        return Yaml.visit.SKIP
      }
      if (Yaml.isMap(value)) judgeKeys(value, report)
      return undefined
    },
    Alias: (place, alias, path) => {
      written++
      const found = anchored.get(alias.source)
      const source = shortened(alias.source)
      if (found === undefined) refuse(alias, `not valid YAML: the alias *${source} has no anchor &${source} before it`)
      else if (path.includes(found))
        refuse(alias, `not valid YAML: the alias *${source} is within what &${source} names`)
      else if (place === "key" && Yaml.isCollection(found)) refuse(alias, `a key is a text, not what &${source} names`)
      const resolve = alias.resolve.bind(alias)
      alias.resolve = (of, context): Anchored => {
        if (context === undefined || found === undefined) return found
        // The parser searches this list.
        context.aliasResolveCache = [found]
        return resolve(of, context)
      }
    }
  })
  if (!sound) return
  Aliases.measure(document, written, DEPTH_MAX, (alias, why) => refuse(alias, why === "deep" ? TOO_DEEP : TOO_MANY))
}

/** Parses YAML 1.2 (with `<<` merge keys). After a syntax error only the first one is told: the rest are its echoes. */
export const parse = (text: string, file: string): Source => {
  const lines = new Yaml.LineCounter()
  // It would compare each key with all before it.
  const document = Yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, uniqueKeys: false })
  const at = (offset: number, path: string, message: string): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path, message }
  }
  const problem: Source["problem"] = (path, message, where) =>
    at(offsetOf(document, path, where), pathText(path), message)
  const unusable = (errors: ReadonlyArray<Problem>): Source => ({ value: undefined, errors, warnings: [], problem })
  const warnings = document.warnings.map((warning) => at(warning.pos[0], "", `YAML: ${warning.message}`))
  const [syntax] = document.errors
  if (syntax !== undefined) {
    const message =
      syntax.code === "MULTIPLE_DOCS"
        ? "expected one YAML document, found a second one"
        : syntax.code === "RESOURCE_EXHAUSTION"
          ? TOO_DEEP
          : `not valid YAML: ${syntax.message}`
    return unusable([at(syntax.pos[0], "", message)])
  }
  const errors: Problem[] = []
  let usable = true
  judge(document, (node, message, fatally) => {
    errors.push(at(node?.range?.[0] ?? 0, "", message))
    if (fatally !== undefined) usable = false
  })
  if (!usable) return unusable(errors)
  try {
    // What aliases stand for was measured; the parser would count how often each is used.
    return { value: document.toJS({ maxAliasCount: -1 }), errors, warnings, problem }
  } catch (cause) {
    // What is merged is no mapping.
    return unusable([...errors, at(0, "", `not valid YAML: ${cause instanceof Error ? cause.message : String(cause)}`)])
  }
}

/** A value as JSON, of which all is written that `room` has room for: whole it may be longer than any text. */
const json = (value: unknown, room: number): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room))
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value)
  if (room <= 0) return ""
  const isList = Array.isArray(value)
  let text = isList ? "[" : "{"
  for (const key of isList ? value.keys() : Object.keys(value)) {
    if (text.length > room) break
    if (text.length > 1) text += ","
    if (!isList) text += `${json(key, room)}:`
    text += json((value as Readonly<Record<string | number, unknown>>)[key], room - text.length)
  }
  return text + (isList ? "]" : "}")
}

/** A value as it is shown in a message: short, on one line. */
export const show = (value: unknown): string => (value === undefined ? "nothing" : shortened(json(value, SHOWN_MAX)))

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
    const near = nearest(key, known)
    for (const name of near) meant.add(name)
    report([...path, key], `unknown key in ${what}${asked(near) || `; known keys: ${known.join(", ")}`}`, "key")
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
