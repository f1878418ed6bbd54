// How octets come from sockets: into one buffer that all connections share, or into one each read. Either way every
// connection gets what was meant for it, however its frames were cut.
import type * as Net from "node:net"
import { describe, expect, it } from "vitest"
import type { PartialOptions } from "../../src/shell/Options.ts"
import { connect, startClient, startHost } from "../support/Stage.ts"

const TESTFR_ACT = Buffer.from("680443000000", "hex")
const STARTDT_ACT = Buffer.from("680407000000", "hex")
const CLIENTS = 30

const waysOfReading: readonly [string, PartialOptions][] = [
  ["a shared buffer", {}],
  ["a buffer each read", { sharedReadBuffer: false }]
]

describe.each(waysOfReading)("%s", (_name, options) => {
  it("is what the option says, on this version of Node", async () => {
    const { host, port } = await startHost(options)
    await startClient(port)
    const [session] = host.sessions
    expect((session?.line as Net.Socket | undefined)?.listenerCount("data")).toBe(
      options.sharedReadBuffer === false ? 1 : 0
    )
  })

  it("keeps apart what many clients send in pieces at once", async () => {
    const { port } = await startHost(options)
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => startClient(port)))
    const command = Buffer.from("680e0000000064010600010000000014", "hex")
    for (let octet = 0; octet < command.length; octet++) {
      for (const client of clients) client.socket.write(command.subarray(octet, octet + 1))
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const client of clients) {
      await client.next({ typeId: 100, cot: 10 })
      expect(client.asdus({ typeId: 100 }).map(({ cot }) => cot)).toEqual([7, 10])
    }
  })

  it("loses nothing of more than it takes at once", async () => {
    const { port } = await startHost(options)
    const client = await startClient(port)
    const before = client.frames.length
    const frames = 40_000
    client.socket.write(Buffer.concat(Array.from({ length: frames }, () => TESTFR_ACT)))
    await client.until(() => client.frames.length === before + frames)
    expect(client.frames.slice(before).every((frame) => frame[2] === 0x83)).toBe(true)
  })

  it("has what came while the connection was being admitted", async () => {
    const { host, port } = await startHost(options)
    let admit: (admitted: boolean) => void = () => {}
    const admitted = new Promise<boolean>((resolve) => {
      admit = resolve
    })
    host.onConnect = () => admitted
    const client = await connect(port)
    client.socket.write(Buffer.concat([STARTDT_ACT, TESTFR_ACT.subarray(0, 3)]))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(client.frames).toHaveLength(0)
    admit(true)
    await client.until(() => client.frames.length === 1)
    client.socket.write(TESTFR_ACT.subarray(3))
    await client.until(() => client.frames.length === 2)
    expect(client.frames.map((frame) => frame[2])).toEqual([0x0b, 0x83])
  })

  it("sees that the client closes, at once or behind its last octets", async () => {
    const { port, events } = await startHost(options)
    const [silent, speaking] = [await startClient(port), await startClient(port)]
    silent.close()
    expect((await events.next("closed")).reason).toBe("PEER_CLOSED")
    speaking.socket.end(TESTFR_ACT)
    expect((await events.next("closed", 2)).reason).toBe("PEER_CLOSED")
    await speaking.ended
    expect(speaking.frames.at(-1)?.[2]).toBe(0x83)
  })
})
