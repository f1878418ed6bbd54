// What the project has for other tests, as inputs: frames of the vectors, requests of the conformance transcripts, configurations.
import * as fs from "node:fs"
import * as path from "node:path"
import * as Frames from "../property/support/Frames.ts"
import { root } from "./Store.ts"

/** The whole APDUs of the vectors. */
export function vectors(): readonly Uint8Array[] {
  const rows = JSON.parse(fs.readFileSync(path.join(root, "test/vectors/vectors.json"), "utf8")) as readonly {
    readonly hex: string
  }[]
  return rows.map(({ hex }) => Frames.octetsOf(hex))
}

/** What a client says in a run: an ASDU, or the octets of something else. */
export type Said = { readonly asdu: Uint8Array } | { readonly octets: Uint8Array }

const functions: Readonly<Record<string, number>> = {
  "STARTDT act": Frames.U.startdt,
  "STOPDT act": Frames.U.stopdt,
  "TESTFR act": Frames.U.testfr,
  "TESTFR con": Frames.U.testfrCon
}

const isOctets = (text: string): boolean => /^(?:[0-9A-F]{2} ?)+$/i.test(text)

function saidOf(text: string): Said | null {
  if (text === "S") return { octets: Frames.s(0) }
  const code = functions[text]
  if (code !== undefined) return { octets: Frames.u(code) }
  const [, asdu = ""] = /^I \| (.*)$/.exec(text) ?? []
  if (isOctets(asdu)) return { asdu: Frames.octetsOf(asdu) }
  return isOctets(text) ? { octets: Frames.octetsOf(text) } : null
}

/** What clients say in the runs of the transcripts, where it stands there as it is. */
export function transcripts(): readonly (readonly Said[])[] {
  const folder = path.join(root, "test/conformance/transcripts")
  const runs: Said[][] = []
  for (const file of fs.readdirSync(folder).sort()) {
    let run: Said[] = []
    for (const line of fs.readFileSync(path.join(folder, file), "utf8").split("\n")) {
      if (/^(==|--)/.test(line)) {
        if (run.length > 0) runs.push(run)
        run = []
      }
      const [, text] = /^ *\S* *[a-z]*> +(.*?)\s*$/.exec(line) ?? []
      for (const part of text?.split(" + ") ?? []) {
        const said = saidOf(part)
        if (said !== null) run.push(said)
      }
    }
    if (run.length > 0) runs.push(run)
  }
  return runs
}

/** The texts of the configurations of examples and tests. */
export const configurations = (): readonly string[] =>
  ["examples/substation.yaml", "test/conformance/stations.yaml", "test/interop/stations.yaml"].map((file) =>
    fs.readFileSync(path.join(root, file), "utf8")
  )
