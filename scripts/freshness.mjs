// Tells whether dist is missing or older than what it is built from.
import fs from "node:fs"
import path from "node:path"

const sources = ["src", "tsup.config.ts", "tsconfig.json", "tsconfig.build.json", "package-lock.json"]

const newest = (file) => {
  const { mtimeMs } = fs.statSync(file)
  if (!fs.statSync(file).isDirectory()) return mtimeMs
  // The folder's own time counts: deleting a file changes nothing else.
  return fs.readdirSync(file).reduce((latest, entry) => Math.max(latest, newest(path.join(file, entry))), mtimeMs)
}

/** @param root the project's folder; @param built the file of dist that is written by every build */
export const isStale = (root, built) => {
  const file = path.join(root, built)
  if (!fs.existsSync(file)) return true
  const { mtimeMs } = fs.statSync(file)
  return sources.some((source) => fs.existsSync(path.join(root, source)) && newest(path.join(root, source)) > mtimeMs)
}
