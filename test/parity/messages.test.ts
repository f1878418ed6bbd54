// Rows 49 to 55: explained frames, received messages, protocol parameters, debug topics.
import { expect, onTestFinished } from "vitest"
import {
  Cot,
  Debug,
  disableDebug,
  enableDebug,
  explainBytes,
  explainBytesDict,
  getDebugMode,
  IncomingMessage,
  ResponseState,
  setDebugMode,
  Type
} from "../../src/api/c104/index.ts"
import { explained } from "../support/Explained.ts"
import { makeServer, startClient, startServer, switchedBy } from "../support/Stage.ts"
import { row } from "./rowsA.ts"

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"))

row(49, () => {
  expect(explained.length).toBe(11)
  expect(explained.map(([apdu]) => explainBytes(octets(apdu)))).toEqual(explained.map(([, text]) => text))
})

row(50, () => {
  expect(explainBytesDict(octets("68 04 07 00 00 00"))).toEqual({ format: "U", type: "STARTDT", cot: "ACT" })
  expect(explainBytesDict(octets("68 04 01 00 0a 00"))).toEqual({ format: "S", rx: 5 })
  const select = explainBytesDict(octets("68 0e 0c 00 0e 00 2d 01 06 03 2f 00 1e 00 00 81"))
  expect(Object.entries(select)).toEqual([
    ["format", "I"],
    ["tx", 6],
    ["rx", 7],
    ["type", Type.C_SC_NA_1],
    ["numberOfObjects", 1],
    ["sequence", false],
    ["cot", Cot.ACTIVATION],
    ["negative", false],
    ["test", false],
    ["commonAddress", 47],
    ["originatorAddress", 3],
    ["firstInformationObjectAddress", 30],
    ["select", true],
    ["elements", "1e 00 00 81 "]
  ])
  // The first octet of a set-point is value; S/E stands in its last.
  const setPoint = "68 10 00 00 00 00 31 01 06 00 01 00 01 00 00 80 00"
  expect(explainBytesDict(octets(`${setPoint} 05`))).toMatchObject({ select: false })
  expect(explainBytesDict(octets(`${setPoint} 85`))).toMatchObject({ select: true })
})

row(51, () => {
  for (const [apdu] of explained) {
    const whole = octets(apdu)
    for (let length = 0; length < whole.length; length++) {
      const short = whole.subarray(0, length)
      expect(explainBytes(short)).toMatch(/^malformed: .*\d/)
      expect(explainBytesDict(short)).toMatchObject({ format: "malformed" })
    }
    expect(explainBytes(Uint8Array.of(0x69, ...whole.subarray(1)))).toMatch(/^malformed: .*0x68/)
  }
  expect(explainBytes(octets("68 04 00 00 00 00"))).toMatch(/malformed/)
})

row(52, async () => {
  const raws: Uint8Array[] = []
  const { client } = await switchedBy((_, __, message) => {
    raws.push(message.raw)
    return ResponseState.SUCCESS
  })
  for (let sent = 0; sent < 2; sent++) {
    client.command(Type.C_SC_NA_1, 10, { scs: true }, { oa: 3 })
    await client.next({ cot: Cot.ACTIVATION_TERMINATION })
  }
  const expected = octets("68 0e 00 00 00 00 2d 01 06 03 01 00 0a 00 00 01")
  expect(raws.map((raw) => Uint8Array.from(raw))).toEqual([expected, expected])
})

row(53, async () => {
  const { server } = await startServer()
  const heard: IncomingMessage[] = []
  server.onUnexpectedMessage((_, message) => heard.push(message))
  const client = await startClient(server.port)
  const values = [1.5, 2.5, 3.5]
  const list = values.map((value, index) => ({ ioa: 10 * (index + 1), value }))
  const run = values.map((value, index) => ({ ioa: 10 + index, value }))
  client.send(client.i({ typeId: Type.M_ME_NC_1, cot: Cot.SPONTANEOUS, ca: 1, objects: list }))
  client.send(client.i({ typeId: Type.M_ME_NC_1, cot: Cot.SPONTANEOUS, ca: 1, sq: true, objects: run }))
  await client.testfr()
  expect(heard.map(({ isSequence, numberOfObjects }) => [isSequence, numberOfObjects])).toEqual([
    [false, 3],
    [true, 3]
  ])
  const walk = (message: IncomingMessage): unknown[] => {
    const found: unknown[] = []
    while (message.next()) found.push([message.ioAddress, message.info?.value])
    return found
  }
  for (const [message, objects] of [
    [heard[0], list],
    [heard[1], run]
  ] as const) {
    if (message === undefined) throw new Error("the message was not told")
    const expected = objects.map(({ ioa, value }) => [ioa, value])
    expect([message.ioAddress, message.info?.value]).toEqual(expected[0])
    expect(walk(message)).toEqual(expected)
    expect([message.next(), message.ioAddress]).toEqual([false, expected[2]?.[0]])
    message.first()
    expect([message.ioAddress, message.info?.value]).toEqual(expected[0])
  }
  expect(new IncomingMessage(octets("68 04 00 00 00 00")).next()).toBe(false)
})

row(54, () => {
  expect(makeServer().protocolParameters).toMatchObject({
    sendWindowSize: 12,
    receiveWindowSize: 8,
    connectionTimeout: 10,
    messageTimeout: 15,
    confirmInterval: 10,
    keepAliveInterval: 20
  })
})

row(55, async () => {
  onTestFinished(() => setDebugMode(Debug.none))
  expect([getDebugMode(), String(getDebugMode())]).toEqual([Debug.none, "Debug set: {}, is_none: True"])
  setDebugMode(Debug.Server.or(Debug.Callback))
  enableDebug(Debug.Callback.or(Debug.Message))
  expect(getDebugMode().value).toBe(0x61)
  disableDebug(Debug.Server.or(Debug.Point))
  expect([getDebugMode().value, getDebugMode().has(Debug.Server)]).toEqual([0x60, false])

  const lines: string[] = []
  const { server } = await startServer({ logLevel: "none", logWriter: (_, line) => lines.push(line) })
  await startClient(server.port)
  expect(lines).toEqual([])
  setDebugMode(Debug.Connection)
  await startClient(server.port)
  expect(lines).toEqual([expect.stringMatching(/connected$/), expect.stringMatching(/started$/)])
})
