// Strings of a peer are shown without what they would do to a terminal or a reader: controls and marks that turn text
// round are escaped, and their length is bounded, wherever they come up.
import { expect, it } from "vitest"
import { Program } from "../cli/Program.ts"
import { iec104, scratch } from "../cli/support.ts"
import { isServed, security, startSecure } from "../support/certificates.ts"
import { startServer } from "../support/Stage.ts"

const { write } = scratch()

/** The certificate `strange`: a name with commands for a terminal, marks that turn text round, and 40 units. */
const SHOWN = "CN=a\\u{9b}2Jb\\u{202e}c\\u{2066}d\\u{85}e, OU=uuu"
const LONGEST = 700

/** Anything that is not seen where it stands. */
const ACTS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

const isHarmless = (text: string): void => {
  expect(text.length).toBeLessThan(LONGEST)
  expect(text).not.toMatch(ACTS)
}

it("of a certificate that nobody trusts: in the event and in the log", async () => {
  const lines: string[] = []
  const { server, events } = await startServer({
    transportSecurity: security(),
    logWriter: (_level, line) => lines.push(line)
  })
  expect(await isServed(server.port, "strange")).toBe(false)
  const { why } = await events.next("refused")
  expect(why).toContain(`the client's certificate (${SHOWN}`)
  expect(why).toMatch(/\.\.\. \(\d+ characters\)\) is signed by itself/)
  expect(lines).toEqual([expect.stringContaining(SHOWN)])
  for (const text of [why, ...lines]) isHarmless(text)
})

it("of a certificate that is let in: on its connection", async () => {
  const transportSecurity = security({ validate: false, onlyKnown: true, allowed: ["strange"] })
  const { server } = await startServer({ transportSecurity })
  await startSecure(server.port, "strange")
  const certificate = server.connections[0]?.certificate
  for (const name of [certificate?.subject ?? "", certificate?.issuer ?? ""]) {
    expect(name.startsWith(SHOWN)).toBe(true)
    isHarmless(name)
  }
})

it("of whoever feeds lines: in JSON and on standard error", async () => {
  const line = `{"station":1,"address":1,"type":"\u009b2J\u202e${"x".repeat(10_000)}"}\n`
  const told = /there is no type \\u\{9b\}2J\\u\{202e\}xxx.*\.\.\. \(\d+ characters\)/
  const config = `listen: { host: 127.0.0.1, port: 0 }
stations: [{ commonAddress: 1, points: [{ address: 1, type: M_SP_NA_1 }] }]
`
  const json = new Program(write("strange.yaml", config), "--json")
  json.child.stdin?.write(line)
  const { message } = await json.record("error")
  expect(message).toMatch(told)
  isHarmless(await json.line(/"error"/))
  const { err } = await iec104(["compose"], `{"typeId":45,"\u009b2J\u202e":1}\n`)
  isHarmless(err.trimEnd())
})
