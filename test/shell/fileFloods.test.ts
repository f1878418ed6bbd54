// What a client can have the file store do by asking again and again: no more than so much at a time, nothing for who has gone,
// and nothing that it was refused.
import { expect, it } from "vitest"
import type { FileStore } from "../../src/api/c104/index.ts"
import { deferred, startServer } from "../support/Stage.ts"
import { FileClient } from "./fileClient.ts"

const MOST = 16
const FLOOD = 1000

const nothing: FileStore = {
  list: async () => [],
  open: async () => "unknown",
  create: async () => "notAllowed",
  delete: async () => "notAllowed"
}

/** A store that counts what it is asked and answers when it is told to, and a client of its server. */
const slowly = async (limits = {}) => {
  let calls = 0
  let most = 0
  let open = 0
  const gate = deferred<void>()
  const slow = async <A>(answer: A): Promise<A> => {
    calls++
    open++
    most = Math.max(most, open)
    await gate.promise
    open--
    return answer
  }
  const files: FileStore = {
    list: () => slow([]),
    open: () => slow("unknown" as const),
    create: () => slow("noSpace" as const),
    delete: () => slow(null),
    query: () => slow(1)
  }
  const { server, events } = await startServer({ files, limits })
  const client = await FileClient.start(server.port)
  const answer = async (): Promise<void> => {
    gate.resolve()
    await expect.poll(() => open).toBe(0)
    for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve))
  }
  return { server, events, client, answer, calls: () => calls, most: () => most }
}

const EVER = new Array<number>(14).fill(0)

it.each([
  ["selects a file", 122, [0, 1]],
  ["announces a file", 120, [10, 0, 0, 0]],
  ["queries an archive", 127, EVER]
] as const)(
  "a client that %s again and again leaves no more with the store than that may be",
  async (_, type, elements) => {
    const { client, answer, calls, most } = await slowly()
    for (let n = 0; n < FLOOD; n++) await client.send(type, 1, elements)
    await client.raw.testfr()
    expect(most()).toBeLessThanOrEqual(MOST)
    client.raw.close()
    await answer()
    expect(calls()).toBeLessThanOrEqual(MOST)
  }
)

it.each([
  ["open a file", 122, [0, 1]],
  ["announce a file", 120, [10, 0, 0, 0]],
  ["delete a file", 122, [0, 4]],
  ["query an archive", 127, EVER]
] as const)(
  "clients that %s and leave again and again do not leave more with the store than may be",
  async (_, type, elements) => {
    const { server, answer, calls } = await slowly({ abandonedCallbacks: 40 })
    for (let n = 0; n < 30; n++) {
      const client = await FileClient.start(server.port)
      await client.send(type, 100 + n, elements)
      await client.raw.testfr()
      client.raw.close()
      await client.raw.ended
    }
    // A quarter is for one address; what was asked before the last one was known to have gone comes on top.
    await expect.poll(() => server.openConnectionCount).toBe(1)
    expect(calls()).toBeLessThanOrEqual(MOST)
    await answer()
    const client = await FileClient.start(server.port)
    const before = calls()
    await client.send(type, 1, elements)
    await expect.poll(calls).toBeGreaterThan(before)
  }
)

it("archives are not queried for clients that have gone before their turn came", async () => {
  const { server, calls } = await slowly()
  const clients: FileClient[] = []
  for (let n = 0; n < 200; n++) clients.push(await FileClient.start(server.port))
  for (const client of clients) await client.send(127, 1, EVER)
  while (calls() === 0) await new Promise((resolve) => setImmediate(resolve))
  for (const connection of server.connections) connection.close()
  const before = calls()
  for (let turns = 0; turns < 300; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect(calls()).toBe(before)
})

it("a directory that hangs is not asked for again and again", async () => {
  const { server, answer, calls } = await slowly({ fileStepMs: 20 })
  const client = await FileClient.start(server.port)
  for (let n = 0; n < 10; n++) expect(await client.ask(122, 0, [0, 0], 5)).toMatch(/^F_SC/)
  expect(calls()).toBe(4)
  await answer()
  await client.send(122, 0, [0, 0], 5)
  expect((await client.next()).name).toBe("F_DR")
})

it("a client that calls a section again and again leaves no more with the store than that may be", async () => {
  let reads = 0
  const gate = deferred<void>()
  const read = async (_: number, octets: number): Promise<Uint8Array> => {
    reads++
    await gate.promise
    return new Uint8Array(octets)
  }
  const open = async () => ({ octets: 1000, read, close: async () => {} })
  const { server } = await startServer({ files: { ...nothing, open } })
  const client = await FileClient.start(server.port)
  await client.call(1, 1)
  await client.call(1, 2)
  for (let n = 0; n < FLOOD; n++) {
    await client.send(122, 1, [1, 6])
    await client.call(1, 7, 1)
  }
  client.raw.close()
  gate.resolve()
  for (let turns = 0; turns < 1000; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect(reads).toBeLessThanOrEqual(MOST)
})

it("what was asked before STOPDT counts until the store has answered", async () => {
  const { client, answer } = await slowly()
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 8; n++) await client.send(122, 0, [0, 0], 5)
    await client.raw.testfr()
    await client.raw.stopdt()
    await client.raw.startdt()
  }
  expect(await client.ask(122, 0, [0, 0], 5)).toBe("F_SC 0 48")
  await answer()
  await client.send(122, 0, [0, 0], 5)
  expect((await client.next()).name).toBe("F_DR")
})

it("a file is not deleted for whom that was refused, or who has gone, while it was being closed", async () => {
  const gate = deferred<"unknown">()
  const deleted: number[] = []
  const files: FileStore = {
    ...nothing,
    open: () => gate.promise,
    delete: async ({ nof }) => {
      deleted.push(nof)
      return null
    }
  }
  const { server, events } = await startServer({ files, limits: { fileStepMs: 100 } })
  const [client, other] = [await FileClient.start(server.port), await FileClient.start(server.port)]
  expect(await client.call(1, 1)).toBe("F_FR 0 0 0 128")
  // It is given up, and the store has not answered.
  expect(await client.call(1, 4)).toBe("F_FR 0 0 0 128")
  await other.send(122, 1, [0, 4])
  await other.raw.testfr()
  other.raw.close()
  await events.next("closed")
  gate.resolve("unknown")
  expect(await client.call(2, 4)).toBe("F_FR 0 0 0 0")
  expect(await client.call(1, 1)).toBe("F_FR 0 0 0 128")
  expect(deleted).toEqual([2])
})
