// `node bench/report.mjs [FILE]`: makes docs/PERFORMANCE.md from the JSON of `npm run bench` (default reports/bench.json) and of
// `npm run soak`, where there is one (reports/soak.json); without one the page goes on to say of it what it said.
import fs from "node:fs"
import path from "node:path"
import { defaultFile } from "./options.ts"
import { hourOf, page, soakText } from "./report.ts"
import { scenarios } from "./scenarios.ts"
import { root } from "./tools.ts"

const file = process.argv[2] ?? path.join(root, defaultFile)
if (!fs.existsSync(file)) {
  console.error(`${file} does not exist: npm run bench writes it`)
  process.exit(1)
}
const results = JSON.parse(fs.readFileSync(file, "utf8"))
const soakFile = path.join(root, "reports/soak.json")
const pageFile = path.join(root, "docs/PERFORMANCE.md")
const hour = fs.existsSync(soakFile)
  ? soakText(JSON.parse(fs.readFileSync(soakFile, "utf8")))
  : hourOf(fs.readFileSync(pageFile, "utf8"))
fs.writeFileSync(pageFile, page(results, scenarios(false), hour))
console.log("docs/PERFORMANCE.md")
