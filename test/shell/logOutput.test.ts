// The log of a server whose standard output nobody reads: a client that causes lines without end costs no memory without
// end, and how many lines are missing is said where they are.
import { spawn } from "node:child_process"
import { expect, it, onTestFinished } from "vitest"
import { startClient } from "../support/Stage.ts"

const PROGRAM = `
import { Server } from "./src/api/c104/index.ts"
const server = new Server({ ip: "127.0.0.1", port: 0, logLevel: "info" })
server.addStation(1).addPoint({ ioAddress: 9, type: 45 }).onReceive(() => 1)
await server.start()
process.stderr.write(String(server.port))
`
const COMMANDS = 20_000

it("is dropped beyond a bound, and counted where it is missing", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], { stdio: "pipe" })
  onTestFinished(() => void child.kill("SIGKILL"))
  const port = await new Promise<number>((resolve) => child.stderr.once("data", (text) => resolve(Number(text))))
  const client = await startClient(port, { keep: false })
  let sent = 0
  const operate = async (times: number): Promise<void> => {
    for (const until = sent + times; sent < until; ) {
      client.command(45, 9, { scs: true })
      // Each is confirmed and terminated.
      if (++sent % 50 === 0 || sent === until) await client.until(() => client.iFrames === 2 * sent)
    }
  }
  await operate(COMMANDS)
  let out = ""
  child.stdout.on("data", (chunk) => {
    out += String(chunk)
  })
  const written = (): number => out.split("C_SC_NA_1 1/9 = 1: success").length - 1
  await expect.poll(written, { timeout: 5000 }).toBeGreaterThan(0)
  // It is said when the reader goes on, also where no line follows.
  await expect.poll(() => out, { timeout: 5000 }).toContain("lines of the log are missing here")
  const lost = Number(/(\d+) lines of the log/.exec(out)?.[1])
  await expect.poll(written, { timeout: 5000 }).toBe(COMMANDS - lost)
  expect(lost).toBeGreaterThan(0)
})
