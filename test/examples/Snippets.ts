// The code in docs/MIGRATING.md as modules that can be compiled: whole programs, and the cells of the column "here".
import { readFileSync } from "node:fs"

/** What the cells may use without saying where it comes from. */
const preamble = (names: readonly string[]): string => `import { ${names.join(", ")} } from "iec104"
declare const server: Server
declare const station: Station
declare const point: Point<typeof Type.M_ME_NC_1>
declare const state: Point<typeof Type.M_SP_NA_1>
declare const counter: Point<typeof Type.M_IT_NA_1>
declare const command: Point<typeof Type.C_SC_NA_1>
declare const batch: Batch
declare const message: IncomingMessage
declare const info: Information
declare const parameters: ProtocolParameters
declare const apdu: Uint8Array
declare const tls: TransportSecurity
`

const cellsOf = (row: string): readonly string[] => row.split(/(?<!\\)\|/).map((cell) => cell.trim())
const spansOf = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code)

export interface Cell {
  readonly line: number
  readonly code: string
}

/** The code of the column `name` of every table that has one. */
export function column(markdown: string, name: string): readonly Cell[] {
  const cells: Cell[] = []
  let at = -1
  for (const [index, row] of markdown.split("\n").entries()) {
    if (!row.startsWith("|")) at = -1
    else if (at < 0) at = cellsOf(row).indexOf(name)
    else
      for (const code of spansOf(cellsOf(row)[at] ?? ""))
        cells.push({ line: index + 1, code: code.replaceAll("\\|", "|") })
    if (row.startsWith("|") && at < 0) at = Number.POSITIVE_INFINITY
  }
  return cells
}

/** The fenced blocks of a language. */
export const blocks = (markdown: string, language: string): readonly string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code = ""]) => code)

/** Modules by name; a line of the cells' module says which line of the document it comes from. */
export function modules(markdown: string, names: readonly string[]): Readonly<Record<string, string>> {
  const cells = column(markdown, "here").map(({ line, code }) => `export const line${line} = [async () => { ${code} }]`)
  const seen = new Map<string, number>()
  const unique = cells.map((cell) => {
    const name = /line\d+/.exec(cell)?.[0] ?? ""
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? cell : cell.replace(name, `${name}_${times}`)
  })
  return Object.fromEntries([
    ["cells.ts", `${preamble(names)}${unique.join("\n")}\n`],
    ...blocks(markdown, "ts").map((code, index) => [`program${index + 1}.ts`, code])
  ])
}

export const migrating = (): string => readFileSync("docs/MIGRATING.md", "utf8")
