// No change to what the public entries declare goes unseen: test/surface/*.d.txt has it, and is compared here.
import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"

const compare = (folder: string): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ["scripts/surface.mjs", "--check", "--folder", folder], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    )
  })

it("the surface is the one that was agreed to", async () => {
  expect(await compare("test/surface")).toEqual({ code: 0, output: "" })
})

it("a change is told, with its place", async () => {
  const folder = mkdtempSync(join(tmpdir(), "surface-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync("test/surface", folder, { recursive: true })
  const file = join(folder, "iec104.d.txt")
  writeFileSync(file, readFileSync(file, "utf8").replace("stop(): Promise<void>;", "stop(): void;"))
  const { code, output } = await compare(folder)
  expect(code).toBe(1)
  expect(output).toContain("-     stop(): void;\n+     stop(): Promise<void>;")
})
