// Requests with T = 1 (60870-5-101 7.2.3) are answered, and change nothing: no output, selection, counter, clock, parameter,
// file, reset or queue; and they call no handler.
import { describe, expect, it } from "vitest"
import { CommandMode, ResponseState, Type } from "../../../src/api/c104/index.ts"
import type { FileStore } from "../../../src/shell/files/FileStore.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const ACTIVATION = 6
const TEST = 0x80
const NOON = [0, 0, 0, 12, 1, 1, 26]

/** A server of which every handler notes that it was called. */
const given = async (profile: "iec" | "c104" = "c104") => {
  const called: string[] = []
  const note =
    <A>(what: string, answer: A) =>
    (): A => {
      called.push(what)
      return answer
    }
  const files: FileStore = {
    list: note("list", Promise.resolve([])),
    open: note("open", Promise.resolve("unknown" as const)),
    create: note("create", Promise.resolve("noSpace" as const)),
    delete: note("delete", Promise.resolve(null)),
    query: note("query", Promise.resolve("unknown" as const))
  }
  const stage = await startServer({ profile, files, selectTimeoutMs: 10_000 })
  const { server, station } = stage
  const counter = station.addPoint({ ioAddress: 30, type: Type.M_IT_NA_1 })
  if (counter === null) throw new Error("address 30 is free")
  counter.value = 7
  station.addPoint({ ioAddress: 20, type: Type.M_ME_NA_1 })?.onBeforeRead(note("onBeforeRead", undefined))
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(note("command", SUCCESS))
  const selected = station.addPoint({
    ioAddress: 11,
    type: Type.C_SC_NA_1,
    commandMode: CommandMode.SELECT_AND_EXECUTE
  })
  selected?.onReceive(note("selected", SUCCESS))
  server.onClockSync(note("clock", SUCCESS))
  server.onReset(note("reset", SUCCESS))
  server.onParameter(note("parameter", SUCCESS))
  return { ...stage, called, counter, client: await startClient(server.port) }
}

/** Sends an ASDU of one object by its octets. */
const ask = (client: RawClient, type: number, cause: number, ioa: number, ...elements: number[]): void => {
  const ns = client.sendNumber++
  const asdu = [type, 1, cause, 0, 1, 0, ioa & 0xff, ioa >> 8, 0, ...elements]
  client.send(Uint8Array.of(0x68, 4 + asdu.length, (ns << 1) & 0xff, ns >> 7, 0, 0, ...asdu))
}

/** What came back: type, cause with T and P/N, and the element. */
const heard = async (client: RawClient): Promise<string[]> => {
  await client.testfr()
  const frames = client.frames.filter((apdu) => ((apdu[2] as number) & 1) === 0)
  client.frames.length = 0
  return frames.map(
    (apdu) => `${apdu[6]}/${(apdu[8] as number).toString(16)} ${Buffer.from(apdu.subarray(15)).toString("hex")}`
  )
}

describe("a request with T = 1", () => {
  it.each([
    ["a freeze with reset", 101, 0, [0x85], ["101/87 85", "101/8a 85"]],
    ["a reset of counters", 101, 0, [0xc5], ["101/87 c5", "101/8a c5"]],
    ["a clock synchronisation", 103, 0, NOON, ["103/87 0000000c01011a"]],
    ["a reset of the process", 105, 0, [1], ["105/87 01"]],
    ["a reset of pending events", 105, 0, [2], ["105/87 02"]],
    ["a parameter", 110, 20, [0, 0, 1], ["110/87 000001"]],
    ["an activation of a parameter", 113, 20, [3], ["113/87 03"]],
    ["a command", 45, 10, [1], ["45/87 01", "45/8a 01"]],
    ["a select", 45, 11, [0x81], ["45/87 81"]]
  ] as const)("%s is confirmed, and changes nothing", async (_, type, ioa, elements, answers) => {
    const { client, called, counter } = await given()
    ask(client, type, ACTIVATION | TEST, ioa, ...elements)
    expect(await heard(client)).toEqual(answers)
    expect([called, counter.value]).toEqual([[], 7])
    // Nor is it remembered: what comes next is answered as if nothing had been.
    expect(await client.answers()).toBe(true)
  })

  it("an interrogation or a read refreshes no value", async () => {
    const { client, called } = await given()
    ask(client, 100, ACTIVATION | TEST, 0, 20)
    ask(client, 102, 5 | TEST, 20)
    const answers = (await heard(client)).map((answer) => answer.split(" ")[0])
    expect(answers.sort()).toEqual(["100/87", "100/8a", "9/85", "9/94"])
    expect(called).toEqual([])
  })

  it.each([
    ["a directory", 122, 5, [0, 0, 0, 0], "122/8d 00000030"],
    ["a selected file", 122, 13, [1, 0, 0, 1], "122/8d 01000031"],
    ["a deleted file", 122, 13, [1, 0, 0, 4], "122/8d 01000034"],
    ["a part of an archive", 127, 13, [1, 0, ...NOON, ...NOON], "120/8d 010000000080"],
    ["an announced file", 120, 13, [1, 0, 9, 0, 0, 0], "122/8d 01000033"],
    ["an announced section", 121, 13, [1, 0, 1, 9, 0, 0, 0], "122/8d 01000137"]
  ] as const)("%s is refused without asking the store", async (_, type, cause, elements, answer) => {
    const { client, called } = await given()
    ask(client, type, cause | TEST, 100, ...elements)
    expect(await heard(client)).toEqual([answer])
    expect(called).toEqual([])
  })
})

