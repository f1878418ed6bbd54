// The Effect face: a handle of a point or station that was removed fails with Detached, whoever has its place by now.
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { RawClient } from "../../support/RawClient.ts"

const M_ME_NC_1 = 13
const C_SC_NA_1 = 45

const server = Effect.gen(function* () {
  const made = yield* Iec104.make({ host: "127.0.0.1", port: 0 })
  const station = yield* made.addStation(1)
  const { port } = yield* made.listen
  const client = yield* Effect.acquireRelease(
    Effect.promise(() => RawClient.connect(port)),
    (connected) => Effect.sync(() => connected.close())
  )
  yield* Effect.promise(() => client.startdt())
  return { made, station, client }
})

const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

describe("a handle", () => {
  it.live.each([
    { whom: "another point", next: 200 },
    { whom: "a point at the same address", next: 100 }
  ])("of a removed point says and does nothing to $whom in its place", ({ next }) =>
    Effect.gen(function* () {
      const { station, client } = yield* server
      const old = yield* station.addPoint({ ioAddress: 100, type: M_ME_NC_1 })
      expect(station.removePoint(100)).toBe(true)
      const point = yield* station.addPoint({ ioAddress: next, type: M_ME_NC_1 })
      yield* point.set(7)
      expect(yield* tag(old.set(1))).toBe("Detached")
      expect(yield* tag(old.setQuality(0x80))).toBe("Detached")
      expect(yield* tag(old.update(1))).toBe("Detached")
      expect(yield* tag(old.transmit())).toBe("Detached")
      expect(yield* tag(old.onBeforeRead(Effect.void))).toBe("Detached")
      expect(yield* tag(old.onBeforeAutoTransmit(Effect.void))).toBe("Detached")
      expect(yield* tag(old.onCommand(() => Effect.succeed("success")))).toBe("Detached")
      for (const use of [() => old.value(), () => old.quality(), () => old.publishUnsafe(3)])
        expect(use).toThrow(expect.objectContaining({ code: "DETACHED" }))
      expect([old.ioAddress, point.value(), point.quality()]).toEqual([100, 7, 0])
      client.interrogate()
      yield* Effect.promise(() => client.next({ cot: 10 }))
      expect(client.asdus((frame) => "typeId" in frame && frame.typeId !== 100)).toMatchObject([
        { cot: 20, objects: [{ ioa: next, value: 7 }] }
      ])
    })
  )

  it.live("of a removed command does not replace the handler of the next one", () =>
    Effect.gen(function* () {
      const { station, client } = yield* server
      const heard: string[] = []
      const says = (what: string) => () =>
        Effect.sync(() => {
          heard.push(what)
          return "success" as const
        })
      const old = yield* station.addPoint({ ioAddress: 10, type: C_SC_NA_1 })
      yield* old.onCommand(says("old"))
      station.removePoint(10)
      const next = yield* station.addPoint({ ioAddress: 10, type: C_SC_NA_1 })
      yield* next.onCommand(says("next"))
      expect(yield* tag(old.onCommand(says("old again")))).toBe("Detached")
      client.command(C_SC_NA_1, 10, { scs: true })
      yield* Effect.promise(() => client.next({ cot: 10 }))
      expect(heard).toEqual(["next"])
    })
  )

  it.live("of a removed station does nothing to the next one at its address", () =>
    Effect.gen(function* () {
      const { made, client } = yield* server
      const old = yield* made.addStation(2)
      yield* old.addPoint({ ioAddress: 1, type: M_ME_NC_1 })
      expect(made.removeStation(2)).toBe(true)
      const next = yield* made.addStation(2)
      yield* next.addPoint({ ioAddress: 1, type: M_ME_NC_1 })
      expect(yield* tag(old.addPoint({ ioAddress: 5, type: M_ME_NC_1 }))).toBe("Detached")
      expect(yield* tag(old.initialised(0))).toBe("Detached")
      expect([old.getPoint(1), old.removePoint(1)]).toEqual([null, false])
      expect(next.getPoint(1)?.value()).toBe(0)
      expect(yield* Effect.promise(() => client.answers())).toBe(true)
      expect(client.asdus()).toEqual([])
    })
  )
})

describe("a select that the application thinks about", () => {
  it.live("is interrupted, where the point says so, when that is removed", () =>
    Effect.gen(function* () {
      const { station, client } = yield* server
      const point = yield* station.addPoint({ ioAddress: 9, type: C_SC_NA_1, select: true, abandon: "interrupt" })
      const [asked, interrupted] = [yield* Deferred.make<() => boolean>(), yield* Deferred.make<void>()]
      yield* point.onSelect(({ begin }) =>
        Deferred.succeed(asked, begin).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined).pipe(Effect.asVoid))
        )
      )
      client.command(C_SC_NA_1, 9, { scs: true, select: true })
      const begin = yield* Deferred.await(asked)
      expect(begin()).toBe(true)
      station.removePoint(9)
      expect(begin()).toBe(false)
      yield* Deferred.await(interrupted)
      expect(yield* Effect.promise(() => client.next({ typeId: C_SC_NA_1 }))).toMatchObject({ cot: 7, negative: true })
    })
  )
})
