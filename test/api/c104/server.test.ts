// The life of a `Server`: starting, stopping, ports, several servers in one process, counters and properties.
import * as Net from "node:net"
import { describe, expect, it } from "vitest"
import { Server, Type } from "../../../src/api/c104/index.ts"
import { RawClient } from "../../support/RawClient.ts"
import { connect, makeServer, record, startClient, startServer } from "../../support/Stage.ts"

const codeOf = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => "it succeeded",
    (cause) => (cause instanceof Error && "code" in cause ? cause.code : cause)
  )

describe("start and stop", () => {
  it("may come in any order and any number", async () => {
    const server = makeServer()
    await server.stop()
    expect(server.isRunning).toBe(false)
    await Promise.all([server.start(), server.start()])
    const { port } = server
    await server.start()
    expect([server.isRunning, server.port]).toEqual([true, port])
    await Promise.all([server.stop(), server.start(), server.stop(), server.stop()])
    expect(server.isRunning).toBe(false)
    await expect(RawClient.connect(port)).rejects.toThrow("ECONNREFUSED")
  })

  it("gives the real port for port 0 while it runs, and the asked one otherwise", async () => {
    const server = makeServer()
    expect(server.port).toBe(0)
    await server.start()
    expect(server.port).toBeGreaterThan(0)
    const client = await connect(server.port)
    expect(await client.answers()).toBe(true)
    await server.stop()
    expect(server.port).toBe(0)
  })

  it("restarts on the same port with everything that was configured", async () => {
    const free = makeServer()
    await free.start()
    const { port } = free
    await free.stop()
    const server = makeServer({ port })
    server.addStation(7)?.addPoint({ ioAddress: 70, type: Type.M_ME_NB_1 })
    for (let round = 0; round < 3; round++) {
      await server.start()
      const client = await startClient(port)
      client.interrogate(7)
      expect((await client.next({ cot: 20 })).objects).toMatchObject([{ ioa: 70, value: 0 }])
      await server.stop()
      expect(await client.ended).toBe("fin")
    }
  })

  it("tells that a port is in use, and works after the port is free", async () => {
    const { server: first } = await startServer()
    const second = makeServer({ port: first.port })
    const failure = await second.start().catch((cause) => cause)
    expect(failure).toMatchObject({ _tag: "AddressInUse", code: "ADDRESS_IN_USE", host: "127.0.0.1", port: first.port })
    expect(failure).toBeInstanceOf(Error)
    expect(failure.message).toContain(`127.0.0.1:${first.port}`)
    expect(second.isRunning).toBe(false)
    await first.stop()
    await second.start()
    expect(second.isRunning).toBe(true)
  })

  it("tells that an address is none of this machine's", async () => {
    expect(await codeOf(makeServer({ ip: "203.0.113.7" }).start())).toBe("ADDRESS_UNAVAILABLE")
    expect(await codeOf(makeServer({ ip: "no such host" }).start())).toBe("ADDRESS_UNAVAILABLE")
  })

  it("runs beside another server in the same process", async () => {
    const [one, two] = [await startServer(), await startServer()]
    one.station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
    two.station.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1 })
    const [client, other] = [await startClient(one.server.port), await startClient(two.server.port)]
    client.interrogate()
    other.interrogate()
    expect((await client.next({ cot: 20 })).objects?.map(({ ioa }) => ioa)).toEqual([1])
    expect((await other.next({ cot: 20 })).objects?.map(({ ioa }) => ioa)).toEqual([2])
    await one.server.stop()
    expect(await other.answers()).toBe(true)
    expect([one.server.openConnectionCount, two.server.openConnectionCount]).toEqual([0, 1])
  })

  it("stops at the end of an `await using` block", async () => {
    let port = 0
    {
      await using server = new Server({ ip: "127.0.0.1", port: 0 })
      await server.start()
      port = server.port
      expect(await (await connect(port)).answers()).toBe(true)
    }
    await expect(RawClient.connect(port)).rejects.toThrow("ECONNREFUSED")
  })

  it("serves IPv6", async () => {
    const { server, events } = await startServer({ ip: "::1" })
    const client = await connect(server.port, { host: "::1" })
    expect(await client.answers()).toBe(true)
    expect((await events.next("connected")).peer.address).toBe("::1")
  })
})

