// The lines of a text that arrives in chunks, in bounded memory: a line that is too long is not kept.
import * as fs from "node:fs"

/** What standard input is, as far as the system says. */
export function kind(): fs.Stats | null {
  try {
    return fs.fstatSync(process.stdin.fd)
  } catch {
    return null
  }
}

/** Standard input in chunks. Throws for a directory, which Node reads as if it were empty. */
export function standardInput(): AsyncIterable<string> {
  if (kind()?.isDirectory() === true) throw new Error("it is a directory")
  return process.stdin.setEncoding("utf8") as AsyncIterable<string>
}

/** Longest line in characters: a capture of some hours may come as one. */
const LINE_MAX = 4_194_304

/** What is wrong with a line before it is looked at, or null. */
export const tooLong = (text: string): string | null =>
  text.length > LINE_MAX ? `a line of more than ${LINE_MAX} characters` : null

/** At each chunk the lines that it completes, in the end what is left. */
export async function* completed(chunks: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let rest = ""
  for await (const chunk of chunks) {
    if (chunk.includes("\n")) {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop() ?? ""
      yield lines
    } else if (rest.length <= LINE_MAX) rest += chunk
  }
  if (rest !== "") yield [rest]
}
