// A process that stands still is not a peer that is dead: whatever notices first that a deadline has passed, the input
// that waits is read before it is judged.
import * as Fs from "node:fs"
import { describe, expect, it } from "vitest"
import { ResponseState } from "../../src/api/c104/index.ts"
import * as Drain from "../../src/core/station/Drain.ts"
import { Type } from "../../src/core/wire/TypeTable.ts"
import type { FileStore } from "../../src/shell/files/FileStore.ts"
import { connectSecure, security, startSecure } from "../support/certificates.ts"
import { deferred, startClient, startHost, startServer } from "../support/Stage.ts"
import { startThreadClients } from "../support/ThreadClients.ts"
import { FileClient } from "./fileClient.ts"

const T1_MS = 1100
const link = { k: 12, w: 8, t1Ms: T1_MS, t2Ms: 1000, t3Ms: 20_000 }

/** The process does nothing for so long, and reads nothing. */
const stall = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

const stopped = { acknowledge: "never" } as const

/** A host with a measured value, and a healthy client whose acknowledgement is on its way when the process stands still. */
const given = async () => {
  const { host, port, events } = await startHost({ link })
  const place = host.addPoints(1, 20, Type.M_ME_NB_1, 1)
  const command = host.addPoints(1, 10, Type.C_SC_NA_1, 1)
  if (place === null || command === null) throw new Error("the addresses are free")
  const publish = (): boolean => host.publish(place.block, place.slot, 3, 0)
  const client = await startClient(port, stopped)
  return { host, port, events, place, command, publish, client }
}

/** What happens first when the process goes on. */
const notices: Readonly<Record<string, (of: Awaited<ReturnType<typeof given>>) => void>> = {
  "an event that is published": ({ publish, host }) => {
    publish()
    host.deliver()
  },
  "a decision": ({ host }) => {
    for (const session of host.sessions) Drain.dispatch(session, session.decision([], "decided"))
  },
  "the room in the socket": ({ host }) => {
    for (const session of host.sessions) session.ready()
  },
  "an end of initialisation": ({ host }) => host.initialised(1, 0),
  "nothing but the deadline": () => {}
}

describe("after a stall of more than t1 a healthy peer is kept", () => {
  it.each(Object.entries(notices))("when what comes first is %s", async (_, notice) => {
    const all = await given()
    const { client, publish, events } = all
    publish()
    await client.until(() => client.iFrames === 1)
    client.acknowledge()
    stall(T1_MS * 1.3)
    notice(all)
    await client.testfr()
    expect([client.isClosed, events.of("closed")]).toEqual([false, []])
  })

  it("though its acknowledgement stands behind more input than is read at a time", async () => {
    const { client, publish, events } = await given()
    publish()
    await client.until(() => client.iFrames === 1)
    client.send(Buffer.alloc(200_000 - (200_000 % 6), Uint8Array.of(0x68, 4, 0x83, 0, 0, 0)))
    client.acknowledge()
    stall(T1_MS * 1.3)
    await client.testfr()
    expect([client.isClosed, events.of("closed")]).toEqual([false, []])
  })

  it("though the application stands still between what is read and what is judged, again and again", async () => {
    const { host, port, events, publish } = await given()
    for (const session of host.sessions) session.end("shutdown")
    await startThreadClients(port)
    const before = events.of("closed").length
    for (let i = 0; i < 500; i++) publish()
    for (let i = 0; i < 4; i++)
      await new Promise<void>((resolve) =>
        setImmediate(() => {
          stall(T1_MS * 1.2)
          resolve()
        })
      )
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([events.of("closed").slice(before), host.sessions.size]).toEqual([[], 1])
  })
})

/** Two types, so that two APDUs are sent; a client in another thread acknowledges them as soon as it has them. */
const givenTwo = async (version: "TLSv1.2" | "TLSv1.3" | undefined, delayMs: number) => {
  const { server, station, events } = await startServer(version === undefined ? {} : { transportSecurity: security() })
  server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2, connectionTimeout: 2 })
  const points = [Type.M_ME_NC_1, Type.M_BO_NA_1].map((type, i) => station.addPoint({ ioAddress: 1 + i, type }))
  await startThreadClients(server.port, { count: 3, delayMs, ...(version === undefined ? {} : { version }) })
  const publish = async (): Promise<void> => {
    for (const point of points) point?.transmit(3)
    await Promise.resolve()
    await Promise.resolve()
  }
  return { server, events, publish }
}

describe.each([
  ["TCP", undefined],
  ["TLS 1.2", "TLSv1.2"],
  ["TLS 1.3", "TLSv1.3"]
] as const)("over %s, what left only after a stall of more than t1 is waited for from then on", (_, version) => {
  it.each([0, 200])("by a peer that answers after %i ms", async (delayMs) => {
    const { events, publish } = await givenTwo(version, delayMs)
    await publish()
    stall(2300)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(events.of("closed")).toEqual([])
  })
})

it("a peer that does not acknowledge is closed all the same, whatever else happens", async () => {
  const { client, publish, host, events } = await given()
  publish()
  await client.until(() => client.iFrames === 1)
  const busy = setInterval(() => {
    publish()
    for (const session of host.sessions) Drain.dispatch(session, session.decision([], "decided"))
  }, 20)
  await client.ended
  clearInterval(busy)
  expect(events.of("closed").map(({ reason }) => reason)).toEqual(["T1_IFRAME"])
})

