// `npm run walk`: which files of src a command and a published value enter between socket and socket, by V8's own coverage. Compares
// them with the lists in docs/ARCHITECTURE.md, where it has them, and ends with 1 where those say something else, or where
// they are more than a reader can hold.

import * as fs from "node:fs"
import * as inspector from "node:inspector/promises"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { CommandMode, Cot, ResponseState, Server, Type } from "../src/api/c104/index.ts"
import { RawClient } from "../test/support/RawClient.ts"

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")
const document = path.join(root, "docs/ARCHITECTURE.md")
const src = pathToFileURL(path.join(root, "src")).href

const session = new inspector.Session()
session.connect()

/** The functions of src that ran since this was asked last, by file. */
async function entered(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { result } = await session.post("Profiler.takePreciseCoverage")
  const files = new Map<string, Set<string>>()
  for (const { url, functions } of result) {
    if (!url.startsWith(src)) continue
    const ran = functions.filter(({ ranges: [whole] }) => (whole?.count ?? 0) > 0)
    const names = ran.map(({ functionName, ranges: [whole] }) => `${functionName} ${whole?.startOffset}`)
    if (names.length > 0) files.set(url.slice(src.length - "src".length), new Set(names))
  }
  return files
}

const server = new Server({ ip: "127.0.0.1", port: 0, profile: "iec", selectTimeoutMs: 10_000 })
const station = server.addStation(1)
const shown = station?.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
const measured = station?.addPoint({ ioAddress: 30, type: Type.M_ME_NC_1 })
const command = station?.addPoint({
  ioAddress: 10,
  type: Type.C_SC_NA_1,
  commandMode: CommandMode.SELECT_AND_EXECUTE,
  relatedIoAddress: 20,
  relatedIoAutoreturn: true
})
if (shown == null || measured == null || command == null) throw new Error("a new station has room for three points")
command.onReceive((_point, _previous, message) => {
  shown.value = message.info?.value === true
  return ResponseState.SUCCESS
})
await server.start()
const client = await RawClient.connect(server.port)
await client.startdt()

const until = (frames: number): Promise<unknown> => client.until(() => client.iFrames >= frames)

/** The walks, each from an octet that comes, or a value, to the last octet that leaves. */
const walks = {
  "one command": {
    most: 14,
    walk: async () => {
      const before = client.iFrames
      client.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
      await until(before + 1)
      client.command(Type.C_SC_NA_1, 10, { scs: true, select: false })
      await until(before + 4)
    }
  },
  "one value": {
    most: 9,
    walk: async () => {
      const before = client.iFrames
      measured.value = before + 0.5
      measured.transmit(Cot.SPONTANEOUS)
      await until(before + 1)
    }
  }
} as const

/** What runs by the clock alone is on no walk. */
const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300))

/** The client of this program is the server's own codec. */
const ofClient = /^src\/core\/wire\/(Fields|Element|Bits|Hex|Quality|Explain|Cause)\.ts$/

/** The files that a walk enters, by the floors from below. */
async function filesOf(walk: () => Promise<void>): Promise<readonly string[]> {
  // What is only done once is done, and what waits for later is over.
  for (let i = 0; i < 3; i++) await walk()
  await idle()
  await entered()
  await idle()
  const clock = await entered()
  await walk()
  const files: string[] = []
  for (const [file, functions] of await entered()) {
    const byClock = clock.get(file)
    if (!ofClient.test(file) && [...functions].some((name) => byClock?.has(name) !== true)) files.push(file)
  }
  return files.sort()
}

/** The files that the document says, between the marks of a walk; null when it says none. */
function documented(name: string): readonly string[] | null {
  const text = fs.readFileSync(document, "utf8")
  const [, list] = text.split(`<!-- walk: ${name} -->`)
  if (list === undefined) return null
  const [own = ""] = list.split("<!-- end -->")
  return [...own.matchAll(/`(src\/[^`]+\.ts)`/g)].map(([, file]) => file as string).sort()
}

await session.post("Profiler.enable")
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
let failed = false
for (const [name, { most, walk }] of Object.entries(walks)) {
  const files = await filesOf(walk)
  const said = documented(name)
  console.log(`${name}: ${files.length} files, at most ${most} are wanted`)
  const unsaid = said === null ? [] : files.filter((file) => !said.includes(file))
  const gone = said === null ? [] : said.filter((file) => !files.includes(file))
  for (const file of files) console.log(`  ${file}${unsaid.includes(file) ? "   (not in docs/ARCHITECTURE.md)" : ""}`)
  for (const file of gone) console.log(`  not entered, but in docs/ARCHITECTURE.md: ${file}`)
  if (unsaid.length + gone.length > 0 || files.length > most) failed = true
}
await session.post("Profiler.stopPreciseCoverage")
client.close()
await server.stop()
process.exitCode = failed ? 1 : 0
