// How the tests run, and the one plain closing line ("N passed, N failed, N skipped") that .ci/run adds up.
import { configDefaults, defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/interop/**", ".cache/**"],
    testTimeout: 20_000,
    reporters: [
      "default",
      {
        onTestRunEnd(modules, unhandledErrors) {
          let passed = 0
          // An error outside every test is a failure too: without this the closing line could read "0 failed".
          let failed = unhandledErrors.length
          let skipped = 0
          for (const module of modules) {
            for (const test of module.children.allTests()) {
              const { state } = test.result()
              if (state === "passed") passed++
              else if (state === "failed") failed++
              else skipped++
            }
            if (module.state() === "failed" && module.errors().length > 0) failed++
          }
          process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
        }
      }
    ]
  }
})
