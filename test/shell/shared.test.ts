// Work that many ask for at once goes by the clock that it is given.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { expect, it } from "vitest"
import type { Place } from "../../src/core/image/Image.ts"
import * as Profile from "../../src/core/Profile.ts"
import { Type } from "../../src/core/wire/TypeTable.ts"
import { setCallback } from "../../src/shell/Hooks.ts"
import { Host } from "../../src/shell/Host.ts"
import { MemoryTransport } from "../../src/shell/memory/MemoryTransport.ts"
import * as Options from "../../src/shell/Options.ts"
import { serve } from "../../src/shell/Serve.ts"
import { Shared } from "../../src/shell/Shared.ts"
import { Ticker } from "../../src/shell/Ticker.ts"
import { VirtualClock } from "../../src/shell/VirtualClock.ts"

it("a round that hangs is waited for so long by its clock, and no longer", () => {
  const clock = new VirtualClock()
  const told: string[] = []
  const work = (): Promise<void> => {
    told.push(`begun at ${clock.monotonicMs()}`)
    return new Promise(() => {})
  }
  const shared = new Shared(work, 1000, () => told.push(`given up at ${clock.monotonicMs()}`), clock)
  for (const ms of [0, 999, 1000, 1500]) {
    clock.advance(ms)
    void shared.ask()
  }
  expect(told).toEqual(["begun at 0", "given up at 1000", "begun at 1000"])
})

it("the round that others have waited for begins in a turn of the loop of its clock", async () => {
  const clock = new VirtualClock()
  let begun = 0
  let settle = (): void => {}
  const shared = new Shared(
    () => {
      begun++
      return new Promise<void>((resolve) => {
        settle = resolve
      })
    },
    1000,
    () => {},
    clock
  )
  void shared.ask()
  void shared.ask()
  settle()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(1)
  clock.turn()
  expect(begun).toBe(2)
})

it("who asks at the moment at which a refresh has taken too long has one of his own", async () => {
  const clock = new VirtualClock()
  const limits = { rehearsalMs: 0, refreshMs: 1000, lingerMs: 500 }
  const options = Options.complete({ clock, port: 0, logLevel: "none", limits }, Profile.presets.iec)
  const host = new Host(options)
  const transport = new MemoryTransport(clock)
  const scope = await Effect.runPromise(Scope.make())
  const { port } = await Effect.runPromise(serve(host, new Ticker(host), transport).pipe(Scope.provide(scope)))
  host.addStation(1)
  const { block, slot } = host.addPoints(1, 10, Type.M_ME_NB_1, 1) as Place
  let hangs = true
  setCallback(host.hooks.of(block, slot), "onBeforeRead", () => (hangs ? new Promise(() => {}) : Promise.resolve()))
  host.markRefresh(block, slot, true)
  const told: string[] = []
  const rest = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve))
    while (clock.turn())
  }
  const interrogate = async (name: string, number: number): Promise<void> => {
    const from = { address: "192.0.2.1", port: 50_000 + number }
    const client = transport.connect(from, { address: options.host, port })
    client?.on("data", (octets) => told.push(`${name} ${clock.monotonicMs()} ${octets.toString("hex")}`))
    client?.write(Buffer.from("680407000000" + "680e00000000640106000100" + "00000014", "hex"))
    await rest()
  }
  await interrogate("one", 1)
  clock.advance(1000)
  hangs = false
  await interrogate("other", 2)
  const confirmed = "680e0000020064010700010000000014"
  const data = "6810020002000b01140001000a0000000000" + "680e0400020064010a00010000000014"
  expect(told).toEqual([
    `one 0 68040b000000${confirmed}`,
    `one 1000 ${data}`,
    `other 1000 68040b000000${confirmed}`,
    `other 1000 ${data}`
  ])
  const closing = Effect.runPromise(Scope.close(scope, Exit.void))
  await rest()
  clock.advance(clock.monotonicMs() + limits.lingerMs)
  await rest()
  await closing
})
