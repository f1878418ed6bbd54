// A copy of the working tree in which faults are planted and tests run: the tree itself is never touched. What is installed is shared.
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Faulty } from "./Patch.ts"

/** What became of tests that ran one after the other, up to the first that failed. */
export interface Ran {
  /** The file that failed, null where all passed; its tests that did, or what was wrong with it as a whole. */
  readonly failed: string | null
  readonly names: readonly string[]
  /** Of each file that ended, how long it took. */
  readonly tookMs: ReadonlyMap<string, number>
}

interface Said {
  readonly begins?: string
  readonly ends?: string
  readonly failed?: readonly string[]
  readonly tookMs?: number
  readonly broken?: readonly string[]
}

/** How often is looked what the tests say. */
const LOOK_MS = 250

export class Tree {
  readonly folder: string
  private readonly root: string
  private readonly says: string
  private readonly tests: string
  private planted: readonly string[] = []
  private running: number | null = null

  constructor(root: string) {
    this.root = root
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "iec104-mutants-"))
    this.says = path.join(this.folder, ".says")
    this.tests = path.join(this.folder, ".tests")
    const listed = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    for (const file of listed.split("\0")) {
      const from = path.join(root, file)
      if (file === "" || !fs.existsSync(from)) continue
      const to = path.join(this.folder, file)
      fs.mkdirSync(path.dirname(to), { recursive: true })
      fs.copyFileSync(from, to)
    }
    fs.symlinkSync(fs.realpathSync(path.join(root, "node_modules")), path.join(this.folder, "node_modules"))
  }

  plant(files: readonly Faulty[]): void {
    for (const { file, text } of files) fs.writeFileSync(path.join(this.folder, file), text)
    this.planted = files.map(({ file }) => file)
  }

  /** Puts back what was sound. */
  heal(): void {
    for (const file of this.planted) fs.copyFileSync(path.join(this.root, file), path.join(this.folder, file))
    this.planted = []
  }

  /**
   * Runs test files in this order until one fails; one that says nothing for `patienceMs` has failed. With `map` none stops the others,
   * and the lines that each enters are noted in that folder.
   */
  async run(
    files: readonly string[],
    patienceMs: number,
    map: string | null,
    ended: () => void = () => {}
  ): Promise<Ran> {
    const { folder } = this
    fs.writeFileSync(this.tests, JSON.stringify(files))
    fs.writeFileSync(this.says, "")
    const vitest = path.join(folder, "node_modules/vitest/vitest.mjs")
    const env = {
      ...process.env,
      MUTANTS_TESTS: this.tests,
      MUTANTS_SAYS: this.says,
      ...(map === null ? {} : { MUTANTS_MAP: map })
    }
    const args = [vitest, "run", "--config", "scripts/mutants/vitest.config.ts"]
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: "ignore", detached: true })
    this.running = child.pid ?? null
    let code: number | null | undefined
    const exit = new Promise<void>((resolve) => {
      child.once("exit", (status) => {
        code = status
        resolve()
      })
    })
    let read = 0
    let heardMs = Date.now()
    let present: string | null = null
    let [failed, names]: [string | null, readonly string[]] = [null, []]
    const tookMs = new Map<string, number>()
    const hear = (): void => {
      const text = fs.readFileSync(this.says, "utf8")
      const whole = text.lastIndexOf("\n") + 1
      for (const line of text.slice(read, whole).split("\n")) {
        if (line === "") continue
        heardMs = Date.now()
        const said = JSON.parse(line) as Said
        if (said.begins !== undefined) present = said.begins
        if (said.ends !== undefined) {
          tookMs.set(said.ends, said.tookMs ?? 0)
          ended()
          if (failed === null && (said.failed ?? []).length > 0) [failed, names] = [said.ends, said.failed ?? []]
        }
        if (said.broken !== undefined && failed === null) [failed, names] = [present, said.broken]
      }
      read = whole
    }
    while (code === undefined) {
      await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, LOOK_MS))])
      hear()
      if (code === undefined && failed !== null && map === null) this.kill()
      if (code === undefined && Date.now() - heardMs > patienceMs) {
        this.kill()
        if (failed === null) [failed, names] = [present ?? "vitest", [`said nothing for ${patienceMs / 1000} s`]]
      }
    }
    this.kill()
    if (failed === null && code !== 0 && map === null) [failed, names] = [present ?? "vitest", [`ended with ${code}`]]
    return { failed, names, tookMs }
  }

  /** Ends what runs here, with all that it has started. */
  private kill(): void {
    if (this.running === null) return
    try {
      process.kill(-this.running, "SIGKILL")
    } catch {
      // All of it has ended.
    }
  }

  remove(): void {
    this.kill()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}
