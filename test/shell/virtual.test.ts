// What a server without sockets runs on: a clock and a loop that move only when they are moved, and lines in memory that do
// what sockets do.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import type { Place } from "../../src/core/image/Image.ts"
import * as Profile from "../../src/core/Profile.ts"
import { Cause } from "../../src/core/wire/Cause.ts"
import { Type } from "../../src/core/wire/TypeTable.ts"
import { Host } from "../../src/shell/Host.ts"
import { MemoryLine } from "../../src/shell/memory/MemoryLine.ts"
import { MemoryTransport } from "../../src/shell/memory/MemoryTransport.ts"
import * as Options from "../../src/shell/Options.ts"
import { serve } from "../../src/shell/Serve.ts"
import { Ticker } from "../../src/shell/Ticker.ts"
import { VirtualClock } from "../../src/shell/VirtualClock.ts"

const STARTDT_ACT = Buffer.from("680407000000", "hex")
const TESTFR_ACT = Buffer.from("680443000000", "hex")
/** A direct command to object 10 of station 1. */
const COMMAND = Buffer.from("680e000000002d01060001000a000001", "hex")

const settle = (clock: VirtualClock): void => {
  while (clock.turn());
}

describe("a virtual clock", () => {
  it("stands still until it is moved, and the wall clock goes with it", () => {
    const clock = new VirtualClock(5000)
    expect([clock.monotonicMs(), clock.wallMs(), clock.turn()]).toEqual([0, 5000, false])
    clock.advance(100)
    expect([clock.monotonicMs(), clock.wallMs()]).toEqual([100, 5100])
    clock.setWall(0)
    clock.advance(150)
    expect([clock.monotonicMs(), clock.wallMs()]).toEqual([150, 50])
    expect(() => clock.advance(149)).toThrow("time does not go back")
  })

  it("turns as an event loop does: what is due, what came in, and then what waits for that", () => {
    const clock = new VirtualClock()
    const told: string[] = []
    const tell = (what: string) => (): void => void told.push(what)
    clock.afterInput(tell("after"))
    clock.input(() => {
      told.push("input")
      clock.afterInput(tell("after input"))
      clock.input(tell("next input"))
    })
    clock.wake(20, tell("late"))
    clock.wake(10, () => {
      told.push("wake")
      clock.wake(0, tell("again"))
    })
    clock.wake(10, tell("another"))
    clock.wake(0, tell("at once"))
    expect(clock.nextMs).toBe(0)
    clock.advance(10)
    expect(clock.turn()).toBe(true)
    expect(told.splice(0)).toEqual(["at once", "wake", "another", "input", "after", "after input"])
    expect(clock.turn()).toBe(true)
    expect(told).toEqual(["again", "next input"])
    expect([clock.turn(), clock.nextMs]).toEqual([false, 20])
  })

  it("forgets what is cancelled, also by what is due at the same time", () => {
    const clock = new VirtualClock()
    const told: string[] = []
    clock.wake(1, () => cancel())
    const cancel = clock.wake(1, () => told.push("cancelled"))
    clock.wake(2, () => told.push("cancelled too"))()
    clock.advance(2)
    settle(clock)
    expect([told, clock.nextMs]).toEqual([[], Number.POSITIVE_INFINITY])
  })
})

const NEAR = { address: "192.0.2.1", port: 50_000 }
const FAR = { address: "192.0.2.2", port: 2404 }

/** Both ends of a line with what they are told, and the loop that it lives in. */
const line = (capacity?: number) => {
  const clock = new VirtualClock()
  const [near, far] = MemoryLine.pair(clock, NEAR, FAR, capacity)
  const told: string[] = []
  for (const [name, end] of Object.entries({ near, far })) {
    end.on("data", (octets) => told.push(`${name} ${octets.toString()}`))
    for (const event of ["end", "error", "close"] as const) end.on(event, () => told.push(`${name} ${event}`))
  }
  return { clock, near, far, told, settle: () => settle(clock) }
}

