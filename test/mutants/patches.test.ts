// Whether every planted fault still fits the sources: what it looks for stands there exactly once, and is changed. That some test notices
// it is seen by `npm run mutants`, which takes long.
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import * as Patch from "../../scripts/mutants/Patch.ts"

const root = path.resolve(import.meta.dirname, "../..")
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8")
const patches = Patch.all(root)

describe("planted faults", () => {
  it("fit the sources, each exactly once", () => {
    const unfit = patches.flatMap((patch) => {
      const faulty = Patch.apply(patch, read)
      return typeof faulty === "string" ? [`${patch.name}: ${faulty}`] : []
    })
    expect(unfit).toEqual([])
  })

  it("are at least 100, in all rooms of the core, and in the shell and the faces", () => {
    const rooms = [
      "wire",
      "image",
      "log",
      "link",
      "procedure",
      "command",
      "read",
      "system",
      "file",
      "session",
      "station"
    ]
    const files = patches.flatMap(({ pieces }) => pieces.map(({ file }) => file))
    const isThere = (folder: string): boolean => files.some((file) => file.startsWith(folder))
    expect(patches.length).toBeGreaterThanOrEqual(100)
    expect(rooms.filter((room) => !isThere(`src/core/${room}/`))).toEqual([])
    expect(["src/shell/", "src/api/c104/", "src/api/effect/", "src/api/cli/"].filter((face) => !isThere(face))).toEqual(
      []
    )
  })

  it("change only sources, and no two do the same", () => {
    const changes = patches.map(({ pieces }) => JSON.stringify(pieces))
    expect(new Set(changes).size).toBe(changes.length)
    expect(patches.flatMap(({ pieces }) => pieces.filter(({ file }) => !file.startsWith("src/")))).toEqual([])
  })
})

describe("a patch", () => {
  const patch = (text: string): Patch.Patch => Patch.parse("one", text)
  const apply = (text: string, source: string): ReturnType<typeof Patch.apply> => Patch.apply(patch(text), () => source)

  it("replaces what it looks for, and knows the lines that are others then", () => {
    const text = "It adds.\n@@ src/a.ts\n  const b = 1\n  return b - 1\n@@ instead\n  const b = 1\n  return b + 1\n"
    expect(apply(text, "{\n  const b = 1\n  return b - 1\n}\n")).toEqual([
      { file: "src/a.ts", text: "{\n  const b = 1\n  return b + 1\n}\n", lines: [3] }
    ])
  })

  it("says where it does not fit any more", () => {
    const text = "It adds.\n@@ src/a.ts\nb - 1\n@@ instead\nb + 1\n"
    expect(apply(text, "b - 2")).toBe("what it looks for is not in src/a.ts")
    expect(apply(text, "b - 1, b - 1")).toBe("what it looks for is in src/a.ts more than once")
    expect(apply("It is the same.\n@@ src/a.ts\nb\n@@ instead\nb\n", "b")).toBe(
      "it puts into src/a.ts what stands there"
    )
  })

  it("has to say why it is a fault, and what stands instead", () => {
    expect(() => patch("@@ src/a.ts\nb\n@@ instead\nc\n")).toThrow("one: its first line has to say why it is a fault")
    expect(() => patch("Why.\n")).toThrow("one: it changes nothing")
    expect(() => patch("Why.\n@@ src/a.ts\nb\n")).toThrow("one: nothing is said to stand instead in src/a.ts")
  })
})
