// Listening as a whole: what fails or is given up halfway leaves nothing open and has served nobody, a server listens
// once at a time, and whoever may connect is decided within a limit.
import { spawn } from "node:child_process"
import Dns from "node:dns"
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { ResponseState, Server, Type } from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"
import { RawClient } from "../support/RawClient.ts"
import { connect, record, startClient, startServer } from "../support/Stage.ts"

const run = Effect.runPromise

/** A listener of somebody else; its port. */
const occupied = async (host: string, port = 0): Promise<{ readonly port: number; readonly leave: () => void }> => {
  const server = Net.createServer()
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as Net.AddressInfo).port, leave: () => void server.close() }
}

const freePort = async (): Promise<number> => {
  const { port, leave } = await occupied("127.0.0.1")
  leave()
  return port
}

/** From now on `localhost` is looked up only when the result is called: until then a listen is halfway, however long it takes. */
const heldLookups = (): (() => void) => {
  const lookup = Dns.lookup as (...args: readonly unknown[]) => void
  const held: (() => void)[] = []
  let holds = true
  const spy = vi.spyOn(Dns, "lookup").mockImplementation(((...args: readonly unknown[]) => {
    if (holds && args[0] === "localhost") held.push(() => lookup(...args))
    else lookup(...args)
  }) as typeof Dns.lookup)
  const release = (): void => {
    holds = false
    spy.mockRestore()
    for (const go of held.splice(0)) go()
  }
  onTestFinished(release)
  return release
}

/** The last of these names an address that was taken by one before. */
const TWICE = ["127.0.0.1", "::1", "localhost"]

/** A client as soon as somebody listens, which has asked for data transfer. */
const impatient = async (port: number, host = "127.0.0.1"): Promise<RawClient> => {
  for (;;) {
    const client = await RawClient.connect(port, { host }).catch(() => null)
    if (client === null) continue
    onTestFinished(() => client.close())
    client.u("STARTDT act")
    return client
  }
}

const refusesConnections = (port: number): Promise<boolean> =>
  RawClient.connect(port).then(
    (client) => {
      client.close()
      return false
    },
    () => true
  )

/** A server of the Effect face, and a scope that is closed when the test is over. */
const effectServer = async (options: Iec104.PartialOptions = {}) => {
  const server = await run(Iec104.make({ hosts: ["127.0.0.1"], port: 0, ...options }))
  const scope = async () => {
    const made = await run(Scope.make())
    const close = (): Promise<void> => run(Scope.close(made, Exit.void))
    onTestFinished(close)
    return { listen: server.listen.pipe(Scope.provide(made)), close }
  }
  return { server, scope }
}

describe("a listen that fails halfway", () => {
  it("has served nobody meanwhile and leaves every address free: Promise face", async () => {
    const port = await freePort()
    const server = new Server({ ip: TWICE, port })
    const events = record(server)
    const release = heldLookups()
    const start = expect(server.start()).rejects.toMatchObject({ code: "ADDRESS_IN_USE" })
    const client = await impatient(port)
    release()
    await start
    await client.ended
    expect([client.frames, events.all, server.isRunning, server.openConnectionCount]).toEqual([[], [], false, 0])
    await using other = new Server({ ip: ["127.0.0.1", "::1"], port })
    await other.start()
  })

  it("has served nobody meanwhile and can be tried again in the same scope: Effect face", async () => {
    const port = await freePort()
    const { leave } = await occupied("::1", port)
    const { server, scope } = await effectServer({ hosts: ["127.0.0.1", "::1"], port })
    const { listen } = await scope()
    expect(await run(Effect.flip(listen))).toMatchObject({ _tag: "AddressInUse", port })
    expect([await refusesConnections(port), server.address()]).toEqual([true, null])
    leave()
    expect(await run(listen)).toEqual({ host: "127.0.0.1", port })
    await startClient(port)
  })

  it("serves those who came early once all addresses are had", async () => {
    const port = await freePort()
    const server = new Server({ ip: ["127.0.0.2", "localhost"], port })
    onTestFinished(() => server.stop())
    const release = heldLookups()
    const start = server.start()
    const client = await impatient(port, "127.0.0.2")
    release()
    await start
    await client.next("STARTDT con")
  })
})

it("what a client said that came early is as old as it may be, where the last address took as long as t1", async () => {
  const port = await freePort()
  const server = new Server({ ip: ["127.0.0.2", "localhost"], port })
  onTestFinished(() => server.stop())
  server.protocolParameters.confirmInterval = 1
  server.protocolParameters.messageTimeout = 2
  const values: unknown[] = []
  const point = server.addStation(1)?.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  point?.onReceive(({ value }) => {
    values.push(value)
    return ResponseState.SUCCESS
  })
  const release = heldLookups()
  const start = server.start()
  const client = await impatient(port, "127.0.0.2")
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  await new Promise((resolve) => setTimeout(resolve, 2200))
  release()
  await start
  expect([(await client.next({ typeId: Type.C_SC_NA_1 })).negative, values]).toEqual([true, []])
})

