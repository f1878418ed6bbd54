// Memory of points in the core alone: a station of a million floats in the image, without handles.
import path from "node:path"
import { pathToFileURL } from "node:url"
import type * as Core from "../src/core/index.ts"

const COUNT = 1_000_000
const [folder = path.resolve(import.meta.dirname, "..")] = process.argv.slice(2)
const { Image, Profile, TypeTable } = (await import(
  pathToFileURL(path.join(folder, "dist/core/index.js")).href
)) as typeof Core

const memory = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
const before = memory()
const of = Image.blockType(1, TypeTable.Type.M_ME_NC_1, Profile.presets.c104)
const { block, image } = Image.withBlock(Image.withStation(Image.empty, 1), 1, of)
block.reserve(COUNT)
for (let i = 0; i < COUNT; i++) Image.setValue(block, block.add(10_000 + i), i)
Image.settle(image)
const octets = (memory() - before) / COUNT
console.log(JSON.stringify({ core_octets: octets, points: block.count }))
console.log("READY")
process.stdin.on("end", () => process.exit(0)).resume()