it.each([
  ["TCP", () => given()],
  [
    "TLS",
    async () => {
      const { server, station, events } = await startServer({ transportSecurity: security() })
      server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2, connectionTimeout: 2 })
      const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
      const publish = () => point?.transmit(3)
      const client = await startSecure(server.port, "first", { client: stopped })
      return { client, publish, events }
    }
  ]
] as const)(
  "a peer over %s that does not acknowledge is closed in time where the application stands still all the time",
  async (_, plant) => {
    const { client, publish, events } = await plant()
    publish()
    await client.until(() => client.iFrames === 1)
    const beginMs = performance.now()
    for (let i = 0; i < 20 && events.of("closed").length === 0; i++)
      await new Promise<void>((resolve) =>
        setImmediate(() => {
          stall(300)
          publish()
          resolve()
        })
      )
    expect(events.of("closed").map(({ reason }) => reason)).toEqual(["T1_IFRAME"])
    expect(performance.now() - beginMs).toBeLessThan(2000 + 2500)
  }
)

it("a peer that floods TESTFR and does not acknowledge is closed in time", async () => {
  const { client, publish, events } = await given()
  publish()
  await client.until(() => client.iFrames === 1)
  void client.flood(Uint8Array.of(0x68, 4, 0x43, 0, 0, 0))
  // It takes as long as it takes to read what it has sent by then.
  const { reason } = await events.next("closed", 1, T1_MS + 8000)
  expect(reason).toBe("T1_IFRAME")
  client.close()
})

describe("what waits for a peer is judged when its input was read: after a stall", () => {
  it("a file transfer goes on", async () => {
    const content = Uint8Array.from({ length: 100 }, (_, i) => i)
    const file = {
      octets: content.length,
      read: async (at: number, octets: number) => content.slice(at, at + octets),
      close: async () => {}
    }
    const files: FileStore = {
      list: async () => [],
      open: async () => file,
      create: () => Promise.reject(new Error("nothing is sent here")),
      delete: async () => null
    }
    const { host, port } = await startHost({ files, limits: { fileStepMs: 500 } })
    const place = host.addPoints(1, 20, Type.M_ME_NB_1, 1)
    const client = await FileClient.start(port)
    await client.call(1, 1)
    await client.call(1, 2)
    await client.send(122, 1, [1, 6])
    stall(800)
    if (place !== null) host.publish(place.block, place.slot, 3, 0)
    await client.next()
    expect((await client.next()).name).toBe("F_LS")
    expect(client.content).toEqual(Buffer.from(content))
  })

  it("a termination is not sent before the return information", async () => {
    const { server, station } = await startServer({ profile: "iec" })
    server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2, connectionTimeout: 2, sendWindowSize: 2 })
    const state = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    const value = station.addPoint({ ioAddress: 21, type: Type.M_ME_NC_1 })
    const command = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: 20 })
    const other = station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })
    if (command === null || other === null || state === null || value === null)
      throw new Error("the addresses are free")
    const answer = deferred<ResponseState>()
    other.onReceive(() => answer.promise)
    other.actTerm = false
    command.relatedIoAutoreturn = true
    command.actTerm = true
    command.onReceive(() => ResponseState.SUCCESS)
    const client = await startClient(server.port, stopped)
    value.transmit(3)
    await client.until(() => client.iFrames === 1)
    client.command(45, 10, { scs: true })
    client.command(45, 11, { scs: true })
    await client.until(() => client.iFrames === 2)
    client.acknowledge()
    stall(2300)
    answer.resolve(ResponseState.SUCCESS)
    for (const frames of [4, 5]) {
      await client.until(() => client.iFrames === frames)
      client.acknowledge()
    }
    expect(client.asdus().map(({ cot }) => cot)).toEqual([3, 7, 7, 11, 10])
  })

  it("a connection is admitted whose answer waits to be read", async () => {
    const { server, events } = await startServer({ limits: { connectMs: 300 } })
    server.onConnect(
      () =>
        new Promise((resolve) => {
          // Behind the timers of the next turn: what was asked for is there by then, and nobody has looked.
          setImmediate(() => {
            Fs.stat(".", () => resolve(true))
            stall(900)
          })
        })
    )
    const client = await startClient(server.port)
    expect(await client.answers()).toBe(true)
    expect(events.of("refused")).toEqual([])
  })

  it("an output is known whose handler has its answer waiting", async () => {
    const { server, station, events } = await startServer({ profile: "iec", limits: { operationMs: 600 } })
    const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
    point?.onReceive(async () => {
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          Fs.stat(".", () => resolve())
          stall(900)
        })
      })
      return ResponseState.SUCCESS
    })
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    const { negative } = await client.next({ typeId: Type.C_SC_NA_1 })
    expect([negative, point?.outputStatus, events.of("output")]).toEqual([false, "free", []])
  })

  it("a TLS handshake goes on that was in time", async () => {
    const { server, events } = await startServer({ transportSecurity: security(), limits: { handshakeMs: 300 } })
    const client = connectSecure(server.port)
    client.catch(() => {})
    // Its first octets are on their way, or will be in a moment.
    await new Promise((resolve) => setTimeout(resolve, 3))
    stall(600)
    const connected = await client
    await connected.startdt()
    expect(events.of("refused")).toEqual([])
  })
})
