// `iec104 serve --json` on a terminal: one that is held (Ctrl-S) or that nobody reads holds no client up, and one that goes ends
// the server cleanly, whatever was still to be shown.
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { expect, it, onTestFinished } from "vitest"
import { startClient } from "../support/Stage.ts"
import { scratch } from "./support.ts"

const { within, write } = scratch()

/** Node has no terminals; this program of util-linux is one. */
const hasTerminal = spawnSync("script", ["--version"]).stdout?.includes("util-linux") === true

/** The port of a server that runs on a terminal. */
const portOf = (terminal: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let shown = ""
    terminal.stdout?.on("data", (chunk) => {
      shown += String(chunk)
      const [, port] = /"event":"ready".*"port":(\d+)/.exec(shown) ?? []
      if (port !== undefined) resolve(Number(port))
    })
    terminal.on("close", () => reject(new Error(`the server did not begin: ${shown}`)))
  })

it.skipIf(!hasTerminal)(
  "a terminal that nobody reads holds no client up, and the server ends cleanly with it",
  async () => {
    const file = write("a.yaml", "stations: [{ commonAddress: 47, points: [{ address: 11, type: M_SP_NA_1 }] }]\n")
    const [told, code] = [within("told"), within("code")]
    const serve = `${process.execPath} src/api/cli/main.ts serve ${file} --listen 127.0.0.1:0 --json`
    // The shell outlives its terminal to say how the server ended.
    const line = `trap : HUP; ${serve} 2> ${told}; echo $? > ${code}`
    const terminal = spawn("script", ["-qfc", line, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] })
    onTestFinished(() => void terminal.kill("SIGKILL"))
    const client = await startClient(await portOf(terminal), { keep: false })
    terminal.kill("SIGSTOP")
    // Each of them is shown: many times what waits in a terminal.
    for (let i = 0; i < 1000; i++) client.interrogate(9)
    await client.until(() => client.iFrames === 1000)
    await client.testfr()
    terminal.kill("SIGKILL")
    expect(await client.ended).toBe("fin")
    await expect.poll(() => fs.existsSync(code) && fs.readFileSync(code, "utf8"), { timeout: 5000 }).toBe("0\n")
    // Where the signal comes first, there is nobody to be told.
    expect(fs.readFileSync(told, "utf8")).toMatch(
      /^(iec104: stopped, standard output is closed: its terminal has gone\n)?$/
    )
  },
  20_000
)
