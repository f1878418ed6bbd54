// The Effect face: life bound to a scope, failures in the error channel, handlers that are Effects, events as a stream.
import * as Net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { RawClient } from "../../support/RawClient.ts"
import { Recorder, turn } from "../../support/Stage.ts"

const LOCAL = { host: "127.0.0.1", port: 0 } as const
const REFUSED = { typeId: 45, cot: 7, negative: true }
const CON = { typeId: 45, cot: 7, negative: false }

/** A client that lives as long as the scope. */
const client = (port: number): Effect.Effect<RawClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => RawClient.connect(port)),
    (connected) => Effect.sync(() => connected.close())
  )

const started = (port: number): Effect.Effect<RawClient, never, Scope.Scope> =>
  Effect.tap(client(port), (connected) => Effect.promise(() => connected.startdt()))

/** A port that was free a moment ago. */
const freePort = Effect.callback<number>((resume) => {
  const server = Net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as Net.AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** A server with station 1 that listens on a free port, and the errors that it reports. */
const running = (options: Iec104.PartialOptions = {}) =>
  Effect.gen(function* () {
    const server = yield* Iec104.make({ ...LOCAL, ...options })
    const station = yield* server.addStation(1)
    const events = new Recorder()
    const told = (event: Iec104.ServerEvent | Iec104.Gap): void => {
      if (event.event !== "gap") events.observer(event)
    }
    yield* Effect.forkScoped(Stream.runForEach(server.events, (event) => Effect.sync(() => told(event))))
    const { port } = yield* server.listen
    const take = <K extends Iec104.ServerEvent["event"]>(kind: K) => Effect.promise(() => events.next(kind))
    return { server, station, port, events, take }
  })

describe("life", () => {
  it.live("is that of the scope: the port is open until it closes, and clients get FIN", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port } = yield* running().pipe(Scope.provide(scope))
      const connected = yield* started(port)
      yield* Scope.close(scope, Exit.void)
      expect(yield* Effect.promise(() => connected.ended)).toBe("fin")
      const again = yield* Effect.exit(Effect.tryPromise(() => RawClient.connect(port)))
      expect(Exit.isFailure(again)).toBe(true)
    })
  )

  it.live(
    "is over where the scope ends while the server begins to listen: nobody is served, and it may listen again",
    () =>
      Effect.gen(function* () {
        const server = yield* Iec104.make(LOCAL)
        for (let turns = 0; turns < 8; turns++) {
          const scope = yield* Scope.make()
          const listening = Effect.runPromiseExit(server.listen.pipe(Scope.provide(scope)))
          yield* Effect.promise(async () => {
            for (let i = 0; i < turns; i++) await null
          })
          yield* Scope.close(scope, Exit.void)
          const exit = yield* Effect.promise(() => listening)
          yield* Effect.promise(turn)
          expect(server.address()).toBe(null)
          if (Exit.isSuccess(exit)) {
            const { port } = exit.value
            expect((yield* Effect.exit(Effect.tryPromise(() => RawClient.connect(port))))._tag).toBe("Failure")
          } else expect(Cause.hasInterruptsOnly(exit.cause)).toBe(true)
        }
        const ended = yield* Scope.make()
        yield* Scope.close(ended, Exit.void)
        expect(Exit.isFailure(yield* Effect.exit(server.listen.pipe(Scope.provide(ended))))).toBe(true)
        const { port } = yield* server.listen
        yield* started(port)
        expect(server.activeConnectionCount()).toBe(1)
      })
  )

  it.live("of a layer starts with its setup done and ends with the layer", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const layer = Iec104.Iec104Server.layer({ ...LOCAL, port }, (server) =>
        server.addStation(1).pipe(
          Effect.flatMap((station) => station.addPoint({ ioAddress: 1, type: 11 })),
          Effect.asVoid
        )
      )
      const connected = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* Iec104.Iec104Server
          const connected = yield* Effect.promise(() => RawClient.connect(port))
          yield* Effect.promise(() => connected.startdt())
          expect(server.activeConnectionCount()).toBe(1)
          connected.interrogate()
          const { objects } = yield* Effect.promise(() => connected.next({ cot: 20 }))
          expect(objects).toMatchObject([{ ioa: 1, value: 0 }])
          return connected
        })
      ).pipe(Effect.provide(layer))
      expect(yield* Effect.promise(() => connected.ended)).toBe("fin")
    })
  )

  it.live("fails with AddressInUse in the error channel, also from the layer", () =>
    Effect.gen(function* () {
      const { port } = yield* running()
      const second = yield* Iec104.make({ ...LOCAL, port })
      const told = yield* second.listen.pipe(
        Effect.as("listens"),
        Effect.catchTag("AddressInUse", (error) => Effect.succeed([error.code, error.port]))
      )
      expect(told).toEqual(["ADDRESS_IN_USE", port])
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(Iec104.Iec104Server.layer({ ...LOCAL, port }))))
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toMatchObject({ _tag: "AddressInUse", port })
    })
  )

  it.live("two servers live side by side, each from a layer of its own", () =>
    Effect.gen(function* () {
      const stations: number[] = []
      const layer = Iec104.Iec104Server.layer(LOCAL, (server) =>
        Effect.map(server.addStation(1), ({ commonAddress }) => {
          stations.push(commonAddress)
        })
      )
      const one = yield* Layer.build(layer)
      const two = yield* Layer.build(Layer.fresh(layer))
      const [first, second] = [one, two].map((context) => Context.get(context, Iec104.Iec104Server))
      expect(first).not.toBe(second)
      expect(stations).toEqual([1, 1])
      expect((yield* Effect.flip(first?.addStation(1) ?? Effect.die("no server")))._tag).toBe("AddressTaken")
      yield* first?.addStation(2) ?? Effect.die("no server")
      yield* second?.addStation(2) ?? Effect.die("no server")
    })
  )

  it.live("options that cannot be used fail typed", () =>
    Effect.gen(function* () {
      const wrong = [
        { port: 70_000 },
        { link: { k: 0 } },
        { link: { t1Ms: 5000, t2Ms: 6000 } },
        { limits: { refreshMs: 0 } }
      ]
      const codes = yield* Effect.forEach(wrong, (options) =>
        Effect.flip(Iec104.make(options)).pipe(Effect.map(({ code }) => code))
      )
      expect(codes).toEqual(wrong.map(() => "INVALID_ARGUMENT"))
    })
  )
})

