// An accepted reset of the process (C_RP_NA_1 with QRP 1): from then on requests are refused; when the confirmation was
// acknowledged, or after a second, every connection ends by FIN, and is read until its client has closed.
import { describe, expect, it } from "vitest"
import { type ReceiveCallback, ResponseState, Type } from "../../../src/api/c104/index.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const RESET = { typeId: 105, cot: 6, ca: 1, objects: [{ ioa: 0, qrp: 1 }] }
const TESTFR = Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)

const given = async (callback: ReceiveCallback<typeof Type.C_SC_NA_1> = () => SUCCESS) => {
  const stage = await startServer()
  let asked = 0
  stage.station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive((...all) => {
    asked++
    return callback(...all)
  })
  stage.server.onReset(() => SUCCESS)
  return { ...stage, asked: () => asked }
}

const answers = (client: RawClient): unknown[] =>
  client.asdus().map(({ typeId, cot, negative }) => `${typeId}/${cot}${negative ? "-" : ""}`)

describe("after a reset was accepted", () => {
  it("a command is refused, whoever sends it and however soon, and nothing is begun", async () => {
    const { server, asked } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port)
    client.send(
      Buffer.concat([client.i(RESET), client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] })])
    )
    await client.until(() => client.iFrames === 2)
    other.command(Type.C_SC_NA_1, 10, { scs: true })
    await other.next({ typeId: 45 })
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 3)
    expect([answers(client), answers(other), asked()]).toEqual([["105/7", "45/7-", "105/7-"], ["45/7-"], 0])
    client.acknowledge()
    expect(await Promise.all([client.ended, other.ended])).toEqual(["fin", "fin"])
  })

  it("a command that waits for another is refused", async () => {
    const first = deferred<ResponseState>()
    const { server, asked } = await given(() => first.promise)
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port)
    for (let i = 0; i < 2; i++) other.command(Type.C_SC_NA_1, 10, { scs: true })
    await other.testfr()
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    await other.testfr()
    expect([answers(client), answers(other), asked()]).toEqual([["105/7"], ["45/7-"], 1])
  })

  it("connections end at once when the confirmation is acknowledged, and tell why", async () => {
    const { server, events } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    const startMs = performance.now()
    client.acknowledge()
    expect(await client.ended).toBe("fin")
    expect(performance.now() - startMs).toBeLessThan(900)
    expect(await events.next("closed")).toMatchObject({ reason: "LOCAL", why: "the process was reset" })
    const again = await startClient(server.port)
    again.command(Type.C_SC_NA_1, 10, { scs: true })
    expect(await again.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: false })
  })

  it("a client that never acknowledges, and goes on sending, gets the confirmation and the end", async () => {
    const { server } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    client.stopReading()
    client.send(client.i(RESET))
    // Node reads what has come; what the kernel holds beyond that would be lost with a reset.
    const busy = setInterval(() => client.send(Buffer.alloc(600, TESTFR)), 2)
    await wait(1250)
    client.socket.resume()
    expect(await client.ended).toBe("fin")
    clearInterval(busy)
    expect(answers(client)).toEqual(["105/7"])
  })

  it("a client that goes without acknowledging ends the others' connections too", async () => {
    const { server } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port)
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    client.close()
    expect(await other.ended).toBe("fin")
  })
})

it("the answers in front of a bad frame reach a client that has sent more than is read", async () => {
  const { server } = await given()
  const client = await startClient(server.port)
  client.stopReading()
  client.send(
    Buffer.concat([
      client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] }),
      Uint8Array.of(0x68, 4, 0x03, 0, 0, 0),
      Buffer.alloc(300_000, TESTFR)
    ])
  )
  await wait(150)
  client.socket.resume()
  expect(await client.ended).toBe("fin")
  expect(answers(client)).toEqual(["45/7", "45/10"])
})
