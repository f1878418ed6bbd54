// What clocks of a zone do in a year is looked up once, which costs much more than a frame: clients that name all years there
// are, in as many zones as there are stations, keep nobody waiting.
import { expect, it, onTestFinished } from "vitest"
import { Cot, ResponseState, type Server, Type } from "../../src/api/c104/index.ts"
import * as Frames from "../property/support/Frames.ts"
import { startClient, startServer } from "../support/Stage.ts"

const CLIENTS = 10
/** Whole years of this century but those at its beginning, which other tests in this process may have asked for. */
const YEARS = Array.from({ length: 60 }, (_, n) => 40 + n)
/** Frames of a turn of the event loop that may have a year looked up. */
const FEW = 12

const zones = (count: number, at: number): readonly string[] =>
  Intl.supportedValuesOf("timeZone")
    .filter((name) => name.startsWith("America/"))
    .slice(at, at + count)

const tag = (year: number): readonly number[] => [0, 0, 0, 12, 15, 1, year]

/** A frame of a client, with the number that it has among the frames of that. */
type Made = (number: number) => Uint8Array

const made =
  (type: number, ca: number, ioa: number, elements: readonly number[]): Made =>
  (number) =>
    Frames.i(number, 0, Frames.asdu(type, Cot.ACTIVATION, 0, ca, ioa, ...elements))

/** Sends frames from several clients at once. */
const send = async (server: Server, frames: readonly Made[]) => {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => startClient(server.port)))
  for (const [at, client] of clients.entries()) {
    const own = frames.filter((_, n) => n % CLIENTS === at)
    client.send(Buffer.concat(own.map((make, number) => make(number))))
  }
  return clients
}

it("times of years that nobody has asked for are judged a few in a turn of the event loop, and all are answered", async () => {
  const { server } = await startServer()
  const names = zones(10, 0)
  for (const [n, timeZone] of names.entries()) server.addStation(100 + n, { timeZone })
  const frames = YEARS.flatMap((year) => names.map((_, n) => made(Type.C_CS_NA_1, 100 + n, 0, tag(year))))
  let [taken, most] = [0, 0]
  server.onReceiveRaw((_, data) => {
    if (data[6] === Type.C_CS_NA_1) taken++
  })
  let immediate = setImmediate(function turn() {
    most = Math.max(most, taken)
    taken = 0
    immediate = setImmediate(turn)
  })
  onTestFinished(() => clearImmediate(immediate))
  const clients = await send(server, frames)
  for (const client of clients)
    await client.until(() => client.asdus({ cot: Cot.ACTIVATION_CON }).length === frames.length / CLIENTS, 20_000)
  expect(most).toBeLessThanOrEqual(FEW)
})

it("the age of a command is not looked up where no zone can make it young enough", async () => {
  const { server } = await startServer({ commandAgeMs: 5000 })
  const names = zones(40, 20)
  for (const [n, timeZone] of names.entries())
    server.addStation(100 + n, { timeZone })?.addPoint({ ioAddress: 1, type: Type.C_SC_TA_1 })
  const cost = async (yearOf: (year: number) => number): Promise<number> => {
    const frames = YEARS.flatMap((year) =>
      names.map((_, n) => made(Type.C_SC_TA_1, 100 + n, 1, [1, ...tag(yearOf(year))]))
    )
    const before = process.cpuUsage()
    const clients = await send(server, frames)
    for (const client of clients)
      await client.until(() => client.asdus({ cot: Cot.ACTIVATION_CON }).length === frames.length / CLIENTS, 20_000)
    const { user, system } = process.cpuUsage(before)
    for (const client of clients) client.close()
    return (user + system) / 1000
  }
  // Compiled, and with what one year costs looked up.
  for (let n = 0; n < 2; n++) await cost(() => 30)
  const same = await cost(() => 30)
  expect(await cost((year) => year)).toBeLessThan(3 * same + 100)
})

it("the time of a command that its handler reads is looked up a few times in a turn of the event loop", async () => {
  const { server } = await startServer()
  const names = zones(10, 70)
  let [taken, most] = [0, 0]
  for (const [n, timeZone] of names.entries())
    server
      .addStation(100 + n, { timeZone })
      ?.addPoint({ ioAddress: 1, type: Type.C_SC_TA_1 })
      ?.onReceive((_point, _previous, message) => {
        if (message.info?.recordedAt != null) taken++
        return ResponseState.SUCCESS
      })
  let immediate = setImmediate(function turn() {
    most = Math.max(most, taken)
    taken = 0
    immediate = setImmediate(turn)
  })
  onTestFinished(() => clearImmediate(immediate))
  const frames = YEARS.flatMap((year) => names.map((_, n) => made(Type.C_SC_TA_1, 100 + n, 1, [1, ...tag(year)])))
  const clients = await send(server, frames)
  for (const client of clients)
    await client.until(() => client.asdus({ cot: Cot.ACTIVATION_CON }).length === frames.length / CLIENTS, 20_000)
  expect(most).toBeLessThanOrEqual(FEW)
})