describe("stations and points", () => {
  it.live("fail typed for addresses and types that cannot be", () =>
    Effect.gen(function* () {
      const server = yield* Iec104.make(LOCAL)
      const station = yield* server.addStation(1)
      yield* station.addPoint({ ioAddress: 1, type: 13 })
      const tags = yield* Effect.all(
        [
          server.addStation(0),
          server.addStation(1),
          station.addPoint({ ioAddress: 0, type: 13 }),
          station.addPoint({ ioAddress: 1, type: 1 }),
          station.addPoint({ ioAddress: 2, type: 100 })
        ].map((effect: Effect.Effect<unknown, { readonly _tag: string }>) =>
          Effect.flip(effect).pipe(Effect.map(({ _tag }) => _tag))
        )
      )
      expect(tags).toEqual(["InvalidAddress", "AddressTaken", "InvalidAddress", "AddressTaken", "InvalidArgument"])
    })
  )

  it.live.each([
    [13, 130],
    [13, -100],
    [13, Number.NaN],
    [45, 100]
  ] as const)("type %d with reportMs %d fails typed, and leaves no point behind", ([type, reportMs]) =>
    Effect.gen(function* () {
      const server = yield* Iec104.make(LOCAL)
      const station = yield* server.addStation(1)
      const exit = yield* Effect.exit(station.addPoint({ ioAddress: 1, type, reportMs }))
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toMatchObject({ _tag: "InvalidArgument" })
      yield* station.addPoint({ ioAddress: 1, type: 13 })
    })
  )

  it.live("publish values: typed failures, and what a client sees", () =>
    Effect.gen(function* () {
      const { station, port, server } = yield* running()
      const point = yield* station.addPoint({ ioAddress: 5, type: 11 })
      expect((yield* Effect.flip(point.transmit()))._tag).toBe("NotTaken")
      expect(point.publishUnsafe(1)).toBe(false)
      expect((yield* Effect.flip(point.set(40_000)))._tag).toBe("InvalidValue")
      expect(() => point.publishUnsafe(40_000)).toThrow("M_ME_NB_1")
      expect((yield* Effect.flip(point.transmit(6)))._tag).toBe("IllegalCause")
      const connected = yield* started(port)
      expect([server.openConnectionCount(), server.activeConnectionCount()]).toEqual([1, 1])
      yield* point.set(7)
      yield* point.transmit()
      expect(point.publishUnsafe(8)).toBe(true)
      const values = yield* Effect.promise(async () => {
        await connected.until(() => connected.asdus({ cot: 3 }).flatMap(({ objects }) => objects ?? []).length === 2)
        return connected.asdus({ cot: 3 }).flatMap(({ objects }) => objects?.map(({ value }) => value))
      })
      expect([values, point.value(), point.ioAddress, point.type]).toEqual([[7, 8], 8, 5, 11])
      yield* server.room
    })
  )

  it.live("send cyclically", () =>
    Effect.gen(function* () {
      const { station, port } = yield* running({ tickRateMs: 50 })
      yield* station.addPoint({ ioAddress: 5, type: 36, reportMs: 50 })
      const connected = yield* started(port)
      expect(yield* Effect.promise(() => connected.next({ typeId: 13 }))).toMatchObject({ cot: 1 })
    })
  )
})

