// What tests on real sockets share: servers that are stopped and clients that are closed when the test is over, and
// recorders of events that are waited for.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { onTestFinished } from "vitest"
import { type ReceiveCallback, Server, type ServerOptions, Type } from "../../src/api/c104/index.ts"
import * as Profile from "../../src/core/Profile.ts"
import { Host } from "../../src/shell/Host.ts"
import * as Options from "../../src/shell/Options.ts"
import { serve } from "../../src/shell/Serve.ts"
import type { ServerEvent } from "../../src/shell/ServerEvent.ts"
import { Ticker } from "../../src/shell/Ticker.ts"
import { type ClientOptions, RawClient } from "./RawClient.ts"

const WAIT_MS = 5000

type Kind = ServerEvent["event"]
export type EventOf<K extends Kind> = Extract<ServerEvent, { readonly event: K }>

/** The events of a server in their order. */
export class Recorder {
  readonly all: ServerEvent[] = []
  private waiters: (() => void)[] = []

  readonly observer = (event: ServerEvent): void => {
    this.all.push(event)
    const { waiters } = this
    this.waiters = []
    for (const wake of waiters) wake()
  }

  of<K extends Kind>(kind: K): EventOf<K>[] {
    return this.all.filter((event): event is EventOf<K> => event.event === kind)
  }

  /** The `count`-th event of a kind since the start, waited for. */
  async next<K extends Kind>(kind: K, count = 1, withinMs: number = WAIT_MS): Promise<EventOf<K>> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      const found = this.of(kind)[count - 1]
      if (found !== undefined) return found
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) throw new Error(`no ${kind}; events: ${this.all.map(({ event }) => event).join(" ")}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}

/** A server on a free port of 127.0.0.1, not started; stopped when the test is over. */
export const makeServer = (options: ServerOptions = {}): Server => {
  const server = new Server({ ip: "127.0.0.1", port: 0, ...options })
  onTestFinished(() => server.stop())
  return server
}

/** A running server with the station 1. */
export const startServer = async (options: ServerOptions = {}) => {
  const server = makeServer(options)
  const station = server.addStation(1)
  if (station === null) throw new Error("a new server has no stations")
  const events = record(server)
  await server.start()
  return { server, station, events }
}

export const record = (server: Server): Recorder => {
  const recorder = new Recorder()
  server.observe(recorder.observer)
  return recorder
}

/** A host of the shell, below the faces: its link parameters and sockets are in reach. */
export const startHost = async (options: Options.PartialOptions = {}) => {
  const host = new Host(Options.complete({ host: "127.0.0.1", port: 0, ...options }, Profile.iec))
  const events = new Recorder()
  host.observers.add(events.observer)
  const scope = await Effect.runPromise(Scope.make())
  const stop = (): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void))
  onTestFinished(stop)
  const { port } = await Effect.runPromise(serve(host, new Ticker(host)).pipe(Scope.provide(scope)))
  host.addStation(1)
  return { host, port, events, stop }
}

/** A client that is closed when the test is over. */
export const connect = async (port: number, options: ClientOptions = {}): Promise<RawClient> => {
  const client = await RawClient.connect(port, options)
  onTestFinished(() => client.close())
  return client
}

/** A client on which data transfer is started. */
export const startClient = async (port: number, options: ClientOptions = {}): Promise<RawClient> => {
  const client = await connect(port, options)
  await client.startdt()
  return client
}

/** A server with the single command 10, decided by `callback`, and a started client. */
export const switchedBy = async (
  callback: ReceiveCallback<typeof Type.C_SC_NA_1> | null,
  options: ServerOptions = {}
) => {
  const { server, station, events } = await startServer(options)
  const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  if (point === null) throw new Error("address 10 is free")
  point.onReceive(callback)
  const client = await startClient(server.port)
  const operate = (scs = true) => client.command(Type.C_SC_NA_1, 10, { scs })
  return { server, station, events, point, client, operate }
}

/** Lets callbacks that are due run. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A promise with its ends in reach. */
export const deferred = <A>() => {
  let resolve: (value: A) => void = () => {}
  let reject: (cause: unknown) => void = () => {}
  const promise = new Promise<A>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Octets in MiB. */
export const mib = (octets: number): number => Math.round(octets / 1048576)