describe("test selections", () => {
  it("stand apart from those of others: neither keeps the other out", async () => {
    const { server, client, called } = await given()
    const other = await startClient(server.port)
    ask(client, 45, ACTIVATION | TEST, 11, 0x81)
    expect(await heard(client)).toEqual(["45/87 81"])
    ask(other, 45, ACTIVATION, 11, 0x81)
    expect(await heard(other)).toEqual(["45/7 81"])
    ask(client, 45, ACTIVATION | TEST, 11, 0x81)
    expect(await heard(client)).toEqual(["45/87 81"])
    ask(other, 45, ACTIVATION, 11, 1)
    expect(await heard(other)).toEqual(["45/7 01", "45/a 01"])
    expect(called).toEqual(["selected"])
  })

  it("stand apart from the client's own: neither is executed by the other, nor ended by it", async () => {
    const { client, called } = await given()
    ask(client, 45, ACTIVATION | TEST, 11, 0x81)
    ask(client, 45, ACTIVATION, 11, 1)
    expect(await heard(client)).toEqual(["45/87 81", "45/47 01"])
    ask(client, 45, ACTIVATION, 11, 0x81)
    ask(client, 45, ACTIVATION | TEST, 11, 1)
    ask(client, 45, 8 | TEST, 11, 0x81)
    ask(client, 45, ACTIVATION, 11, 1)
    expect(await heard(client)).toEqual(["45/7 81", "45/87 01", "45/8a 01", "45/c9 81", "45/7 01", "45/a 01"])
    expect(called).toEqual(["selected"])
  })
})

it("a test interrogation takes no place of a real one, and a deactivation for a test stops no real one", async () => {
  const { server, station } = await startServer()
  for (let ioAddress = 1; ioAddress <= 400; ioAddress++) station.addPoint({ ioAddress, type: Type.M_ME_NC_1 })
  const client = await startClient(server.port, { acknowledge: "never" })
  server.protocolParameters.sendWindowSize = 12
  for (let i = 0; i < 2; i++) ask(client, 100, ACTIVATION | TEST, 0, 20)
  for (let i = 0; i < 2; i++) ask(client, 100, ACTIVATION, 0, 20)
  ask(client, 100, 8 | TEST, 0, 20)
  await client.testfr()
  for (let i = 0; i < 20; i++) {
    client.acknowledge()
    await client.testfr()
  }
  const causes = client
    .asdus({ typeId: 100 })
    .map(({ cot, test, negative }) => `${test ? "T " : ""}${cot}${negative ? "-" : ""}`)
  expect(causes.filter((cause) => !cause.startsWith("T"))).toEqual(["7", "10", "7", "10"])
  expect(causes.filter((cause) => cause.startsWith("T")).sort()).toEqual(["T 10", "T 7", "T 7", "T 9"])
})

it("selects with T = 1 take no places from those without, nor these from them", async () => {
  const { server, station } = await startServer({ selectTimeoutMs: 10_000, limits: { decisionsPerSession: 2 } })
  const sbo = { type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE } as const
  for (let ioAddress = 1; ioAddress <= 3; ioAddress++) station.addPoint({ ioAddress, ...sbo })?.onReceive(() => SUCCESS)
  const client = await startClient(server.port)
  const select = async (test: number, ioa: number): Promise<string | undefined> => {
    client.command(Type.C_SC_NA_1, ioa, { scs: true, select: true }, { test: test !== 0 })
    return (await heard(client))[0]
  }
  expect([await select(TEST, 1), await select(TEST, 2), await select(TEST, 3)]).toEqual([
    "45/87 81",
    "45/87 81",
    "45/c7 81"
  ])
  expect([await select(0, 1), await select(0, 2), await select(0, 3)]).toEqual(["45/7 81", "45/7 81", "45/47 81"])
  client.command(Type.C_SC_NA_1, 1, { scs: true, select: false }, { test: true })
  expect(await heard(client)).toEqual(["45/87 01", "45/8a 01"])
  expect([await select(0, 3), await select(TEST, 3)]).toEqual(["45/47 81", "45/87 81"])
  client.command(Type.C_SC_NA_1, 1, { scs: true, select: false })
  expect(await heard(client)).toEqual(["45/7 01", "45/a 01"])
})