describe("a line in memory", () => {
  it("brings octets as they were when they were written, in the next turn, from either end", () => {
    const { clock, near, far, told } = line()
    expect([near.remoteAddress, near.remotePort, far.remoteAddress, far.remotePort]).toEqual([
      FAR.address,
      FAR.port,
      NEAR.address,
      NEAR.port
    ])
    const octets = Buffer.from("one")
    near.write(octets)
    octets.fill(0)
    near.write(Buffer.from("two"))
    far.write(Buffer.from("three"))
    expect([told, near.writableLength, near.bytesWritten, far.bytesRead]).toEqual([[], 0, 6, 0])
    clock.turn()
    expect(told).toEqual(["far one", "far two", "near three"])
    expect([far.bytesRead, near.bytesRead]).toEqual([6, 5])
  })

  it("overwrites what it has told: nobody may keep it", () => {
    const { near, far, settle } = line()
    const kept: Buffer[] = []
    far.on("data", (octets) => kept.push(octets))
    near.write(Buffer.from("one"))
    settle()
    expect(kept).toEqual([Buffer.alloc(3, 0xa5)])
  })

  it("fills up when nobody reads, and tells of each write when it has left", () => {
    const { near, far, told, settle } = line(5)
    far.pause()
    near.write(Buffer.from("1234"), () => told.push("first left"))
    near.write(Buffer.from("5678"), () => told.push("second left"))
    near.write(Buffer.from(""), () => told.push("third left"))
    settle()
    expect([told.splice(0), near.writableLength, far.readableLength]).toEqual([["first left"], 4, 5])
    far.resume()
    settle()
    expect(told).toEqual(["far 1234", "far 5", "far 678", "second left", "third left"])
    expect([near.writableLength, far.readableLength]).toEqual([0, 0])
  })

  it("gives back what was put back, and what is asked for, in order", () => {
    const { near, far, told, settle } = line()
    far.pause()
    near.write(Buffer.from("abcd"))
    near.write(Buffer.from("ef"))
    settle()
    expect([told, far.read(1)?.toString(), far.readableLength]).toEqual([["far a"], "a", 5])
    far.unshift(Buffer.from("A"))
    expect([far.read(3)?.toString(), far.read()?.toString(), far.read()]).toEqual(["Abc", "def", null])
    far.resume()
    settle()
    expect(told).toEqual(["far a", "far Abc", "far def"])
  })

  it("holds back what is on its way", () => {
    const { near, far, told, settle } = line()
    far.hold(true)
    near.write(Buffer.from("one"))
    near.end()
    settle()
    expect(told).toEqual([])
    far.hold(false)
    settle()
    expect(told).toEqual(["far one", "far end", "near end", "far close", "near close"])
  })

  it("ends behind what was written, also where that has to wait; the other end ends too", () => {
    const { near, far, told, settle } = line(2)
    far.pause()
    near.write(Buffer.from("1234"))
    near.end()
    near.write(Buffer.from("too late"))
    settle()
    expect([told, near.destroyed]).toEqual([[], false])
    far.resume()
    settle()
    expect(told.filter((what) => what.startsWith("far"))).toEqual(["far 12", "far 34", "far end", "far close"])
    expect(told.filter((what) => what.startsWith("near"))).toEqual(["near end", "near close"])
    expect([near.closed, far.closed]).toEqual([true, true])
  })

  it("is cut: what has left arrives, and what waits is lost", () => {
    const { near, far, told, settle } = line(2)
    far.pause()
    near.write(Buffer.from("1234"))
    settle()
    near.destroy()
    expect([near.destroyed, near.closed, near.writableLength]).toEqual([true, false, 0])
    far.resume()
    settle()
    expect(told).toEqual(["near close", "far 12", "far end", "far close"])
  })

  it.each([
    ["reset", "by hand"],
    ["destroy", "with something unread"]
  ] as const)("breaks (%s, %s): the other end gets nothing more", (how, _) => {
    const { near, far, told, settle } = line()
    near.pause()
    far.pause()
    far.write(Buffer.from("unread"))
    near.write(Buffer.from("lost"), () => told.push("left"))
    near[how]()
    far.resume()
    settle()
    expect(told.filter((what) => what !== "left")).toEqual(["near close", "far error", "far close"])
    far.write(Buffer.from("nowhere"), () => told.push("gone"))
    settle()
    expect(told.at(-1)).toBe("gone")
  })

  it("breaks for whoever writes where nobody is any more", () => {
    const { near, far, told, settle } = line()
    far.pause()
    near.destroy()
    far.write(Buffer.from("anybody?"))
    settle()
    expect(told).toEqual(["near close", "far error", "far close"])
  })
})

