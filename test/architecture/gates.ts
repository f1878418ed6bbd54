// The gates of the pure core. Each looks at a project from one side and returns its complaints, one string each.
import path from "node:path"
import { biome, root, tsc } from "./project.ts"
import { evaluate } from "./realm.ts"

export type Gate = (project: string) => Promise<readonly string[]>

/** The core compiles by itself: no types but those of ES2023, nothing outside its folder. */
const compiler: Gate = async (project) => {
  const { code, stdout, stderr } = await tsc(project, "-p", "tsconfig.core.json", "--pretty", "false")
  if (code === 0) return []
  const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("error TS"))
  return complaints.length > 0 ? complaints : [`tsc ended with ${code}: ${stdout}${stderr}`]
}

/** The compiler reads nothing but the core and its own library, whatever resolves to whatever. */
const reach: Gate = async (project) => {
  const { stdout } = await tsc(project, "-p", "tsconfig.core.json", "--listFilesOnly")
  const core = path.join(project, "src/core") + path.sep
  const library = /[\\/]lib\.[a-z0-9.]+\.d\.ts$/
  const listed = stdout.split("\n").filter((line) => line.trim() !== "" && !line.includes("error TS"))
  const files = listed.map((line) => path.resolve(project, line.trim()))
  if (!files.some((file) => file.startsWith(core))) return [`the compiler listed no file of the core: ${stdout}`]
  const compilerFolder = path.join(root, "node_modules/@typescript") + path.sep
  return files.filter((file) => !file.startsWith(core) && !(file.startsWith(compilerFolder) && library.test(file)))
}

/** The restrictions of imports and globals, which also see what the types of ES2023 allow (Date, Math.random, Intl). */
const linter: Gate = async (project) => {
  const purity = [
    "lint/style/noRestrictedImports",
    "lint/style/noRestrictedGlobals",
    "lint/suspicious/noConsole",
    "plugin"
  ]
  const args = ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none", "src/core"]
  const { stdout, stderr } = await biome(project, ...args)
  const report = JSON.parse(stdout.slice(stdout.indexOf("{"))) as {
    summary: { unchanged: number; changed: number }
    diagnostics: readonly { category: string; message: string; location: { path: string } }[]
  }
  if (report.summary.unchanged + report.summary.changed === 0) return [`the linter saw no file: ${stderr}`]
  return report.diagnostics
    .filter(({ category }) => purity.includes(category))
    .map(({ category, message, location }) => `${location.path} ${category} ${message}`)
}

/** Every file of the core is evaluated where the clock, chance, timers and the host cannot be touched. */
const realm: Gate = async (project) => (await evaluate(project)).complaints

export const gates = { compiler, reach, linter, realm }

export type GateName = keyof typeof gates
