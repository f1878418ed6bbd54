// `node bench/report.mjs [FILE]`: makes docs/PERFORMANCE.md from the JSON of `npm run bench` (default reports/bench.json) and of
// `npm run soak`, where there is one (reports/soak.json).
import fs from "node:fs"
import path from "node:path"
import { defaultFile } from "./options.ts"
import { page } from "./report.ts"
import { scenarios } from "./scenarios.ts"
import { root } from "./tools.ts"

const file = process.argv[2] ?? path.join(root, defaultFile)
if (!fs.existsSync(file)) {
  console.error(`${file} does not exist: npm run bench writes it`)
  process.exit(1)
}
const results = JSON.parse(fs.readFileSync(file, "utf8"))
const soakFile = path.join(root, "reports/soak.json")
const soaked = fs.existsSync(soakFile) ? JSON.parse(fs.readFileSync(soakFile, "utf8")) : null
fs.writeFileSync(path.join(root, "docs/PERFORMANCE.md"), page(results, scenarios(false), soaked))
console.log("docs/PERFORMANCE.md")
