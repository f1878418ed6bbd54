// Points stand by address in whatever order they came and went: what is read of them is the same, octet by octet, and a
// cursor over thousands of them finds each once while others come and go around it.
import { describe, expect, it } from "vitest"
import { Cot, type Station, Type } from "../../../src/api/c104/index.ts"
import { Random } from "../../property/support/Random.ts"
import { type ClientOptions, decoded, isAsdu, type RawClient } from "../../support/RawClient.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const GROUP = 3
const INTERROGATED = 20
const INTERROGATED_GROUP = INTERROGATED + GROUP

const groupsOf = (ioAddress: number): readonly number[] => (ioAddress % 3 === 0 ? [GROUP] : [])

const add = (station: Station, ioAddress: number): void => {
  const point = station.addPoint({ ioAddress, type: Type.M_ME_NC_1, groups: groupsOf(ioAddress) })
  if (point !== null) point.value = ioAddress
}

/** A running server, and a client that takes events, so that the image is read as they are published. */
const plant = async (options: ClientOptions = {}) => {
  const { server, station } = await startServer({ logLevel: "none" })
  const told = server.addStation(2)?.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
  const client = await startClient(server.port, options)
  /** Reads the image, as every event does that can be sent. */
  const read = async (): Promise<void> => {
    told?.transmit(Cot.SPONTANEOUS)
    await Promise.resolve()
  }
  return { server, station, client, read }
}

/** What an interrogation is answered with, without the numbers of the frames. */
const answers = async (client: RawClient, qoi: number): Promise<readonly string[]> => {
  const before = client.frames.length
  client.interrogate(1, { objects: [{ ioa: 0, qoi }] })
  await client.next({ typeId: 100, cot: Cot.ACTIVATION_TERMINATION }, 20_000)
  const isAnswer = (apdu: Uint8Array): boolean => apdu[6] === Type.M_ME_NC_1 && apdu[8] === qoi
  return client.frames
    .slice(before)
    .filter(isAnswer)
    .map((apdu) => Buffer.from(apdu.subarray(6)).toString("hex"))
}

/** Points come and go until those of `model` are there; the image is read every now and then. */
const comeAndGo = async (
  station: Station,
  random: Random,
  range: number,
  steps: number,
  read: () => Promise<void>
): Promise<readonly number[]> => {
  const model: number[] = []
  const there = new Set<number>()
  const often = random.pick([2, 10, 500, 5000])
  const ways = [
    (n: number) => 1 + ((range - n) % range),
    (n: number) => 1 + (n % range),
    () => 1 + random.below(range),
    (n: number) => 1 + ((range / 2 - n + range) % range)
  ]
  for (let step = 0; step < steps || model.length < 2000; ) {
    const way = random.pick(ways)
    const removing = model.length > 0 && random.chance(20)
    for (let run = random.below(1500); run > 0; run--, step++) {
      if (removing && model.length > 0) {
        const at = random.below(model.length)
        const ioAddress = model[at] as number
        model[at] = model.at(-1) as number
        model.pop()
        there.delete(ioAddress)
        station.removePoint(ioAddress)
      } else {
        const ioAddress = way(run)
        if (!there.has(ioAddress)) model.push(ioAddress)
        there.add(ioAddress)
        add(station, ioAddress)
      }
      if (random.below(often) === 0) await read()
    }
  }
  return model.sort((a, b) => a - b)
}

describe("points in whatever order they came and went", () => {
  it("are told in the same frames as if they had come by address", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = new Random(seed)
      const range = random.pick([4000, 9000, 200_000])
      const one = await plant()
      const there = await comeAndGo(one.station, random, range, 12_000, one.read)
      const other = await plant()
      for (const ioAddress of there) add(other.station, ioAddress)
      expect(one.station.points.map(({ ioAddress }) => ioAddress)).toEqual(there)
      for (const qoi of [INTERROGATED, INTERROGATED_GROUP]) {
        const said = await answers(one.client, qoi)
        expect(said).toEqual(await answers(other.client, qoi))
        expect(said.length).toBeGreaterThan(10)
      }
      for (const { client, server } of [one, other]) {
        client.close()
        await server.stop()
      }
    }
  }, 60_000)

  it("are told once each, by address, while others come and go", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = new Random(seed)
      const { server, station, client, read } = await plant({ acknowledge: "never" })
      const kept = new Set(await comeAndGo(station, random, 9000, 12_000, read))
      const gone = new Set<number>()
      const come = new Set<number>()
      const before = client.frames.length
      client.interrogate(1)
      for (let told = -1; told < client.iFrames; ) {
        told = client.iFrames
        for (let n = random.below(30); n > 0; n--) {
          const ioAddress = 1 + random.below(9000)
          if (kept.delete(ioAddress) || come.delete(ioAddress)) {
            station.removePoint(ioAddress)
            gone.add(ioAddress)
          } else if (!gone.has(ioAddress)) {
            add(station, ioAddress)
            come.add(ioAddress)
          }
        }
        client.acknowledge()
        await client.answers()
      }
      const said = client.frames
        .slice(before)
        .map(decoded)
        .filter(isAsdu)
        .filter(({ typeId, cot }) => typeId === Type.M_ME_NC_1 && cot === INTERROGATED)
        .flatMap(({ objects }) => (objects ?? []).map(({ ioa }) => ioa))
      expect(said).toEqual([...new Set(said)].sort((a, b) => a - b))
      const isTold = new Set(said)
      expect([...kept].filter((ioAddress) => !isTold.has(ioAddress))).toEqual([])
      expect(kept.size).toBeGreaterThan(200)
      expect(client.asdus({ typeId: 100 }).map(({ cot }) => cot)).toEqual([7, 10])
      client.close()
      await server.stop()
    }
  }, 60_000)
})
