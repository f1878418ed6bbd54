// `npm run replay TAPE`: plays what `iec104 serve FILE --record TAPE` has recorded into a fresh server, prints the hashes of the
// octets and of the facts of each connection, and whether they are those that were recorded. Ends with 1 where they are not, or the tape cannot
// be read.
import { replay } from "../src/shell/tape/Replay.ts"

/** Of a hash is shown so much. */
const SHOWN = 16
/** Connections that are printed. */
const LINES = 50

const [file, ...others] = process.argv.slice(2)
if (file === undefined || others.length > 0) {
  process.stderr.write("Use: npm run replay TAPE\n")
  process.exit(2)
}

const out = (line: string): void => void process.stdout.write(`${line}\n`)

try {
  const beganMs = performance.now()
  const { head, now, before, records, cut, difference } = await replay(file)
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  out(`${file}: ${head.file}, recorded ${head.began} by version ${head.program} on Node ${head.node}`)
  for (const { line, peer, octets, octetsHash, facts, factsHash } of now.slice(0, LINES)) {
    const name = line < 0 ? peer : line === 0 ? "no connection" : `connection ${line} (${peer})`
    out(`${name}: ${octets} octets ${octetsHash.slice(0, SHOWN)}, ${facts} facts ${factsHash.slice(0, SHOWN)}`)
  }
  if (now.length > LINES) out(`... and ${now.length - LINES} more`)
  const length = `${records} records in ${seconds} s`
  if (difference !== null) {
    out(`different at record ${difference.record}: ${difference.what}`)
    process.exitCode = 1
  } else if (before === null)
    out(`equal as far as it goes: ${length}; the tape was cut, with ${cut} octets that are not whole`)
  else out(`equal: ${length}`)
} catch (cause) {
  process.stderr.write(`replay: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 1
}
