// The real program in a process of its own, as a user meets it: arguments and input in, output and exit code out.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll } from "vitest"

/** A folder for the files of a test, removed behind it. */
export const scratch = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "iec104-"))
  afterAll(() => fs.rmSync(folder, { recursive: true }))
  const within = (name: string): string => path.join(folder, name)
  const write = (name: string, text: string): string => {
    fs.writeFileSync(within(name), text)
    return within(name)
  }
  return { within, write }
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Starts the program with pipes, with as much memory for its objects as is given (in MiB). */
export const start = (args: ReadonlyArray<string>, heapMiB = 512) =>
  spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, "src/api/cli/main.ts", ...args], { stdio: "pipe" })

type Child = ReturnType<typeof start>

/** The end of a program; `out` sees its output in chunks. */
const ended = (child: Child, out: (chunk: string) => void): Promise<Omit<Ended, "out">> =>
  new Promise((resolve, reject) => {
    let err = ""
    child.stdout.setEncoding("utf8").on("data", out)
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, err }))
  })

/** Runs the program to its end. */
export const iec104 = async (args: ReadonlyArray<string>, input = ""): Promise<Ended> => {
  const child = start(args)
  let out = ""
  child.stdin.end(input)
  const { code, err } = await ended(child, (chunk) => (out += chunk))
  return { code, out, err }
}

/** The lines of an output. */
export const linesOf = (out: string): ReadonlyArray<string> => out.split("\n").slice(0, -1)

/**
 * Runs the program on one line `times` times, with little memory, and counts its answers. It starts in 24 MiB; one that kept the
 * 30 MB of 100,000 answers came to 76,000 of them.
 */
export const countAnswers = async (args: ReadonlyArray<string>, line: string, times: number) => {
  const child = start(args, 48)
  let answers = 0
  child.stdin.end(`${line}\n`.repeat(times))
  const { code, err } = await ended(child, (chunk) => (answers += chunk.split("\n").length - 1))
  return { code, err, answers }
}

/** Runs the program on one line `times` times for a reader that closes after the first answers. */
export const closeEarly = (args: ReadonlyArray<string>, line: string, times: number): Promise<Omit<Ended, "out">> => {
  const child = start(args)
  // the program ends before it has read everything
  child.stdin.on("error", () => child.stdin.destroy())
  child.stdin.end(`${line}\n`.repeat(times))
  return ended(child, () => child.stdout.destroy())
}

/** Gives the program one line and waits for its first answer before the input ends. */
export const askOne = async (args: ReadonlyArray<string>, line: string): Promise<string> => {
  const child = start(args)
  child.stdin.write(`${line}\n`)
  const end = new Promise<string>((resolve) => child.on("close", () => resolve("no answer")))
  const answer = new Promise<string>((resolve) => child.stdout.once("data", (chunk) => resolve(String(chunk))))
  const first = await Promise.race([answer, end])
  child.stdin.end()
  await end
  return first
}

interface Vector {
  readonly hex: string
  readonly fields: { readonly params?: { readonly [size: string]: number } }
}

/** All known frames; `fits` unless the address fields have other sizes than 60870-5-104 gives them. */
export const vectors: ReadonlyArray<Vector & { readonly fits: boolean }> = JSON.parse(
  fs.readFileSync("test/vectors/vectors.json", "utf8")
).map(({ hex, fields }: Vector) => {
  const { sizeOfCOT = 2, sizeOfCA = 2, sizeOfIOA = 3 } = fields.params ?? {}
  return { hex, fields, fits: sizeOfCOT === 2 && sizeOfCA === 2 && sizeOfIOA === 3 }
})
