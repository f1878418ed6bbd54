// What README.md and docs say is what is there: limits, files that are linked, commands, and the differences from c104.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Limits from "../../src/core/Limits.ts"
import * as Config from "../../src/shell/config/Config.ts"
import { rowsA } from "../parity/rowsA.ts"
import { rowsB } from "../parity/rowsB.ts"

const documents = ["README.md", "CONTRIBUTING.md", "docs", "docs/decisions"].flatMap((place) =>
  place.endsWith(".md")
    ? [place]
    : readdirSync(place)
        .filter((name) => name.endsWith(".md"))
        .map((name) => `${place}/${name}`)
)
const text = (file: string): string => readFileSync(file, "utf8")

describe.each(documents)("%s", (file) => {
  it("links to what exists", () => {
    const links = [...text(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = ""]) => link)
    expect(links.filter((link) => !existsSync(join(dirname(file), link)))).toEqual([])
  })

  it("names commands that exist", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> }
    const named = [...text(file).matchAll(/npm run ([a-z][a-z:]*)/g)].map(([, name = ""]) => name)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

it("README.md has the limits of the code", () => {
  const number = (value: number): string => value.toLocaleString("en-US")
  const rows = Limits.table.map(
    ({ name, unit, min, max, consequence, default: standard }) =>
      `| \`${name}\` | ${unit} | ${number(standard)} | ${number(min)} to ${number(max)} | ${consequence} |`
  )
  expect(text("README.md")).toContain(rows.join("\n"))
})

it("examples/substation.yaml names every limit, and every key", async () => {
  const yaml = text("examples/substation.yaml")
  const [, listed = ""] = /# Everything has a limit([\s\S]*?)\nlimits:/.exec(yaml) ?? []
  const named = (listed.split("README.md:")[1] ?? "").match(/\w+/g)
  expect(named).toEqual(Limits.table.map(({ name }) => name))
  // What is not known is told with all that is.
  const told = await Effect.runPromise(Effect.flip(Config.parse("zzzzzzzz: 1", "")))
  const keys = /known keys: (.*)/.exec(told.message)?.[1]?.split(", ") ?? []
  expect(keys.length).toBeGreaterThan(5)
  expect(keys.filter((key) => !new RegExp(`^(# )?${key}:`, "m").test(yaml))).toEqual([])
})

it("docs/DIFFERENCES.md has every row of the parity list that is not the same, and no other", () => {
  const cells = text("docs/DIFFERENCES.md")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").at(-2) ?? "")
  const told = new Set(cells.flatMap((cell) => [...cell.matchAll(/\d+/g)].map(([row]) => Number(row))))
  const due = [...rowsA, ...rowsB].filter(({ verdict }) => verdict !== "same").map(({ row }) => row)
  expect([...told].sort((a, b) => a - b)).toEqual(due.sort((a, b) => a - b))
})

it("docs/decisions/README.md lists every decision under its title", () => {
  const records = readdirSync("docs/decisions").filter((name) => /^\d{4}/.test(name))
  const titles = records.map(
    (name) => `[${name.slice(0, 4)}](${name}) | ${text(`docs/decisions/${name}`).split("\n")[0]?.slice(8)} |`
  )
  for (const title of titles) expect(text("docs/decisions/README.md")).toContain(title)
})
