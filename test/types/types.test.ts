// The compiler holds what the files beside this one say: each `@ts-expect-error` hits an error, and nothing else is one.
import { readdirSync, readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { root, tsc } from "../architecture/project.ts"

it("the type tests compile", async () => {
  const { stdout, stderr } = await tsc(root, "-p", "tsconfig.json", "--noEmit", "--pretty", "false")
  expect(stderr).toBe("")
  expect(stdout.split("\n").filter((line) => line.startsWith("test/types/"))).toEqual([])
})

it("the compiler is asked about many wrong uses", () => {
  const texts = readdirSync("test/types").map((name) => readFileSync(`test/types/${name}`, "utf8"))
  const wrong = texts.join("\n").match(/^ *\/\/ @ts-expect-error: /gm) ?? []
  expect(wrong.length).toBeGreaterThan(40)
})
