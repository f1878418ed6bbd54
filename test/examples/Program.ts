// An example as a process of its own, on the sources and a free port; what it prints can be waited for.
import { spawn } from "node:child_process"
import { onTestFinished } from "vitest"
import { type ClientOptions, RawClient } from "../support/RawClient.ts"

const WAIT_MS = 10_000

export class Program {
  readonly port: number
  readonly #child: ReturnType<typeof spawn>
  readonly #lines: string[]
  readonly #waiters: Set<() => void>

  private constructor(child: ReturnType<typeof spawn>, lines: string[], waiters: Set<() => void>, port: number) {
    this.#child = child
    this.#lines = lines
    this.#waiters = waiters
    this.port = port
  }

  /** Starts examples/NAME.ts; rejects unless the first line says where it listens. Killed when the test is over. */
  static start(name: string, ...args: readonly string[]): Promise<Program> {
    const child = spawn(
      process.execPath,
      ["--import", "./test/examples/source.mjs", `examples/${name}.ts`, "0", ...args],
      { stdio: ["ignore", "pipe", "pipe"] }
    )
    onTestFinished(() => {
      child.kill("SIGKILL")
    })
    const lines: string[] = []
    const waiters = new Set<() => void>()
    return new Promise((resolve, reject) => {
      let rest = ""
      let noise = ""
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        noise += text
      })
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        const parts = (rest + text).split("\n")
        rest = parts.pop() ?? ""
        for (const line of parts) {
          if (lines.push(line) > 1) continue
          const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
          if (port === undefined) reject(new Error(`${name} begins with: ${line}`))
          else resolve(new Program(child, lines, waiters, Number(port)))
        }
        for (const wake of waiters) wake()
      })
      child.on("close", (code) => {
        reject(new Error(`${name} ended with ${code}: ${noise}`))
        for (const wake of waiters) wake()
      })
    })
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** A connected client, started unless it should not be. */
  async client(options: ClientOptions & { readonly started?: boolean } = {}): Promise<RawClient> {
    const client = await RawClient.connect(this.port, options)
    onTestFinished(() => {
      client.socket.destroy()
    })
    if (options.started !== false) await client.startdt()
    return client
  }

  /** The first line that matches, waited for. */
  async says(pattern: RegExp): Promise<string> {
    const untilMs = performance.now() + WAIT_MS
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line))
      if (found !== undefined) return found
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0 || this.#child.exitCode !== null)
        throw new Error(`${pattern} was not said, but:\n${this.#lines.join("\n")}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        const wake = (): void => {
          clearTimeout(timer)
          this.#waiters.delete(wake)
          resolve()
        }
        this.#waiters.add(wake)
      })
    }
  }

  /** Stops it as Ctrl-C does; its exit code. */
  stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return Promise.resolve(this.#child.exitCode)
    const ended = new Promise<number | null>((resolve) => this.#child.once("close", resolve))
    this.#child.kill("SIGINT")
    return ended
  }
}
