// What the benchmark takes from elsewhere in the project: how it is built, and where Python with c104 is found.
import { spawnSync } from "node:child_process"
import path from "node:path"
import { isStale } from "../scripts/freshness.mjs"
import { findPython } from "../test/interop/tools.mjs"

const root = path.resolve(import.meta.dirname, "..")

export const means = {
  /** Builds the project when what is built is missing or older than its sources. */
  build: () => {
    if (!isStale(root, "dist/cli/main.js")) return
    console.error("Building ...")
    const { status, error } = spawnSync("npm", ["run", "build", "--silent"], { cwd: root, stdio: ["ignore", 2, 2] })
    if (error) throw error
    if (status !== 0) process.exit(status ?? 1)
  },
  python: (say) => findPython(root, say)
}