it("a listen that is interrupted halfway leaves every address free", async () => {
  const port = await freePort()
  const { server, scope } = await effectServer({ hosts: TWICE, port })
  const { listen } = await scope()
  const release = heldLookups()
  const fiber = Effect.runFork(listen)
  const client = await impatient(port)
  await run(Fiber.interrupt(fiber))
  release()
  await client.ended
  expect([client.frames, server.address(), await refusesConnections(port)]).toEqual([[], null, true])
  await using other = new Server({ ip: ["127.0.0.1", "::1"], port })
  await other.start()
})

describe("a second listen of one server", () => {
  it("is refused, and the first goes on with everything", async () => {
    const { server, scope } = await effectServer({ tickRateMs: 50 })
    const station = await run(server.addStation(1))
    await run(station.addPoint({ ioAddress: 1, type: 11, reportMs: 50 }))
    const [first, second] = [await scope(), await scope()]
    const address = await run(first.listen)
    expect(await run(Effect.flip(second.listen))).toMatchObject({
      _tag: "AlreadyListening",
      code: "ALREADY_LISTENING",
      message: `the server listens on 127.0.0.1:${address.port} already`
    })
    await second.close()
    expect(server.address()).toEqual(address)
    const client = await startClient(address.port)
    for (let i = 0; i < 3; i++) await client.next({ cot: 1 })
    await first.close()
    const third = await scope()
    await startClient((await run(third.listen)).port)
  })

  it("is refused while the first is opening", async () => {
    const { scope } = await effectServer({ hosts: ["localhost"] })
    const [first, second] = [await scope(), await scope()]
    const release = heldLookups()
    const opening = run(first.listen)
    expect(await run(Effect.flip(second.listen))).toMatchObject({ _tag: "AlreadyListening" })
    release()
    await opening
  })
})

describe("onConnect without an answer", () => {
  const TOLD = {
    refused: { address: "127.0.0.1", why: "onConnect did not answer within 60 ms" },
    error: { code: "CALLBACK_TIMED_OUT", message: "onConnect of 127.0.0.1 did not answer within 60 ms" }
  }

  it("refuses in time, is reported, and what it says later is dropped", async () => {
    const { server, events } = await startServer({ limits: { connectMs: 60 } })
    const late: ((admitted: boolean) => void)[] = []
    server.onConnect(() => new Promise((resolve) => late.push(resolve)))
    const client = await connect(server.port)
    client.u("STARTDT act")
    await client.ended
    expect(client.frames).toEqual([])
    expect([await events.next("refused"), (await events.next("error")).error]).toMatchObject([TOLD.refused, TOLD.error])
    for (const admit of late) admit(true)
    server.onConnect(null)
    await startClient(server.port)
    expect(events.all.map(({ event }) => event)).toEqual(["error", "refused", "connected", "started"])
  })

  it("is interrupted in the Effect face, also when its client has gone", async () => {
    const { server, scope } = await effectServer({ limits: { connectMs: 1000 } })
    let interrupted = 0
    let asked: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      asked = resolve
    })
    await run(
      server.onConnect(() =>
        Effect.sync(() => asked()).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Effect.sync(() => void interrupted++))
        )
      )
    )
    const { port } = await run((await scope()).listen)
    const gone = await connect(port)
    await begun
    gone.reset()
    const patient = await connect(port)
    await patient.ended
    expect(interrupted).toBe(2)
  })
})

it("a start that fails and is not awaited is an unhandled rejection", async () => {
  const program = "import { Server } from './src/api/c104/index.ts'; void new Server({ ip: '192.0.2.1' }).start()"
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "pipe" })
  let err = ""
  child.stderr.on("data", (chunk) => {
    err += String(chunk)
  })
  const code = await new Promise((resolve) => child.on("close", resolve))
  expect([code, err]).toEqual([1, expect.stringContaining("192.0.2.1:2404 is not an address of this machine")])
})

it("a stopped server does not keep its process for a callback that never ends, whatever its limit", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", NEVER_REFRESHED], { stdio: "pipe" })
  onTestFinished(() => void child.kill("SIGKILL"))
  const code = await new Promise((resolve) => child.on("close", resolve))
  expect(code).toBe(0)
})

/** A point whose `onBeforeAutoTransmit` is asked and never answers; then the server is stopped. */
const NEVER_REFRESHED = `
import * as Net from "node:net"
import { Server, Type } from "./src/api/c104/index.ts"
const server = new Server({ ip: "127.0.0.1", port: 0, limits: { refreshMs: 3600000 } })
const point = server.addStation(1).addPoint({ ioAddress: 1, type: Type.M_SP_NA_1, reportMs: 100 })
await server.start()
const client = Net.connect(server.port, "127.0.0.1", () => client.write(Uint8Array.of(0x68, 4, 7, 0, 0, 0)))
await new Promise((resolve) => point.onBeforeAutoTransmit(() => { resolve(); return new Promise(() => {}) }))
await server.stop()
client.destroy()
`
