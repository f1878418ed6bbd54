// The log of a server: a flood of one kind is told at once and then once a second with its number, to its end.
import { expect, it } from "vitest"
import { Type } from "../../../src/api/c104/index.ts"
import { makeServer, record, startClient } from "../../support/Stage.ts"

/** A server and its lines about requests that were turned down; `flood` has so many more turned down: there is no station 9. */
const plant = async (write: (line: string) => void = () => {}) => {
  const lines: string[] = []
  const server = makeServer({
    logLevel: "debug",
    logWriter: (_, line) => {
      if (!line.includes("rejected")) return
      lines.push(line)
      write(line)
    }
  })
  server.addStation(1)
  await server.start()
  const client = await startClient(server.port)
  let sent = 0
  const flood = async (count: number): Promise<void> => {
    for (const until = sent + count; sent < until; sent++) client.interrogate(9)
    await client.until(() => client.iFrames === sent)
  }
  return { server, lines, flood }
}

/** How many each line stands for. */
const counts = (lines: readonly string[]): readonly number[] =>
  lines.map((line) => 1 + Number(/ \(and (\d+) more like it before\)$/.exec(line)?.[1] ?? 0))

it("tells the end of a flood when its second is over", async () => {
  const { lines, flood } = await plant()
  await flood(8)
  expect(counts(lines)).toEqual([1])
  await expect.poll(() => counts(lines), { timeout: 5000 }).toEqual([1, 7])
  await flood(1)
  // A second has begun anew.
  expect(counts(lines)).toEqual([1, 7])
  await expect.poll(() => counts(lines), { timeout: 5000 }).toEqual([1, 7, 1])
  await new Promise((resolve) => setTimeout(resolve, 1200))
  await flood(1)
  expect(counts(lines)).toEqual([1, 7, 1, 1])
})

it("tells it when the server stops", async () => {
  const { server, lines, flood } = await plant()
  await flood(8)
  await server.stop()
  expect(counts(lines)).toEqual([1, 7])
})

it("survives a writer that fails then", async () => {
  const { server, lines, flood } = await plant((line) => {
    if (line.includes("more like it")) throw new Error("the disk is full")
  })
  await flood(8)
  await expect.poll(() => lines.length, { timeout: 5000 }).toBe(2)
  await flood(1)
  await server.stop()
  expect(counts(lines)).toEqual([1, 7, 1])
})

it("tells a callback that fails for each of many commands once a second with its number, and every other error at once", async () => {
  const lines: string[] = []
  const server = makeServer({ logWriter: (_, line) => void lines.push(line) })
  const station = server.addStation(1)
  for (const ioAddress of [1, 2, 3])
    station?.addPoint({ ioAddress, type: Type.C_SC_NA_1 })?.onReceive(() => {
      throw new Error("the drive is gone")
    })
  await server.start()
  const client = await startClient(server.port)
  const command = async (ioAddress: number, times: number): Promise<void> => {
    const answered = client.iFrames + times
    for (let n = 0; n < times; n++) client.command(Type.C_SC_NA_1, ioAddress, { scs: true })
    await client.until(() => client.iFrames === answered)
  }
  const of = (ioAddress: number): readonly string[] =>
    lines.filter((line) => line.includes(`C_SC_NA_1 ${ioAddress} of`))
  await command(1, 100)
  await command(2, 1)
  expect(counts(of(1))).toEqual([1])
  expect(counts(of(2))).toEqual([1])
  await command(3, 1)
  await command(1, 1)
  expect(counts(of(3))).toEqual([1])
  await server.stop()
  expect(counts(of(1))).toEqual([1, 100])
})

it("writes of very many different errors some, and keeps what it says of other floods", async () => {
  const lines: string[] = []
  const server = makeServer({ logLevel: "debug", logWriter: (_, line) => void lines.push(line) })
  const station = server.addStation(1)
  const POINTS = 1100
  for (let ioAddress = 1; ioAddress <= POINTS; ioAddress++)
    station?.addPoint({ ioAddress, type: Type.C_SC_NA_1 })?.onReceive(() => {
      throw new Error(`drive ${ioAddress} is gone`)
    })
  await server.start()
  const client = await startClient(server.port)
  for (let ioAddress = 1; ioAddress <= POINTS; ioAddress++) {
    client.command(Type.C_SC_NA_1, ioAddress, { scs: true })
    if (ioAddress % 100 === 0) await client.until(() => client.iFrames === ioAddress)
  }
  for (let n = 0; n < 100; n++) client.interrogate(9)
  await client.until(() => client.iFrames === POINTS + 100)
  await server.stop()
  const all = (words: string): number =>
    counts(lines.filter((line) => line.includes(words))).reduce((sum, count) => sum + count, 0)
  expect([all("is gone"), all("rejected")]).toEqual([POINTS, 100])
  expect(lines.filter((line) => line.includes("is gone")).length).toBeLessThan(POINTS / 4)
  expect(lines.filter((line) => line.includes("rejected")).length).toBeLessThan(10)
})

it("writes what was lost as a warning, also where no more than warnings are wanted", async () => {
  const written: (readonly [string, string])[] = []
  const server = makeServer({
    logLevel: "warning",
    logWriter: (level, line) => void written.push([level, line]),
    limits: { logRecords: 1024 }
  })
  const events = record(server)
  const point = server.addStation(1)?.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
  await server.start()
  const client = await startClient(server.port, { acknowledge: "never" })
  for (let n = 0; n < 5000; n++) {
    if (point == null) throw new Error("address 1 is free")
    point.value = n
    point.transmit(3)
  }
  await client.until(() => client.iFrames > 0)
  client.acknowledge()
  const { lost } = await events.next("overflow")
  expect(written).toEqual([["warning", expect.stringContaining(`${lost} events were dropped before`)]])
})
