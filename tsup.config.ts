// How dist is made: the three library entries share chunks and leave `effect` to the user; the command line is one
// self-contained file, which starts several times faster. Declarations come from tsc (tsconfig.build.json).
import { defineConfig, type Options } from "tsup"

const base: Options = {
  format: ["esm"],
  target: "node22",
  platform: "node",
  dts: false,
  clean: false,
  tsconfig: "tsconfig.json"
}

export default defineConfig([
  {
    ...base,
    entry: {
      "api/c104/index": "src/api/c104/index.ts",
      "api/effect/index": "src/api/effect/index.ts",
      "core/index": "src/core/index.ts"
    },
    external: [/^effect(\/|$)/],
    splitting: true,
    sourcemap: true
  },
  {
    ...base,
    entry: { "cli/main": "src/api/cli/main.ts" },
    splitting: false,
    minify: true,
    // scripts/notices.mjs reads it to name the licence of every package inside the bundle, then removes it.
    metafile: true,
    noExternal: [/.*/],
    // CommonJS packages inside the bundle call require() for Node's own modules; an ES module has none.
    banner: {
      js: `#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`
    }
  }
])
