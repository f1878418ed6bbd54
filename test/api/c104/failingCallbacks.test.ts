// Callbacks that fail when nobody waits for them: `async` functions where a plain one is called. The server goes on (a
// rejection that nobody handles fails the test), and who asks is told what failed.
import { setTimeout as delay } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { Cot, type Server } from "../../../src/api/c104/index.ts"
import { makeServer, record, startClient, switchedBy } from "../../support/Stage.ts"

const fail = async (): Promise<never> => {
  await delay(1)
  throw new Error("the disk is full")
}

describe("a callback that nobody waits for and that rejects", () => {
  it.each<[string, (server: Server) => void, RegExp]>([
    ["observe", (server) => server.observe(({ event }) => (event === "started" ? fail() : undefined)), /of started/],
    ["onReceiveRaw", (server) => server.onReceiveRaw(fail), /^onReceiveRaw of 127/],
    ["onSendRaw", (server) => server.onSendRaw(fail), /^onSendRaw of 127/],
    ["onUnexpectedMessage", (server) => server.onUnexpectedMessage(fail), /of rejected/],
    ["onDisconnect", (server) => server.onDisconnect(fail), /of closed/]
  ])("%s: the failure is told, and the server goes on", async (_, register, subject) => {
    const server = makeServer()
    server.addStation(1)
    register(server)
    const events = record(server)
    await server.start()
    const first = await startClient(server.port)
    first.interrogate(9)
    await first.next({ cot: 46 })
    first.close()
    const { error } = await events.next("error")
    expect(error).toMatchObject({ code: "CALLBACK_FAILED", message: expect.stringMatching(subject) })
    expect(error.message).toMatch(/ failed: the disk is full$/)
    expect(await (await startClient(server.port)).answers()).toBe(true)
  })

  it("logWriter: the failure is told to observers, also at the end of a flood", async () => {
    const server = makeServer({ logLevel: "debug", logWriter: fail })
    server.addStation(1)
    const events = record(server)
    await server.start()
    const client = await startClient(server.port)
    for (let request = 0; request < 3; request++) client.interrogate(9)
    await client.until(() => client.iFrames === 3)
    await server.stop()
    const told = () => events.of("error").filter(({ error: { message } }) => message.startsWith("observer of rejected"))
    await expect.poll(told).toHaveLength(2)
  })

  it.each([
    ["throws", () => expect.unreachable("always")],
    ["rejects", fail]
  ])("onError that %s: the log is told of both", async (_, onError) => {
    const lines: string[] = []
    const refuse = (): never => {
      throw new Error("interlocked")
    }
    const { server, client, operate } = await switchedBy(refuse, { logWriter: (_, line) => lines.push(line) })
    server.onError(onError)
    operate()
    expect((await client.next({ cot: Cot.ACTIVATION_CON })).negative).toBe(true)
    await expect.poll(() => lines.filter((line) => line.includes("failed"))).toHaveLength(2)
    expect(lines[0]).toBe("onReceive of C_SC_NA_1 10 of station 1 failed: interlocked")
    expect(lines[1]).toMatch(/^observer of error failed: /)
  })
})
