// The project seen from outside: where it is, its source files, its tools, and copies of it with something planted.
import { execFile } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..")

/** What a tool said and how it ended. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const bin = (packageName: string, command: string): string => {
  const folder = path.join(root, "node_modules", packageName)
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as {
    bin: string | Record<string, string>
  }
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[command]
  if (file === undefined) throw new Error(`${packageName} has no command ${command}`)
  return path.join(folder, file)
}

const run = (script: string, args: readonly string[], cwd: string): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...args], { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr })
      else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr })
      else reject(error)
    })
  })

export const tsc = (project: string, ...args: readonly string[]): Promise<Outcome> =>
  run(bin("typescript", "tsc"), args, project)

export const biome = (project: string, ...args: readonly string[]): Promise<Outcome> =>
  run(bin("@biomejs/biome", "biome"), args, project)

/** All TypeScript files below a folder of a project, as paths from the project with forward slashes. */
export const sources = (project: string, folder: string): readonly string[] =>
  fs
    .readdirSync(path.join(project, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll(path.sep, "/")}`)
    .filter((name) => name.endsWith(".ts"))
    .sort()

export const read = (project: string, file: string): string => fs.readFileSync(path.join(project, file), "utf8")

/** Copies of the core live below the project, so that they resolve packages as the core itself would. */
const nursery = path.join(root, ".cache")

const copied = ["src/core", "tsconfig.json", "tsconfig.core.json", "biome.json", "scripts/pure-core.grit"]

/** A copy of the core with its gates and the given files added; whoever asks for it removes it. */
export const plant = (files: Readonly<Record<string, string>>): string => {
  fs.mkdirSync(nursery, { recursive: true })
  const project = fs.mkdtempSync(path.join(nursery, "planted-"))
  for (const name of copied) fs.cpSync(path.join(root, name), path.join(project, name), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true })
    fs.writeFileSync(path.join(project, name), text)
  }
  return project
}

export const remove = (project: string): void => fs.rmSync(project, { recursive: true, force: true })
