// Raw callbacks tell what happened in the order in which it happened: a frame that was received before those it caused.
import { expect, it } from "vitest"
import { ResponseState, Type } from "../../../src/api/c104/index.ts"
import { connect, startServer } from "../../support/Stage.ts"

/** A frame in a word: U and S frames by their control octet, I frames by type and cause. */
const word = (way: string, data: Uint8Array): string => {
  const control = data[2] as number
  return (control & 1) === 0 ? `${way} ${data[6]}/${data[8]}` : `${way} ${control.toString(16)}`
}

it("a frame is told before what it caused, and what was sent in the order of the writes", async () => {
  const { server, station } = await startServer()
  const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
  const command = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  command?.onReceive(async () => {
    shown?.transmit(3)
    return ResponseState.SUCCESS
  })
  const told: string[] = []
  server.onReceiveRaw((_, data) => void told.push(word("<", data)))
  server.onSendRaw((_, data) => void told.push(word(">", data)))
  const client = await connect(server.port, { acknowledge: "never" })
  client.u("STARTDT act")
  await client.next("STARTDT con")
  client.send(
    Buffer.concat([
      client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] }),
      Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)
    ])
  )
  await client.until(() => client.asdus({ cot: 10 }).length === 1)
  client.u("STOPDT act")
  await client.testfr()
  expect(told.slice(0, 5)).toEqual(["< 7", "> b", "< 45/6", "< 43", "> 83"])
  expect(told.slice(5).sort()).toEqual(["< 13", "< 43", "> 1/3", "> 45/10", "> 45/7", "> 83"].sort())
  const sent = told.filter((what) => what.startsWith("> ")).map((what) => what.slice(2))
  expect(sent).toEqual(client.frames.map((apdu) => word("", apdu).trim()))
  expect(told.indexOf("< 13")).toBeLessThan(told.lastIndexOf("> 83"))
})

it("a callback that makes the server write is not told of that within its own call", async () => {
  const { server, station } = await startServer()
  const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
  const told: string[] = []
  let inside = false
  const note = (way: string) => (_: unknown, data: Uint8Array) => {
    expect(inside).toBe(false)
    inside = true
    told.push(word(way, data))
    if (told.length === 1) {
      // More than the window takes: the burst is flushed at once.
      for (let i = 0; i < 40; i++) shown?.transmit(3)
      for (const connection of server.connections) connection.close()
    }
    inside = false
  }
  server.onReceiveRaw(note("<"))
  server.onSendRaw(note(">"))
  const client = await connect(server.port, { acknowledge: "never" })
  client.u("STARTDT act")
  await client.ended
  expect(told.slice(0, 2)).toEqual(["< 7", "> b"])
  expect(told.slice(1).map((what) => what.slice(2))).toEqual(client.frames.map((apdu) => word("", apdu).trim()))
})
