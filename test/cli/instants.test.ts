// The time of a fed value: ISO 8601 with a zone, and nothing else (rule T 4).
import { spawn } from "node:child_process"
import { expect, it, onTestFinished } from "vitest"
import { startClient } from "../support/Stage.ts"
import { scratch } from "./support.ts"

const CONFIG = `listen: { host: 127.0.0.1, port: 0 }
stations: [{ commonAddress: 1, points: [{ address: 5, type: M_ME_TF_1 }] }]
`

const { write } = scratch()

/** Starts the program; what it has written until a condition holds. */
const serve = (file: string) => {
  const child = spawn(process.execPath, ["src/api/cli/main.ts", "serve", file, "--json"], { stdio: "pipe" })
  const ended = new Promise((resolve) => child.on("close", resolve))
  onTestFinished(async () => {
    child.kill("SIGKILL")
    await ended
  })
  let text = ""
  let changed: () => void = () => {}
  const take = (chunk: unknown): void => {
    text += String(chunk)
    changed()
  }
  child.stdout.on("data", take)
  child.stderr.on("data", take)
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(text)) await new Promise<void>((resolve) => (changed = resolve))
    return text
  }
  const feed = (at: unknown): void => {
    child.stdin.write(`${JSON.stringify({ station: 1, address: 5, value: 1, at })}\n`)
  }
  return { until, feed }
}

const none = [
  "5",
  "June 5",
  "2026-06-05",
  "2026-06-05T12:00:00",
  "2026-02-30T12:00:00Z",
  "2026-13-01T12:00:00Z",
  "2026-06-05T24:00:00Z",
  "2026-06-05T12:60:00Z",
  "2026-06-05T12:00:00+25:00",
  "2026-06-05 12:00:00Z",
  "Fri, 05 Jun 2026 12:00:00 GMT",
  " 2026-06-05T12:00:00Z"
]

const same = [
  "2026-06-05T12:00:00Z",
  "2026-06-05T12:00Z",
  "2026-06-05T14:00:00+02:00",
  "2026-06-05T06:30:00.000-0530",
  "2026-06-05T13:00:00,0009+01"
]

it("is refused unless it is ISO 8601 with a zone", { timeout: 20_000 }, async () => {
  const { until, feed } = serve(write("instants.yaml", CONFIG))
  const [, port] = /"port":(\d+)/.exec(await until(/"port":\d+/)) ?? []
  const client = await startClient(Number(port))
  for (const at of none) feed(at)
  const told = await until(new RegExp(`line ${none.length}\\b[^\\n]*\\n`))
  for (const at of none) expect(told).toContain(`${at}\\" is no instant: expected ISO 8601 with a zone`)
  for (const at of same) feed(at)
  const objects: unknown[] = []
  while (objects.length < same.length) objects.push(...((await client.next({ typeId: 36 })).objects ?? []))
  for (const object of objects)
    expect(object).toMatchObject({ time: { year: 26, month: 6, dom: 5, hour: 12, min: 0, ms: 0, iv: false } })
  expect(client.asdus({ typeId: 36 }).flatMap((asdu) => asdu.objects)).toHaveLength(same.length)
})