describe("stop with clients", () => {
  it("lets what was written arrive, closes every connection with FIN, and frees the port at once", async () => {
    const { server, station, events } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => startClient(server.port, { acknowledge: "never" }))
    )
    const stopped = await connect(server.port)
    const { port } = server
    for (let value = 1; value <= 10; value++) {
      if (point !== null) point.value = value
      point?.transmit(3)
      await Promise.resolve()
    }
    await server.stop()
    // A bare socket: nothing but the port itself is asked.
    const other = Net.createServer()
    await new Promise<void>((resolve, reject) => other.once("error", reject).listen(port, "127.0.0.1", resolve))
    await new Promise((resolve) => other.close(resolve))
    for (const client of clients) {
      expect(await client.ended).toBe("fin")
      const values = client.asdus({ cot: 3 }).flatMap(({ objects }) => objects?.map(({ value }) => value))
      expect(values).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }
    expect(await stopped.ended).toBe("fin")
    expect(events.of("closed").map(({ reason }) => reason)).toEqual(Array.from({ length: 6 }, () => "LOCAL"))
    expect([server.openConnectionCount, server.activeConnectionCount]).toEqual([0, 0])
  })

  it("does not wait longer than its limit for a client that reads nothing", async () => {
    const { server, events } = await startServer({ limits: { lingerMs: 200 } })
    const client = await connect(server.port, { keep: false })
    client.stopReading()
    const flooding = client.flood(Buffer.from("680443000000", "hex"))
    await events.next("connected")
    await client.until(() => client.flooded > 1_000_000)
    const startMs = performance.now()
    await server.stop()
    expect(performance.now() - startMs).toBeLessThan(2000)
    await flooding
    expect(server.openConnectionCount).toBe(0)
  })

  it("closes a connection that still waits for onConnect, and does not serve it afterwards", async () => {
    const { server, events } = await startServer()
    let admit: (verdict: boolean) => void = () => {}
    const asked = new Promise<void>((resolve) => {
      server.onConnect(() => {
        resolve()
        return new Promise((verdict) => {
          admit = verdict
        })
      })
    })
    const client = await connect(server.port)
    await asked
    await server.stop()
    const ending = await Promise.race([client.ended, new Promise((resolve) => setTimeout(resolve, 1000, "still open"))])
    admit(true)
    await client.ended
    expect(events.of("connected")).toEqual([])
    expect(ending).not.toBe("still open")
  })
})

describe("options and properties", () => {
  it.each([
    [{ port: 65_536 }, /port.*0 to 65535.*65536/],
    [{ port: 1.5 }, /port.*1\.5/],
    [{ ip: "" }, /host/],
    [{ tickRateMs: 49 }, /tickRateMs.*50/],
    [{ maxConnections: -1 }, /maxConnections/],
    [{ selectTimeoutMs: -1 }, /selectTimeoutMs/],
    [{ limits: { decisionMs: 0 } }, /decisionMs.*1 to 3600000/],
    [{ limits: { logRecords: 63 } }, /logRecords/]
  ])("refuses %j", (options, message) => {
    expect(() => new Server(options)).toThrow(message)
  })

  it("knows its connections", async () => {
    const { server, events } = await startServer()
    const counts = () => [
      server.openConnectionCount,
      server.activeConnectionCount,
      server.hasOpenConnections,
      server.hasActiveConnections
    ]
    expect(counts()).toEqual([0, 0, false, false])
    const client = await connect(server.port)
    await events.next("connected")
    expect(counts()).toEqual([1, 0, true, false])
    await client.startdt()
    expect(counts()).toEqual([1, 1, true, true])
    await startClient(server.port)
    expect(counts()).toEqual([2, 2, true, true])
    await client.stopdt()
    expect(counts()).toEqual([2, 1, true, true])
    client.close()
    await events.next("closed")
    expect(counts()).toEqual([1, 1, true, true])
  })

  it("has the properties that it was given, and says what it is", async () => {
    const server = makeServer({ tickRateMs: 250, selectTimeoutMs: 4000, maxConnections: 3 })
    expect(server).toMatchObject({ ip: "127.0.0.1", tickRateMs: 250, selectTimeoutMs: 4000, maxConnections: 3 })
    server.maxConnections = 5
    expect(server.maxConnections).toBe(5)
    expect(() => {
      server.maxConnections = -1
    }).toThrow("maxConnections: a whole number from 0 to 1000000 is required, not -1")
    expect(String(server)).toBe("Server 127.0.0.1:0, 0 clients, 0 stations")
  })

  it("reports the life of a connection in order, until the observer leaves", async () => {
    const { server, events } = await startServer()
    const leaving: string[] = []
    const leave = server.observe(({ event }) => leaving.push(event))
    const client = await startClient(server.port)
    await client.stopdt()
    leave()
    client.close()
    await events.next("closed")
    expect(events.all.map(({ event }) => event)).toEqual(["connected", "started", "stopped", "closed"])
    expect(leaving).toEqual(["connected", "started", "stopped"])
  })

  it("survives an observer that throws, and tells the others", async () => {
    const server = makeServer()
    server.observe(({ event }) => {
      if (event === "connected") throw new Error("observer broke")
    })
    const events = record(server)
    await server.start()
    const client = await startClient(server.port)
    expect(await client.answers()).toBe(true)
    expect((await events.next("error")).error).toMatchObject({
      code: "CALLBACK_FAILED",
      message: "observer of connected failed: observer broke"
    })
  })
})

it.each([
  [{ limits: { rehearsalMs: -1 } }, "options: limit rehearsalMs is -1: an integer from 0 to 10000 (ms) is required"],
  [{ limits: { lingerMs: 0.5 } }, "options: limit lingerMs is 0.5: an integer from 0 to 60000 (ms) is required"],
  [{ packEvents: "yes" }, "packEvents: true or false is required, not yes"],
  [{ sharedReadBuffer: 1 }, "sharedReadBuffer: true or false is required, not 1"]
])("%o is refused in plain words", (options, message) => {
  expect(() => new Server(options as unknown as ConstructorParameters<typeof Server>[0])).toThrow(
    expect.objectContaining({ name: "InvalidArgument", message })
  )
})
