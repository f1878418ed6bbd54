// A bare JavaScript realm without clock, chance, timers and host: the compiled core must run in it.
// To let another part of the core run there, add an exercise to the list.

import path from "node:path"
import vm from "node:vm"
import { build } from "esbuild"
import { expect } from "vitest"
import type * as CoreModule from "../../src/core/index.ts"
import { wholeSession } from "../property/support/WholeSession.ts"
import { sources } from "./project.ts"

export type Core = typeof CoreModule

/** Each gets the core as it lives inside the realm, and fails by throwing. */
export const exercises: Readonly<Record<string, (core: Core) => void>> = {
  "exports something": (core) => expect(Object.keys(core).length).toBeGreaterThan(0),
  "runs a whole session": wholeSession
}

/** What a pure core has no business with. Some are in every realm (Date), others only in Node's (setTimeout). */
const forbidden: readonly string[] = [
  ...["Date", "performance", "setTimeout", "setInterval", "setImmediate", "queueMicrotask"],
  ...["clearTimeout", "clearInterval", "clearImmediate", "console", "process", "Buffer", "require", "crypto", "fetch"],
  ...["TextEncoder", "TextDecoder", "URL", "structuredClone", "Intl", "WeakRef", "FinalizationRegistry"]
]

const poison = `const report = globalThis.touched
delete globalThis.touched
for (const [owner, label, names] of [[globalThis, "", ${JSON.stringify(forbidden)}], [Math, "Math.", ["random"]]]) {
  for (const name of names) {
    Object.defineProperty(owner, name, {
      configurable: false,
      get() { report(label + name); throw new Error(label + name + " was touched") }
    })
  }
}`

/** Bundles every file of a project's core into one script that leaves the exports of its index in `core`. */
const bundle = async (project: string): Promise<string> => {
  const imports = sources(project, "src/core").map((file) => `import "./${file}"`)
  const result = await build({
    stdin: {
      contents: [...imports, 'export * from "./src/core/index.ts"'].join("\n"),
      resolveDir: project,
      sourcefile: "realm-entry.ts",
      loader: "ts"
    },
    bundle: true,
    format: "iife",
    globalName: "core",
    platform: "neutral",
    target: "es2023",
    // Also what nobody uses must be evaluated: a file is impure whether or not it is reached today.
    treeShaking: false,
    ignoreAnnotations: true,
    write: false,
    logLevel: "silent",
    absWorkingDir: path.resolve(project)
  })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error("the bundler wrote nothing")
  return file.text
}

const say = (error: unknown): string =>
  typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error)

/**
 * Evaluates the whole core of a project in a poisoned realm.
 *
 * @returns the core inside the realm (undefined if it could not be evaluated); a list that grows with every forbidden
 * thing that is touched, also if the core swallows the error, now or during an exercise; and what went wrong.
 */
export const evaluate = async (
  project: string
): Promise<{
  readonly core: Core | undefined
  readonly touched: readonly string[]
  readonly complaints: readonly string[]
}> => {
  const touched: string[] = []
  try {
    const script = await bundle(project)
    const context = vm.createContext({ touched: (name: string) => touched.push(name) })
    vm.runInContext(`{${poison}}`, context)
    vm.runInContext(script, context, { filename: "core.js", timeout: 10_000 })
    const core = vm.runInContext("core", context) as Core
    return { core, touched, complaints: touched.map((name) => `${name} was touched`) }
  } catch (error) {
    return { core: undefined, touched, complaints: [say(error)] }
  }
}