describe("a server over lines in memory", () => {
  const given = async () => {
    const clock = new VirtualClock()
    const options = Options.complete(
      { clock, port: 0, logLevel: "error", limits: { rehearsalMs: 0 } },
      Profile.presets.iec
    )
    const host = new Host(options)
    const transport = new MemoryTransport(clock)
    const scope = await Effect.runPromise(Scope.make())
    const { port } = await Effect.runPromise(serve(host, new Ticker(host), transport).pipe(Scope.provide(scope)))
    const close = (): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void))
    return { clock, host, transport, close, at: { address: options.host, port } }
  }

  it("answers, keeps its times, and ends", async () => {
    const { clock, host, transport, close, at } = await given()
    const client = transport.connect(NEAR, at) as MemoryLine
    const heard: string[] = []
    client.on("data", (octets) => heard.push(`${clock.monotonicMs()} ${octets.toString("hex")}`))
    client.on("close", () => heard.push(`${clock.monotonicMs()} closed`))
    client.write(STARTDT_ACT)
    settle(clock)
    expect([...host.sessions].map(({ peer }) => peer)).toEqual([{ session: 1, ...NEAR }])
    for (let ms = 1000; ms <= 40_000; ms += 1000) {
      clock.advance(ms)
      settle(clock)
    }
    expect(heard).toEqual(["0 68040b000000", "20000 680443000000", "35000 closed"])
    await close()
    expect(transport.connect(NEAR, at)).toBeNull()
  })

  it("does the same whenever it is given the same: a flood, a slow client, a cut, and callbacks that take their time", async () => {
    const record = async (): Promise<readonly string[]> => {
      const { clock, host, transport, close, at } = await given()
      const told: string[] = []
      const tell = (what: string): void => void told.push(`${clock.monotonicMs()} ${what}`)
      host.observers.add((event) => tell(JSON.stringify(event)))
      host.addStation(1)
      const { block, slot } = host.addPoints(1, 10, Type.C_SC_NA_1, 1) as Place
      const shown = host.addPoints(1, 1000, Type.M_ME_TF_1, 100) as Place
      host.hooks.of(block, slot).onCommand = () => new Promise((resolve) => clock.wake(300, () => resolve("success")))
      const run = async (toMs: number): Promise<void> => {
        for (;;) {
          do {
            settle(clock)
            await new Promise((resolve) => setImmediate(resolve))
          } while (clock.turn())
          if (clock.nextMs > toMs) return clock.advance(toMs)
          clock.advance(clock.nextMs)
        }
      }
      const clients = Array.from({ length: 40 }, (_, index) => {
        const client = transport.connect({ ...NEAR, port: NEAR.port + index }, at, 4096) as MemoryLine
        client.on("data", (octets) => tell(`${index} ${octets.toString("hex")}`))
        client.on("close", () => tell(`${index} closed`))
        client.write(STARTDT_ACT)
        return client
      })
      await run(100)
      clients.forEach((client, index) => {
        // More than a share of a turn, of all together more than a turn takes.
        for (let i = 0; i < 50 + index; i++) client.write(Buffer.concat(Array.from({ length: 20 }, () => TESTFR_ACT)))
        client.write(COMMAND)
      })
      clients[3]?.pause()
      for (let i = 0; i < 5000; i++) {
        host.setValue(shown.block, shown.slot + (i % 100), i)
        host.publish(shown.block, shown.slot + (i % 100), Cause.SPONTANEOUS, 0)
      }
      await run(500)
      clients[4]?.reset()
      clients[5]?.end()
      clients[3]?.resume()
      await run(60_000)
      await close()
      return told
    }
    const [one, other] = [await record(), await record()]
    expect(other).toEqual(one)
    expect(one.filter((what) => what.endsWith(" closed"))).toHaveLength(40)
    expect(one.some((what) => what.startsWith("400 ") && what.includes('"outcome":"success"'))).toBe(true)
  })

  it("listens at an address once", async () => {
    const { host, transport, close, at } = await given()
    const again = transport.open(host, at.address, at.port, () => {})
    await expect(Effect.runPromise(again)).rejects.toThrow("is in use")
    await close()
  })
})
