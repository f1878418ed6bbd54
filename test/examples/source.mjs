// Lets a program that imports "iec104" run on the sources of this project, so that examples are tried without a build:
// `node --import ./test/examples/source.mjs examples/simple.ts 0`.
import { registerHooks } from "node:module"

const entries = {
  iec104: "../../src/api/c104/index.ts",
  "iec104/effect": "../../src/api/effect/index.ts",
  "iec104/core": "../../src/core/index.ts"
}

registerHooks({
  resolve: (specifier, context, next) => {
    const entry = entries[specifier]
    return entry === undefined ? next(specifier, context) : next(new URL(entry, import.meta.url).href, context)
  }
})
