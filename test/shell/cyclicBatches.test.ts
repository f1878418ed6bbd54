// Batches with cause 1 are read from the image when a client takes them. One that takes little is not owed every list that
// the application has sent meanwhile: neither those that name the same points again, nor more of others than replies may wait.
import { expect, it } from "vitest"
import { Batch, Cot, type Point, Type } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"

const REPLIES = 16
const WINDOW = 12

/** A server whose points lie apart, and a started client that acknowledges when it is told to. */
const given = async (count: number) => {
  const { server, station } = await startServer({ limits: { repliesPerSession: REPLIES } })
  const points: Point[] = []
  for (let i = 0; i < count; i++) {
    const point = station.addPoint<Type>({ ioAddress: 1 + 2 * i, type: Type.M_ME_NC_1 })
    if (point === null) throw new Error("the address is free")
    points.push(point)
  }
  const client = await startClient(server.port, { acknowledge: "never" })
  const transmit = (of: readonly Point[]): boolean =>
    server.transmitBatch(new Batch({ cause: Cot.PERIODIC, points: of }))
  /** Acknowledges until nothing comes any more; the addresses that were told since the last time, in their order. */
  let seen = 0
  const taken = async (): Promise<readonly number[]> => {
    for (let before = -1; before < client.iFrames; ) {
      before = client.iFrames
      client.acknowledge()
      await client.testfr()
    }
    const all = client.asdus({ cot: Cot.PERIODIC }).flatMap(({ objects }) => objects?.map(({ ioa }) => ioa) ?? [])
    const told = all.slice(seen)
    seen = all.length
    return told
  }
  return { station, points, transmit, taken }
}

const addressesOf = (points: readonly Point[]): number[] => points.map(({ ioAddress }) => ioAddress)

it("a list that is made anew each time does not wait once more each time", async () => {
  const { station, points, transmit, taken } = await given(600)
  for (let i = 0; i < 50; i++) expect(transmit(points)).toBe(true)
  expect(await taken()).toEqual(addressesOf(points))
  // It is sent again once it was sent, and so is what has come to its points' addresses meanwhile.
  transmit(points)
  expect(await taken()).toEqual(addressesOf(points))
  transmit(points)
  station.removePoint(1199)
  const anew = station.addPoint<Type>({ ioAddress: 1199, type: Type.M_ME_NC_1 })
  transmit([...points.slice(0, -1), anew as Point])
  expect((await taken()).filter((ioa) => ioa === 1199)).toEqual([1199])
})

it("of lists that all differ no more wait than replies may", async () => {
  const { points, transmit, taken } = await given(300)
  for (const point of points) transmit([point])
  const told = await taken()
  expect(told).toEqual(addressesOf(points.slice(0, told.length)))
  expect(told.length).toBeLessThanOrEqual(WINDOW + REPLIES)
  transmit([points[299] as Point])
  expect(await taken()).toEqual([599])
})

it("two lists with one key are two lists", async () => {
  const { points, transmit, taken } = await given(12_000)
  const list = (...at: readonly number[]): readonly Point[] => at.map((slot) => points[slot] as Point)
  for (let n = 0; n < WINDOW; n++) transmit(list(n))
  // Found by trying: these have the same hash, where the points lie in the first block of a server.
  const [one, other] = [list(1113, 11_622), list(2502, 3128)]
  for (let times = 0; times < 3; times++) for (const points of [one, other]) expect(transmit(points)).toBe(true)
  const told = await taken()
  expect(told.slice(WINDOW)).toEqual([...addressesOf(one), ...addressesOf(other)])
})

it("lists that are sent one by one are all told to whoever has room for them, however many there are", async () => {
  const count = 2500
  const { server, station } = await startServer()
  server.protocolParameters.update({ sendWindowSize: 32_767, receiveWindowSize: 20_000 })
  const points: Point[] = []
  for (let i = 0; i < count; i++) {
    const point = station.addPoint<Type>({ ioAddress: 1 + i, type: Type.M_SP_NA_1 })
    if (point !== null) points.push(point)
  }
  const clients = await Promise.all([0, 1, 2, 3].map(() => startClient(server.port)))
  for (const point of points)
    expect(server.transmitBatch(new Batch({ cause: Cot.PERIODIC, points: [point] }))).toBe(true)
  await Promise.all(clients.map((client) => client.until(() => client.iFrames === count)))
  for (const client of clients)
    expect(new Set(client.asdus({ cot: Cot.PERIODIC }).map(({ objects }) => objects?.[0]?.ioa)).size).toBe(count)
})
