// Nothing is asked of the file store for whoever leaves or ends with the same octets, or when all ends: a file that is to be
// deleted stays, as a command in its place is not begun.
import { describe, expect, it } from "vitest"
import { type FileStore, type IncomingMessage, ResponseState, Type } from "../../../src/api/c104/index.ts"
import { connect, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const u = (code: number): readonly number[] => [0x68, 4, code, 0, 0, 0]
const [STARTDT, STOPDT, WRONG] = [u(0x07), u(0x13), [0x69, 4, 0, 0, 0, 0]]
const TIME = [0, 0, 0, 12, 1, 1, 26] as const

/** What begins something with the store: object 30, file 1. */
const requests = {
  delete: [122, 1, 13, 0, 1, 0, 30, 0, 0, 1, 0, 0, 4],
  open: [122, 1, 13, 0, 1, 0, 30, 0, 0, 1, 0, 0, 1],
  create: [120, 1, 13, 0, 1, 0, 30, 0, 0, 1, 0, 9, 0, 0, 0],
  query: [127, 1, 13, 0, 1, 0, 30, 0, 0, 1, 0, ...TIME, ...TIME]
} as const
const names = Object.keys(requests) as (keyof typeof requests)[]
const COMMAND = [45, 1, 6, 0, 1, 0, 10, 0, 0, 1]
const RESET = [105, 1, 6, 0, 1, 0, 0, 0, 0, 1]

/** ASDUs as I frames, and whole frames, one behind the other. */
const segment = (frames: readonly (readonly number[])[], from = 0): Uint8Array => {
  let ns = from
  return Uint8Array.from(
    frames.flatMap((frame) =>
      (frame[0] as number) < 0x68 || frame[0] === 105 || (frame[0] as number) >= 120
        ? [0x68, frame.length + 4, ns++ << 1, 0, 0, 0, ...frame]
        : frame
    )
  )
}

/** A server with a store, and what that was asked; its command 10 does what is said. */
const given = async (handler: (message: IncomingMessage) => void = () => {}) => {
  const asked: string[] = []
  const note = (what: string): "notAllowed" => {
    asked.push(what)
    return "notAllowed"
  }
  const files: FileStore = {
    list: async () => [],
    open: async () => note("open"),
    create: async () => note("create"),
    query: async () => note("query"),
    delete: async () => note("delete")
  }
  const { server, station, events } = await startServer({ files })
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive((_point, _previous, message) => {
    handler(message)
    return SUCCESS
  })
  server.onReset(() => SUCCESS)
  return { server, events, asked }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await turn()
}

describe.each(names)("the store is not asked to %s", (name) => {
  const request = requests[name]

  it.each<[string, readonly (readonly number[])[]]>([
    ["in front of a frame that ends the connection", [request, WRONG]],
    ["in front of STOPDT", [request, STOPDT]]
  ])("%s", async (_, frames) => {
    const { server, asked } = await given()
    const client = await connect(server.port)
    client.send(segment([STARTDT, ...frames]))
    await (frames.includes(WRONG) ? client.ended : client.until(() => client.frames.some((apdu) => apdu[2] === 0x23)))
    await settled()
    expect(asked).toEqual([])
  })

  it("behind a command that closes its connection, or stops the server", async () => {
    const closing = await given((message) => message.connection?.close())
    const one = await connect(closing.server.port)
    one.send(segment([STARTDT, COMMAND, request]))
    await one.ended
    const stopping = await given(() => void stopping.server.stop())
    const other = await connect(stopping.server.port)
    other.send(segment([STARTDT, COMMAND, request]))
    await other.ended
    await settled()
    expect([closing.asked, stopping.asked]).toEqual([[], []])
  })

  it("when a reset of the process was accepted, in the same segment or later", async () => {
    const { server, asked } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    client.send(segment([RESET, request]))
    await client.until(() => client.iFrames === 2)
    client.send(segment([request], 2))
    await client.until(() => client.iFrames === 3)
    expect(asked).toEqual([])
  })

  it("where nothing ends, it is", async () => {
    const { server, asked } = await given()
    const client = await startClient(server.port)
    client.send(segment([request]))
    await client.until(() => client.iFrames === 1)
    expect(asked).toEqual([name])
  })
})
