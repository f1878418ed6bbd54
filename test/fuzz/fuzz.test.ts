// What failed once under fuzzing, and what is in its corpus, is run again; and whoever fuzzes finds each kind of fault, says what is wrong, and how
// to have it again.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { Random } from "../property/support/Random.ts"
import { mutated } from "./Mutator.ts"
import { shrunk } from "./Shrink.ts"
import * as Store from "./Store.ts"
import { names } from "./targets.ts"

const script = path.join(Store.root, "scripts/fuzz.ts")

interface Ended {
  readonly code: number | null
  readonly out: string
}

const fuzz = (planted: string, ...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, FUZZ_PLANTED: planted }
    const child = spawn(process.execPath, [script, ...args], { env, stdio: ["ignore", "pipe", "pipe"] })
    let out = ""
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        out += text
      })
    child.on("close", (code) => resolve({ code, out }))
  })

const folder = (): string => {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), "iec104-found-"))
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }))
  return made
}

const planted = ["--targets", path.join(Store.root, "test/fuzz/planted.ts")]

it("what failed once, and the corpus, is run again", { timeout: 240_000 }, async () => {
  const { code, out } = await fuzz("none", "--again")
  expect(out).toContain(`${names.length} passed, 0 failed, 0 skipped`)
  expect(code).toBe(0)
})

describe("a fault that is planted is found", () => {
  it.each([
    ["throws", "TypeError: fuzz is too much", "2"],
    ["loops", "it does not end within 2 s", "2"],
    ["quadratic", "blocks, more than", "2"],
    ["memory", "memory", "60"]
  ])("%s", { timeout: 120_000 }, async (fault, said, stuck) => {
    const found = folder()
    const { code, out } = await fuzz(
      fault,
      "planted",
      ...planted,
      "--seconds",
      "100",
      "--seed",
      "1",
      "--stuck",
      stuck,
      "--memory",
      "64",
      "--found",
      found
    )
    expect(out).toContain(said)
    expect(out).toContain("0 passed, 1 failed, 0 skipped")
    expect(code).toBe(1)
    const [file = ""] = fs.readdirSync(found)
    expect(out).toContain(`npm run fuzz -- --again ${path.relative(process.cwd(), path.join(found, file))}`)
    const again = await fuzz(fault, "--again", path.join(found, file), ...planted, "--stuck", stuck, "--memory", "64")
    expect(again.out).toContain(said)
    expect(again.code).toBe(1)
    const mended = await fuzz("none", "--again", path.join(found, file), ...planted)
    expect(mended.out).toContain("1 passed, 0 failed, 0 skipped")
    expect(mended.code).toBe(0)
  })
})

describe("its command", () => {
  it.each([
    [["nothing"], "there is no target nothing"],
    [["--seconds", "soon"], "--seconds is a number from 0, not soon"],
    [["--again", "nowhere-1.txt"], "nowhere-1.txt is for no target"],
    [["--again", "yaml-none.txt"], "no such file"],
    [["--what"], "Unknown option"]
  ])("refuses %j", async (args, said) => {
    const { code, out } = await fuzz("none", ...args)
    expect(out).toContain(said)
    expect(code).toBe(2)
  })

  it("has a help", async () => {
    const { code, out } = await fuzz("none", "--help")
    for (const name of names) expect(out).toContain(name)
    expect(code).toBe(0)
  })
})

describe("inputs", () => {
  it("are made by a seed, and never longer than they may be", () => {
    const some = (seed: number): readonly string[] => {
      const random = new Random(seed)
      const from = Uint8Array.from({ length: 40 }, (_, at) => at)
      const material = { from, others: [from], words: [from], text: true, most: 100 }
      return Array.from({ length: 500 }, () => Buffer.from(mutated(random, material)).toString("hex"))
    }
    expect(some(1)).toEqual(some(1))
    expect(some(1)).not.toEqual(some(2))
    expect(Math.max(...some(1).map(({ length }) => length))).toBe(200)
  })

  it("are made shorter as long as they fail", async () => {
    const fails = (input: Uint8Array) => Promise.resolve(input.includes(7) && input.includes(9))
    const input = Uint8Array.from({ length: 500 }, (_, at) => at & 0xff)
    expect([...(await shrunk(input, fails, 1000, 0))]).toEqual([7, 9])
  })

  it("are read as they were written", () => {
    const dir = folder()
    const file = path.resolve(Store.write(dir, "yaml", Uint8Array.of(0, 255), "Broken: a\n  b", true))
    expect(Store.inputsIn(file)).toEqual([Uint8Array.of(0, 255)])
    expect(Store.targetOf(file)).toBe("yaml")
    expect(fs.readFileSync(file, "utf8")).toContain("# Broken: a\n# b\n")
    const empty = path.resolve(Store.write(dir, "yaml", new Uint8Array(0), "none", false))
    expect(Store.inputsIn(empty)).toEqual([new Uint8Array(0)])
  })
})
