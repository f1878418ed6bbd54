// src/core is literally pure, and every gate that says so is shown to see the impurity that it is there for.
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type GateName, gates } from "./gates.ts"
import { plant, remove, root } from "./project.ts"
import { evaluate, exercises } from "./realm.ts"

describe("the core", () => {
  it("compiles alone, with no types but those of ES2023", async () => {
    expect(await gates.compiler(root)).toEqual([])
  })

  it("makes the compiler read nothing outside src/core but its own library", async () => {
    expect(await gates.reach(root)).toEqual([])
  })

  it("keeps to the restrictions of imports and globals", async () => {
    expect(await gates.linter(root)).toEqual([])
  })

  it("can be evaluated where clock, chance, timers and host cannot be touched", async () => {
    expect(await gates.realm(root)).toEqual([])
  })

  it.for(Object.entries(exercises))("works in that realm: %s", async ([, exercise]) => {
    const { core, touched, complaints } = await evaluate(root)
    if (core === undefined) throw new Error(complaints.join("\n"))
    exercise(core)
    expect(touched).toEqual([])
  })
})

const planted = "src/core/wire/Planted.ts"

/**
 * What is planted, and the gates that must see it, with what they say. The others may see it or not. What only hosts have is
 * touched in a realm of Node 24, and is not there in one of Node 26.
 */
const violations: Readonly<
  Record<string, { readonly files: Readonly<Record<string, string>>; readonly seen: Partial<Record<GateName, RegExp>> }>
> = {
  "an import of node:fs": {
    files: { [planted]: 'import * as fs from "node:fs"\n\nexport const there: boolean = fs.existsSync("/")\n' },
    seen: { compiler: /Planted\.ts.*node:fs/, linter: /Planted\.ts.*noRestrictedImports/, realm: /node:fs/ }
  },
  "an import of effect": {
    files: { [planted]: 'import * as Effect from "effect/Effect"\n\nexport const nothing: unknown = Effect.void\n' },
    seen: { reach: /node_modules.effect/, linter: /Planted\.ts.*noRestrictedImports/ }
  },
  "an import from the shell": {
    files: {
      [planted]: 'import { shell } from "../../shell/Planted.ts"\n\nexport const room: string = shell\n',
      "src/shell/Planted.ts": 'export const shell: string = "shell"\n'
    },
    seen: { compiler: /shell.Planted\.ts/, reach: /shell.Planted\.ts/, linter: /Planted\.ts.*noRestrictedImports/ }
  },
  Buffer: {
    files: { [planted]: "export const octets: unknown = Buffer.alloc(4)\n" },
    seen: {
      compiler: /Planted\.ts.*'Buffer'/,
      linter: /Planted\.ts.*Buffer/,
      realm: /Buffer (was touched|is not defined)/
    }
  },
  "Date.now()": {
    files: { [planted]: "export const now: number = Date.now()\n" },
    seen: { linter: /Planted\.ts.*Date/, realm: /Date was touched/ }
  },
  "Math.random()": {
    files: { [planted]: "export const chance: number = Math.random()\n" },
    seen: { linter: /Planted\.ts.*Math\.random/, realm: /Math\.random was touched/ }
  },
  "Math.random() by another name": {
    files: { [planted]: "const { random: harmless } = Math\n\nexport const chance: () => number = harmless\n" },
    seen: { linter: /Planted\.ts.*Math\.random/, realm: /Math\.random was touched/ }
  },
  setTimeout: {
    files: { [planted]: "export const timer: unknown = setTimeout(() => undefined, 1)\n" },
    seen: {
      compiler: /Planted\.ts.*'setTimeout'/,
      linter: /Planted\.ts.*setTimeout/,
      realm: /setTimeout (was touched|is not defined)/
    }
  },
  "console.log()": {
    files: { [planted]: 'console.log("hello")\n\nexport {}\n' },
    seen: { compiler: /Planted\.ts.*'console'/, linter: /Planted\.ts.*console/, realm: /console was touched/ }
  },
  "a forbidden global whose error is swallowed": {
    files: {
      [planted]:
        "const guess = (): unknown => {\n  try {\n    return Date\n  } catch {\n    return undefined\n  }\n}\n\n" +
        "export const clock: unknown = guess()\n"
    },
    seen: { linter: /Planted\.ts.*Date/, realm: /Date was touched/ }
  },
  "an export without its type": {
    files: { [planted]: "export const sum = (a: number) => [a].map(String)\n" },
    seen: { compiler: /Planted\.ts.*error TS9/ }
  }
}

describe("planted into a copy of the core", () => {
  describe.for(Object.entries(violations))("%s", ([, { files, seen }]) => {
    let project = ""
    beforeAll(() => {
      project = plant(files)
    })
    afterAll(() => remove(project))

    it.for(Object.entries(seen) as [GateName, RegExp][])("is seen by the %s", async ([name, complaint]) => {
      expect((await gates[name](project)).join("\n")).toMatch(complaint)
    })
  })

  describe("nothing", () => {
    let project = ""
    beforeAll(() => {
      project = plant({ [planted]: "// Nothing wrong here.\nexport const fine: number = Math.floor(1.5)\n" })
    })
    afterAll(() => remove(project))

    it.for(Object.keys(gates) as GateName[])("is seen by the %s", async (name) => {
      expect(await gates[name](project)).toEqual([])
    })
  })
})