describe("onCommand", () => {
  const commanded = <E>(
    handler: (command: Iec104.Command) => Effect.Effect<Iec104.Outcome, E>,
    options: Iec104.PartialOptions = {},
    abandon: "signal" | "interrupt" = "interrupt"
  ) =>
    Effect.gen(function* () {
      const stage = yield* running(options)
      const point = yield* stage.station.addPoint({ ioAddress: 9, type: 45, abandon })
      yield* point.onCommand(handler)
      const connected = yield* started(stage.port)
      const answer = Effect.promise(() => {
        connected.command(45, 9, { scs: true }, { oa: 3 })
        return connected.next({ typeId: 45 })
      })
      return { ...stage, connected, answer, point }
    })

  it.live.each([
    ["at once", Effect.succeed<Iec104.Outcome>("success")],
    ["later", Effect.delay(Effect.succeed<Iec104.Outcome>("success"), 10)]
  ] as const)("that succeeds %s confirms", ([, outcome]) =>
    Effect.gen(function* () {
      const seen: unknown[] = []
      const { answer, point } = yield* commanded((command) => {
        const { commonAddress, ioAddress, type, value, previous, originator, qualifier } = command
        seen.push({ commonAddress, ioAddress, type, value, previous, originator, qualifier })
        return outcome
      })
      expect(yield* answer).toMatchObject(CON)
      expect(seen).toEqual([
        {
          commonAddress: 1,
          ioAddress: 9,
          type: 45,
          value: 1,
          previous: { value: 0, qualifier: 0, timeLow: 0, timeHigh: 0 },
          originator: 3,
          qualifier: 0
        }
      ])
      expect(point.value()).toBe(1)
    })
  )

  it.live.each([
    ["at once", Effect.succeed<Iec104.Outcome>("success"), ["7", "10", "7-", "7", "10"]],
    ["after a while", Effect.delay(Effect.succeed<Iec104.Outcome>("success"), 10), ["7-", "7-", "7", "10"]]
  ] as const)(
    "that succeeds %s is heard before what stands in the same segment is judged, or not",
    ([, outcome, said]) =>
      Effect.gen(function* () {
        const { connected } = yield* commanded(() => outcome)
        const command = (select: boolean) =>
          connected.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 9, scs: true, select }] })
        connected.send(Buffer.concat([command(false), command(true), command(false)]))
        yield* Effect.promise(() => connected.until(() => connected.iFrames === said.length))
        expect(connected.asdus().map(({ cot, negative }) => `${cot}${negative ? "-" : ""}`)).toEqual(said)
      })
  )

  it.live.each([
    ["says failure", () => Effect.succeed<Iec104.Outcome>("failure"), null],
    ["fails", () => Effect.fail(new Error("relay stuck")), "relay stuck"],
    ["dies", () => Effect.die(new Error("relay burnt")), "relay burnt"],
    ["interrupts itself", () => Effect.interrupt, ""],
    [
      "throws",
      (): Effect.Effect<Iec104.Outcome> => {
        throw new Error("no relay")
      },
      "no relay"
    ]
  ] as const)("that %s refuses", ([, handler, message]) =>
    Effect.gen(function* () {
      const { answer, take, point, connected } = yield* commanded<unknown>(handler)
      expect(yield* answer).toMatchObject(REFUSED)
      if (message !== null) {
        const { error } = yield* take("error")
        expect([error.code, error.message]).toEqual(["CALLBACK_FAILED", expect.stringContaining(message)])
      }
      expect(point.value()).toBe(0)
      expect(yield* Effect.promise(() => connected.answers())).toBe(true)
    })
  )

  it.live("that hangs is interrupted by the time-out, told by its signal, and reported once", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<boolean>()
      const { answer, events } = yield* commanded(
        ({ signal }) =>
          Effect.never.pipe(
            Effect.onInterrupt(() => Deferred.succeed(interrupted, signal.aborted).pipe(Effect.asVoid))
          ),
        { limits: { decisionMs: 60 } }
      )
      expect(yield* answer).toMatchObject(REFUSED)
      expect(yield* Deferred.await(interrupted)).toBe(true)
      yield* Effect.promise(turn)
      expect(events.of("error").map(({ error }) => error.code)).toEqual(["CALLBACK_TIMED_OUT"])
    })
  )

  it.live("is interrupted when its client goes, and nothing is reported as an error", () =>
    Effect.gen(function* () {
      const [begun, interrupted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const { connected, events, take } = yield* commanded(() =>
        Deferred.succeed(begun, undefined).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined).pipe(Effect.asVoid))
        )
      )
      connected.command(45, 9, { scs: true })
      yield* Deferred.await(begun)
      connected.reset()
      yield* Deferred.await(interrupted)
      expect((yield* take("closed")).reason).toMatch(/TRANSPORT|PEER_CLOSED/)
      yield* Effect.promise(turn)
      expect(events.of("error")).toEqual([])
    })
  )
})

