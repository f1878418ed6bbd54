// What the application does when it is told that a client can be sent something: on that client's way, too, it leaves at
// once, although its session is still busy with what it was told of.
import { describe, expect, it } from "vitest"
import { Coi, Cot, type Point, ResponseState, type Server, type Station, Type } from "../../src/api/c104/index.ts"
import { RawClient } from "../support/RawClient.ts"
import { startServer } from "../support/Stage.ts"

const EVENTS = 150
/** Fewer than are published at once, and than the window takes. */
const LOG_RECORDS = 64
const WINDOW = 12
const OUTPUT = 2

interface Stage {
  readonly server: Server
  readonly station: Station
  readonly output: Point
  readonly point: Point
  /** A client that has connected, and says nothing else by itself. */
  readonly client: RawClient
}

const given = async (): Promise<Stage> => {
  const { server, station } = await startServer({ limits: { logRecords: LOG_RECORDS }, logLevel: "none" })
  server.protocolParameters.sendWindowSize = WINDOW
  const point = station.addPoint({ ioAddress: 1, type: Type.M_SP_TB_1 }) as Point
  const output = station.addPoint({ ioAddress: OUTPUT, type: Type.C_SC_NA_1 }) as Point
  output.onReceive(() => ResponseState.SUCCESS)
  const client = await RawClient.connect(server.port, { acknowledge: "never" })
  return { server, station, output, point, client }
}

/** Has the client's window filled; then one frame commands and acknowledges all. */
const openByCommand = async ({ point, output, client }: Stage, act: () => void): Promise<void> => {
  await client.startdt()
  for (let i = 0; i < WINDOW; i++) {
    point.transmit(Cot.SPONTANEOUS)
    await client.until(() => client.iFrames > i)
  }
  output.onReceive(() => {
    act()
    return ResponseState.SUCCESS
  })
  const number = client.receiveNumber << 1
  client.send(Uint8Array.of(0x68, 14, 0, 0, number & 0xff, number >> 8, Type.C_SC_NA_1, 1, 6, 0, 1, 0, OUTPUT, 0, 0, 1))
}

const ways: readonly (readonly [string, (stage: Stage, act: () => void) => Promise<void>])[] = [
  [
    "that it has started",
    async ({ server, client }, act) => {
      server.observe(({ event }) => event === "started" && act())
      client.u("STARTDT act")
    }
  ],
  [
    "of the confirmation that it was sent",
    async ({ server, client }, act) => {
      server.onSendRaw(() => {
        server.onSendRaw(null)
        act()
      })
      client.u("STARTDT act")
    }
  ],
  ["of a command that came with the acknowledgement of all", openByCommand]
]

describe.each(ways)("whoever is told %s", (_, open) => {
  it("may have all clients told that a station was initialised, and it is", async () => {
    const stage = await given()
    await open(stage, () => stage.station.signalInitialized(Coi.REMOTE_RESET))
    await stage.client.next({ typeId: Type.M_EI_NA_1 }, 1000)
  })

  it("may publish more than the log holds, and nothing of it is lost as long as the window takes it", async () => {
    const stage = await given()
    const lost: number[] = []
    stage.server.observe((event) => event.event === "overflow" && lost.push(event.lost))
    await open(stage, () => {
      for (let i = 0; i < EVENTS; i++) {
        stage.point.value = i % 2 === 0
        stage.point.transmit(Cot.SPONTANEOUS)
      }
    })
    const { client } = stage
    const before = client.asdus({ typeId: Type.M_SP_TB_1 }).length
    const come = (): number => {
      let events = 0
      for (const { objects } of client.asdus({ typeId: Type.M_SP_TB_1 }).slice(before)) events += objects?.length ?? 0
      return events
    }
    await client.until(() => come() >= EVENTS - LOG_RECORDS)
    client.acknowledge()
    await client.until(() => come() >= EVENTS, 1000)
    expect([come(), lost]).toEqual([EVENTS, []])
  })
})
