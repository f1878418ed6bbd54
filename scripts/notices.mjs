// Writes the licence texts of all packages bundled into the command line next to it (they ask for that),
// from the list of inputs that the bundler left in dist.
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const metafile = path.join(root, "dist/metafile-esm.json")
const target = path.join(root, "dist/cli/THIRD-PARTY-NOTICES.txt")

/** The folder of the package that an input file belongs to, or undefined for our own files. */
const packageOf = (input) => input.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]

const { outputs } = JSON.parse(fs.readFileSync(metafile, "utf8"))
const inputs = Object.values(outputs).flatMap((output) =>
  Object.entries(output.inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : []))
)
const packages = [...new Set(inputs.map(packageOf).filter((name) => name !== undefined))].sort()

const notices = packages.map((folder) => {
  const absolute = path.join(root, folder)
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(absolute, "package.json"), "utf8"))
  const file = fs.readdirSync(absolute).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry))
  if (file === undefined && license === undefined) throw new Error(`${name} ${version}: no licence found in ${folder}`)
  const text = file === undefined ? `Licence: ${license}` : fs.readFileSync(path.join(absolute, file), "utf8").trim()
  return `${name} ${version}\n\n${text}\n`
})

fs.writeFileSync(
  target,
  `The command line of iec104 contains the following packages.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`
)
fs.rmSync(metafile)
