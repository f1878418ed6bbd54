// `iec104 serve` in a process of its own, with its output as lines that can be waited for.
import { type ChildProcess, spawn } from "node:child_process"
import { onTestFinished } from "vitest"

const WAIT_MS = 10_000

/** The program in its own process, with its output as lines that can be waited for. */
export class Program {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  out = ""
  err = ""
  private waiters: (() => void)[] = []

  /** Starts it with arguments; its input is a pipe, or a file that is open under a number. */
  constructor(...args: readonly (string | number)[]) {
    const [input = "pipe"] = args.filter((arg) => typeof arg === "number")
    const texts = args.filter((arg) => typeof arg === "string")
    this.child = spawn(process.execPath, ["src/api/cli/main.ts", "serve", ...texts], { stdio: [input, "pipe", "pipe"] })
    this.child.stdout?.on("data", (chunk) => this.took(() => (this.out += String(chunk))))
    this.child.stderr?.on("data", (chunk) => this.took(() => (this.err += String(chunk))))
    this.ended = new Promise((resolve) =>
      this.child.on("close", (code) => {
        this.took(() => {})
        resolve(code)
      })
    )
    onTestFinished(async () => {
      this.child.kill("SIGKILL")
      await this.ended
    })
  }

  private took(keep: () => void): void {
    keep()
    const { waiters } = this
    this.waiters = []
    for (const wake of waiters) wake()
  }

  get lines(): readonly string[] {
    return this.out.split("\n").slice(0, -1)
  }

  /** The first line of standard output that matches, waited for. */
  async line(pattern: RegExp): Promise<string> {
    const untilMs = performance.now() + WAIT_MS
    for (;;) {
      const found = this.lines.find((text) => pattern.test(text))
      if (found !== undefined) return found
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0 || this.child.exitCode !== null) throw new Error(`no ${pattern} in:\n${this.out}${this.err}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  get records(): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>)
  }

  async record(event: string): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse(await this.line(new RegExp(`^\\{"event":"${event}"`))) as Readonly<Record<string, unknown>>
  }

  async port(): Promise<number> {
    return Number((await this.record("ready")).port)
  }
}