describe("events", () => {
  it.live("are a stream that ends with its consumer and never disturbs a session", () =>
    Effect.gen(function* () {
      const { server, port } = yield* running()
      const names = yield* Effect.forkChild(
        server.events.pipe(
          Stream.map(({ event }) => event),
          Stream.take(3),
          Stream.runCollect
        )
      )
      // The observer is there once the fiber has run.
      yield* Effect.promise(turn)
      const connected = yield* started(port)
      yield* Effect.promise(() => connected.stopdt())
      expect(yield* Fiber.join(names)).toEqual(["connected", "started", "stopped"])
      expect(yield* Effect.promise(() => connected.answers())).toBe(true)
    })
  )

  /** A stream that is taken from only when `release` is run, and then until as many events were taken or counted. */
  const lagging = <A extends Iec104.ServerEvent>(stream: Stream.Stream<A | Iec104.Gap>, count: number) =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const seen: (A | Iec104.Gap)[] = []
      const fiber = yield* Effect.forkChild(
        stream.pipe(
          Stream.tap(() => Deferred.await(gate)),
          Stream.takeUntil((event) => {
            seen.push(event)
            return seen.reduce((sum, one) => sum + (one.event === "gap" ? one.lost : 1), 0) >= count
          }),
          Stream.runDrain
        )
      )
      yield* Effect.promise(turn)
      const release = Deferred.succeed(gate, undefined).pipe(
        Effect.andThen(Fiber.join(fiber)),
        Effect.map(() => seen)
      )
      return { release }
    })

  /** A client, and its commands in turn to 100 points that carry them out; all others are turned down. */
  const commanding = Effect.gen(function* () {
    const stage = yield* running()
    for (let ioAddress = 1; ioAddress <= 100; ioAddress++) {
      const point = yield* stage.station.addPoint({ ioAddress, type: 45 })
      yield* point.onCommand(() => Effect.succeed<Iec104.Outcome>("success"))
    }
    const connected = yield* started(stage.port)
    const send = (first: number, times: number, answersEach: number) =>
      Effect.promise(async () => {
        for (let from = 0; from < times; from += 100) {
          const before = connected.iFrames
          const now = Math.min(100, times - from)
          for (let i = 0; i < now; i++) connected.command(45, first + i, { scs: true })
          await connected.until(() => connected.iFrames - before >= now * answersEach)
        }
      })
    return {
      ...stage,
      operate: (times: number) => send(1, times, 2),
      provoke: (times: number) => send(1000, times, 1)
    }
  })

  it.live("that a consumer is interested in are not lost behind those that it is not", () =>
    Effect.gen(function* () {
      const { server, operate, provoke } = yield* commanding
      const commands = yield* lagging(server.commands, 4)
      for (let round = 0; round < 2; round++) {
        yield* operate(1)
        yield* provoke(1200)
        yield* operate(1)
      }
      const seen = yield* commands.release
      expect(seen.map((event) => event.event === "command" && event.address)).toEqual([1, 1, 1, 1])
    })
  )

  it.live("that were dropped are counted where they are missing, and what comes later follows", () =>
    Effect.gen(function* () {
      const { server, operate } = yield* commanding
      const commands = yield* lagging(server.commands, 2001)
      yield* operate(2000)
      const release = yield* Effect.forkChild(commands.release)
      yield* Effect.promise(turn)
      yield* operate(1)
      const seen = yield* Fiber.join(release)
      const gaps = seen.filter((event) => event.event === "gap")
      expect(gaps.length).toBeGreaterThan(0)
      expect(seen.length - gaps.length + gaps.reduce((sum, { lost }) => sum + lost, 0)).toBe(2001)
      expect(seen.findIndex(({ event }) => event === "gap")).toBeGreaterThanOrEqual(1024)
    })
  )

  it.live("never wait for a consumer that takes nothing", () =>
    Effect.gen(function* () {
      const { server, port } = yield* running()
      const slow = yield* lagging(server.events, 3001)
      const connected = yield* started(port)
      for (let i = 0; i < 1500; i++) {
        connected.u("STOPDT act")
        connected.u("STARTDT act")
      }
      yield* Effect.promise(() => connected.until(() => connected.frames.length === 3001))
      const seen = yield* slow.release
      expect(seen.filter(({ event }) => event === "gap")).toHaveLength(1)
    })
  )
})

