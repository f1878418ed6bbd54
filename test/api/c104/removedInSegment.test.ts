// A handler removes a point while requests to it are in the same segment, before and behind: what its client hears at that
// address, and what is told, is the same as when they come one by one.
import { describe, expect, it } from "vitest"
import { CommandMode, Cot, type Point, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import { connect, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS, NONE } = ResponseState
type Command = Point<typeof Type.C_SC_NA_1>

const STARTDT = Uint8Array.of(0x68, 4, 0x07, 0, 0, 0)
const BAD = Uint8Array.of(0x69, 4, 1, 0, 0, 0)
/** A command to the address 10, which is looked at, or to 11, whose handler does something to it. */
const TEN = [10, 1]
const SELECT = [10, 0x81]
const ELEVEN = [11, 1]

/** Frames in their order: commands by address and qualifier. */
const framesOf = (all: readonly (readonly number[] | Uint8Array)[]): readonly Uint8Array[] => {
  let ns = 0
  const command = ([ioa, sco]: readonly number[]): Uint8Array =>
    Uint8Array.of(0x68, 14, ns++ << 1, 0, 0, 0, 45, 1, 6, 0, 1, 0, ioa as number, 0, 0, sco as number)
  return [STARTDT, ...all.map((one) => (one instanceof Uint8Array ? one : command(one)))]
}

interface Scene {
  readonly behind: readonly (readonly number[] | Uint8Array)[]
  readonly select?: true
  readonly options?: ServerOptions
  /** What the point 10 does; and what the handler of 11 does to it, if not to remove it. */
  readonly ten: (point: Command) => void
  readonly eleven?: (point: Command) => void
  /** Causes with P/N that the client hears at the address 10, and what is told of it. */
  readonly heard: readonly number[]
  readonly told?: readonly string[]
}

const never = (): Promise<ResponseState> => new Promise(() => {})

const comesOf = async (scene: Scene, inOne: boolean) => {
  const { server, station, events } = await startServer({ profile: "iec", selectTimeoutMs: 20_000, ...scene.options })
  const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
  const commandMode = scene.select ? CommandMode.SELECT_AND_EXECUTE : CommandMode.DIRECT
  const ten = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode }) as Command
  if (shown !== null) ten.relatedIoAddress = shown.ioAddress
  scene.ten(ten)
  station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })?.onReceive(() => {
    if (scene.eleven === undefined) station.removePoint(10)
    else scene.eleven(ten)
    return SUCCESS
  })
  const client = await connect(server.port, { acknowledge: "never" })
  const frames = framesOf(scene.behind)
  for (const segment of inOne ? [Buffer.concat(frames)] : frames) {
    client.send(segment)
    for (let turns = 0; turns < 5; turns++) await turn()
  }
  if (scene.behind.includes(BAD)) await client.ended
  else await client.answers()
  const at10 = client.frames.filter((apdu) => apdu[6] === 45 && apdu[12] === 10)
  return {
    heard: at10.map((apdu) => apdu[8]),
    told: events.of("unanswered").map(({ address, outcome }) => `${address} ${outcome}`)
  }
}

const returning = (point: Command): void => {
  point.relatedIoAutoreturn = true
  point.onReceive(() => SUCCESS)
}

describe.each<[string, Scene]>([
  [
    "what was left open is refused, ahead of the frame that ends the connection",
    { behind: [TEN, ELEVEN, BAD], ten: (point) => point.onReceive(() => NONE), heard: [0x47] }
  ],
  [
    "what was confirmed and left open is told as unanswered, ahead of the frame that ends the connection",
    {
      behind: [TEN, ELEVEN, BAD],
      ten: (point) => {
        point.actTerm = "manual"
        point.onReceive(() => SUCCESS)
      },
      heard: [0x07],
      told: ["10 none"]
    }
  ],
  [
    "what waits for its turn is refused, ahead of what comes behind",
    {
      behind: [TEN, TEN, ELEVEN, TEN, BAD],
      options: { profile: { ...Profile.iec, commandWaitMs: 60_000 } },
      ten: (point) => point.onReceive(never),
      heard: [0x47, 0x6f]
    }
  ],
  [
    "a select that is being decided is refused, ahead of the frame that ends the connection",
    { behind: [SELECT, ELEVEN, BAD], select: true, ten: (point) => point.onSelect(never), heard: [0x47] }
  ],
  [
    "a select that was decided at once is confirmed",
    { behind: [SELECT, ELEVEN], select: true, ten: (point) => point.onSelect(() => SUCCESS), heard: [0x07] }
  ],
  [
    "a command to the address is answered behind the termination of the one before",
    { behind: [TEN, ELEVEN, TEN], ten: returning, heard: [0x07, 0x0a, 0x6f] }
  ],
  [
    "a command that nobody decides any more is refused behind the termination of the one before",
    {
      behind: [TEN, ELEVEN, TEN],
      ten: returning,
      eleven: (point) => {
        point.relatedIoAddress = null
        point.onReceive(null)
      },
      heard: [0x07, 0x0a, 0x47]
    }
  ]
])("a point that goes in the middle of a segment: %s", (_, scene) => {
  it.each([
    ["in one segment", true],
    ["frame by frame", false]
  ])("%s", async (__, inOne) => {
    const { heard, told } = await comesOf(scene, inOne)
    expect(heard).toEqual(scene.heard)
    expect(told).toEqual(scene.told ?? [])
  })
})

describe("a command that was left open and can be answered no more", () => {
  it("is told once, whatever made it so in one segment", async () => {
    const { server, station, events } = await startServer({ profile: "c104", limits: { decisionsPerSession: 2 } })
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => NONE)
    const client = await connect(server.port)
    client.send(Buffer.concat(framesOf([TEN, TEN, TEN])))
    await events.next("command", 3)
    await client.answers()
    expect(events.of("unanswered")).toHaveLength(2)
  })

  it("is told where its second phase left it open", async () => {
    const { server, station, events } = await startServer({ profile: "iec", limits: { decisionsPerSession: 1 } })
    for (const ioAddress of [10, 11])
      station
        .addPoint({ ioAddress, type: Type.C_SC_NA_1 })
        ?.onReceive({ accept: () => SUCCESS, execute: () => Promise.resolve(NONE) })
    const client = await connect(server.port)
    for (const frame of framesOf([TEN, ELEVEN])) {
      client.send(frame)
      await client.answers()
    }
    await events.next("executed", 2)
    await client.answers()
    expect(events.of("unanswered").map(({ address }) => address)).toEqual([10])
    expect([10, 11].map((ioa) => station.getPoint(ioa)?.transmit(Cot.ACTIVATION_TERMINATION))).toEqual([false, true])
  })
})
