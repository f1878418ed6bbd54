// How tests run against a tree with a fault, and when the map is made: the files that are asked for, in that order, one after the
// other; what becomes of each is told in a line of JSON.
import * as fs from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import * as path from "node:path"
import { defineConfig } from "vitest/config"

const asked = JSON.parse(fs.readFileSync(process.env.MUTANTS_TESTS as string, "utf8")) as readonly string[]
const isMap = process.env.MUTANTS_MAP !== undefined
const root = process.cwd()

const say = (what: object): void => fs.appendFileSync(process.env.MUTANTS_SAYS as string, `${JSON.stringify(what)}\n`)

/** Files in the order in which they are asked for. */
class InOrder {
  async shard<A>(files: A): Promise<A> {
    return files
  }

  async sort<A extends { readonly moduleId: string }>(files: readonly A[]): Promise<A[]> {
    const place = ({ moduleId }: A): number => asked.indexOf(path.relative(root, moduleId))
    return files.toSorted((a, b) => place(a) - place(b))
  }
}

/** Types are taken out so that every line stays where it is, and the first one is marked: coverage is by lines then. */
const lines = {
  name: "lines",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.endsWith(".ts") ? { code: `/* line 1 */${stripTypeScriptTypes(code)}`, map: null } : null
}

export default defineConfig({
  root,
  ...(isMap ? { plugins: [lines], oxc: false } : {}),
  cacheDir: path.join(root, ".vite"),
  test: {
    include: [...asked],
    testTimeout: isMap ? 120_000 : 20_000,
    bail: isMap ? 0 : 1,
    maxWorkers: isMap ? "100%" : 1,
    setupFiles: isMap ? ["scripts/mutants/record.ts"] : [],
    sequence: { sequencer: InOrder },
    reporters: [
      {
        onTestModuleStart: ({ moduleId }) => say({ begins: path.relative(root, moduleId) }),
        onTestModuleEnd(module) {
          const failed = [...module.children.allTests("failed")].map(({ fullName }) => fullName)
          const broken = module.errors().map(({ message }) => message)
          const { duration, collectDuration, prepareDuration } = module.diagnostic()
          const tookMs = Math.round(duration + collectDuration + prepareDuration)
          say({ ends: path.relative(root, module.moduleId), failed: [...failed, ...broken], tookMs })
        },
        onTestRunEnd(_modules, errors) {
          if (errors.length > 0) say({ broken: errors.map(({ message }) => message) })
        }
      }
    ]
  }
})