describe("a command point", () => {
  const output = (options: Partial<Iec104.PointOptions> = {}, limits: Iec104.PartialOptions["limits"] = {}) =>
    Effect.gen(function* () {
      const stage = yield* running({ limits })
      yield* stage.station.addPoint({ ioAddress: 20, type: 1 })
      const point = yield* stage.station.addPoint({ ioAddress: 9, type: 45, ...options })
      const connected = yield* started(stage.port)
      const next = (fields: Readonly<Record<string, unknown>> = { typeId: 45 }) =>
        Effect.promise(() => connected.next(fields))
      return { ...stage, point, connected, next, operate: (scs = true) => connected.command(45, 9, { scs }) }
    })

  it.live("decided in two phases is confirmed, carried out and terminated", () =>
    Effect.gen(function* () {
      const { point, operate, next } = yield* output({ feedback: 20 })
      const done = yield* Deferred.make<Iec104.Outcome>()
      yield* point.onCommand({
        accept: ({ value }) => Effect.succeed<Iec104.Outcome>(value === 1 ? "success" : "failure"),
        execute: () => Deferred.await(done)
      })
      operate(false)
      expect(yield* next()).toMatchObject(REFUSED)
      operate()
      expect(yield* next()).toMatchObject(CON)
      expect(point.outputStatus()).toBe("busy")
      yield* Deferred.succeed(done, "success")
      expect(yield* next({ typeId: 1 })).toMatchObject({ cot: 11 })
      expect(yield* next()).toMatchObject({ cot: 10 })
      expect(point.outputStatus()).toBe("free")
    })
  )

  it.live("that does not say interrupt only aborts the signal, and keeps its output until its fiber has ended", () =>
    Effect.gen(function* () {
      const { point, operate, next } = yield* output({}, { decisionMs: 60 })
      const done = yield* Deferred.make<Iec104.Outcome>()
      const wanted: boolean[] = []
      yield* point.onCommand(({ signal, begin }) =>
        Effect.map(Deferred.await(done), (outcome) => {
          wanted.push(signal.aborted, begin())
          return outcome
        })
      )
      operate()
      expect(yield* next()).toMatchObject(REFUSED)
      expect(point.outputStatus()).toBe("stuck")
      operate()
      expect(yield* next()).toMatchObject(REFUSED)
      yield* Deferred.succeed(done, "failure")
      yield* Effect.promise(turn)
      expect([wanted, point.outputStatus(), point.release()]).toEqual([[true, false], "free", false])
    })
  )

  it.live("lets its application decide who selects it", () =>
    Effect.gen(function* () {
      const { point, connected, next } = yield* output({ select: true })
      yield* point.onSelect(({ value, peer }) =>
        Effect.succeed<Iec104.Outcome>(value === 1 && peer.address === "127.0.0.1" ? "success" : "failure")
      )
      connected.command(45, 9, { scs: false, select: true })
      expect(yield* next()).toMatchObject(REFUSED)
      connected.command(45, 9, { scs: true, select: true })
      expect(yield* next()).toMatchObject(CON)
    })
  )

  it.live("without handler is decided by its feedback point, and without that by nobody", () =>
    Effect.gen(function* () {
      const shown = yield* output({ feedback: 20 })
      shown.operate()
      expect(yield* shown.next({ cot: 10 })).toMatchObject({ typeId: 45 })
      expect(shown.station.getPoint(20)?.value()).toBe(1)
      const alone = yield* output()
      alone.operate()
      expect(yield* alone.next()).toMatchObject(REFUSED)
    })
  )

  it.live.each([
    ["is not there", { feedback: 21 }, "a point of the same station that is there already is required, not 21"],
    ["is a command", { feedback: 8 }, "a point that can show what C_SC_NA_1 did is required, not C_SC_NA_1 8"],
    ["cannot show it", { feedback: 22 }, "a point that can show what C_SC_NA_1 did is required, not M_ME_NC_1 22"]
  ] as const)("whose feedback point %s is not added", ([, options, message]) =>
    Effect.gen(function* () {
      const { station } = yield* running()
      yield* station.addPoint({ ioAddress: 22, type: 13 })
      yield* station.addPoint({ ioAddress: 8, type: 45 })
      const error = yield* Effect.flip(station.addPoint({ ioAddress: 9, type: 45, ...options }))
      expect([error._tag, error.message]).toEqual(["InvalidArgument", `feedback: ${message}`])
      expect(station.getPoint(9)).toBeNull()
    })
  )
})
