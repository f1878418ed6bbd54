// What a client has selected is free when its connection ends, also where that comes of the answer to a command in front of the select,
// in the same segment: one that is too many.
import { expect, it } from "vitest"
import { CommandMode, ResponseState, Type } from "../../../src/api/c104/index.ts"
import { connect, startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const [REPLIES, WINDOW] = [16, 12]
const STARTDT = Uint8Array.of(0x68, 4, 0x07, 0, 0, 0)
const command = (ns: number, ioa: number, sco: number): Uint8Array =>
  Uint8Array.of(0x68, 14, ns << 1, 0, 0, 0, 45, 1, 6, 0, 1, 0, ioa, 0, 0, sco)

it.each(Array.from({ length: 12 }, (_, i) => REPLIES + WINDOW - 6 + i))(
  "a point is free when %i answers wait in front of those to a command and to its select",
  async (waiting) => {
    const { server, station, events } = await startServer({ limits: { repliesPerSession: REPLIES } })
    station
      .addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })
      ?.onReceive({ accept: () => SUCCESS, execute: () => SUCCESS })
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode })
    point?.onReceive(() => SUCCESS)
    const first = await connect(server.port, { acknowledge: "never" })
    const frames = Array.from({ length: waiting }, (_, ns) => command(ns, 99, 1))
    first.send(Buffer.concat([STARTDT, ...frames, command(waiting, 11, 1), command(waiting + 1, 10, 0x81)]))
    await first.until(() => first.iFrames >= WINDOW)
    first.close()
    await events.next("closed")
    expect([point?.selectedBy, events.of("selection").at(-1)?.state]).not.toContain("selected")
    const second = await startClient(server.port)
    second.send(command(0, 10, 0x81))
    await second.until(() => second.iFrames === 1)
    expect(second.frames.find((apdu) => apdu[6] === 45)?.[8]).toBe(7)
  }
)
