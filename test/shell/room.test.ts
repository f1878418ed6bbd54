// Publishers that wait for room are held up by a client that is too slow for a while in all, and then no longer until it
// has caught up: nobody stops the values for everybody. What was too much for it is dropped, told and healed.
import { describe, expect, it } from "vitest"
import { type Clock, machine } from "../../src/shell/Clock.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startHost } from "../support/Stage.ts"

const SPONTANEOUS = 3
const LOG = 1024
const HOLD_MS = 1000
const STEP_MS = 25

/** A clock that moves when it is told to. */
const manual = () => {
  const wakes = new Set<{ readonly dueMs: number; readonly callback: () => void }>()
  let nowMs = 0
  const clock: Clock = {
    ...machine(),
    monotonicMs: () => nowMs,
    wake: (delayMs, callback) => {
      const wake = { dueMs: nowMs + delayMs, callback }
      wakes.add(wake)
      return () => wakes.delete(wake)
    }
  }
  /** Nothing happens for so long: the process stands still. */
  const stand = (ms: number): void => {
    nowMs += ms
    for (const wake of [...wakes]) if (wake.dueMs <= nowMs && wakes.delete(wake)) wake.callback()
  }
  /** So much time goes by while the event loop turns. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      stand(Math.min(left, STEP_MS))
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { clock, pass, stand }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A host with one tagged value, whose log keeps 1024 events. */
const plant = async (clock: Clock, holdMs = HOLD_MS) => {
  const { host, port, events } = await startHost({ clock, limits: { logRecords: LOG, holdMs } })
  const place = host.addPoints(1, 1, 35, 1)
  if (place === null) throw new Error("address 1 is free")
  let value = 0
  /** Publishes so many events, `atOnce` of them after waiting for room; tells whether it is over. */
  const publish = (count: number, patient = false, atOnce = 1) => {
    const progress = { done: false, published: 0 }
    const run = async (): Promise<void> => {
      for (let i = 0; i < count; i++) {
        if (i % atOnce === 0) await host.room(patient)
        host.setValue(place.block, place.slot, value++ % 32_768, 0)
        host.publish(place.block, place.slot, SPONTANEOUS, 0)
        progress.published++
      }
      progress.done = true
    }
    return Object.assign(progress, { over: run() })
  }
  return { host, port, events, publish, last: () => (value - 1) % 32_768 }
}

const valuesOf = (client: RawClient): unknown[] =>
  client.asdus({ cot: SPONTANEOUS }).flatMap(({ objects }) => objects?.map(({ value }) => value) ?? [])

/** S frame that acknowledges so many frames in all. */
const acknowledging = (frames: number): Uint8Array => Uint8Array.of(0x68, 4, 1, 0, (frames << 1) & 0xff, frames >> 7)

/** Takes everything that comes, acknowledging every window. */
const catchUp = async (client: RawClient): Promise<void> => {
  for (let before = -1; before < client.iFrames; await settled()) {
    before = client.iFrames
    client.acknowledge()
    await settled()
  }
}

describe("a client that does not acknowledge", () => {
  it("holds publishers up for holdMs in all, and then no longer until it has caught up", async () => {
    const { clock, pass } = manual()
    const { port, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: "never" })
    const first = publish(LOG)
    await settled()
    expect(first.done).toBe(false)
    await pass(HOLD_MS - 1)
    await settled()
    expect(first.done).toBe(false)
    await pass(1)
    await first.over
    await publish(5 * LOG).over
    await catchUp(client)
    const second = publish(LOG)
    await settled()
    expect(second.done).toBe(false)
    await pass(HOLD_MS)
    await second.over
  })

  it("does not use up its time while this process stands still: nobody can be heard then", async () => {
    const { clock, pass, stand } = manual()
    const { port, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: "never" })
    const first = publish(LOG)
    await settled()
    for (let stalls = 0; stalls < 3; stalls++) {
      stand(4 * HOLD_MS)
      await settled()
    }
    expect(first.done).toBe(false)
    await catchUp(client)
    await first.over
    const second = publish(LOG)
    await settled()
    expect(second.done).toBe(false)
    await pass(HOLD_MS)
    await second.over
  })

  it("has used up its time though it takes a little now and then", async () => {
    const { clock, pass } = manual()
    const { port, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: "never" })
    const published = publish(6 * LOG)
    let waitedMs = 0
    for (let frames = 1; !published.done && waitedMs < 2 * HOLD_MS; frames++) {
      // A frame of 18 events in 200 ms: in a second less than from a half to a quarter of the log.
      client.send(acknowledging(frames))
      await client.answers()
      await settled()
      await pass(200)
      waitedMs += 200
      await settled()
    }
    expect(published.done).toBe(true)
    expect(waitedMs).toBeGreaterThanOrEqual(HOLD_MS)
  })

  it.each([0, 3 * LOG])(
    "has used it up though it stops and starts anew, with %i events meanwhile",
    async (meanwhile) => {
      const { clock, pass } = manual()
      const { port, publish } = await plant(clock)
      const client = await startClient(port, { acknowledge: "never" })
      const first = publish(LOG)
      await settled()
      await pass(HOLD_MS)
      await first.over
      const stopped = client.stopdt()
      await settled()
      client.acknowledge()
      await stopped
      await publish(meanwhile).over
      await client.startdt()
      const second = publish(2 * LOG)
      await settled()
      expect(second.done).toBe(true)
      await catchUp(client)
      const third = publish(LOG)
      await settled()
      expect(third.done).toBe(false)
      await pass(HOLD_MS)
      await third.over
    }
  )

  it("is told what was dropped, and has the newest value in the end; others have had every event", async () => {
    const { clock, pass } = manual()
    const { port, events, publish, last } = await plant(clock)
    const slow = await startClient(port, { acknowledge: "never" })
    const other = await startClient(port, { acknowledge: 1 })
    const first = publish(LOG)
    await other.until(() => valuesOf(other).length === first.published)
    await settled()
    await pass(HOLD_MS)
    await first.over
    await publish(7 * LOG).over
    await other.until(() => valuesOf(other).length === 8 * LOG)
    expect(valuesOf(other)).toEqual(Array.from({ length: 8 * LOG }, (_, i) => i))
    await catchUp(slow)
    expect((await events.next("overflow")).lost).toBeGreaterThan(0)
    expect(valuesOf(slow).at(-1)).toBe(last())
  })

  it("is waited for, until t1 ends it, by a publisher that may lose nothing", async () => {
    const { clock, pass } = manual()
    const { port, events, publish } = await plant(clock)
    await startClient(port, { acknowledge: "never" })
    const published = publish(LOG, true)
    await settled()
    await pass(10 * HOLD_MS)
    await settled()
    expect(published.done).toBe(false)
    await pass(5 * HOLD_MS)
    await published.over
    expect(events.of("closed").map(({ reason }) => reason)).toEqual(["T1_IFRAME"])
  })
})

describe("a client that takes all that it gets, of a source that is faster", () => {
  it("loses nothing, however long that goes on, and though it uses up a part of its time again and again", async () => {
    const { clock, stand } = manual()
    const { port, events, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: 1 })
    const published = publish(40 * LOG)
    // Each wait is seen to take time, in all far more than holdMs.
    const timer = setInterval(() => stand(HOLD_MS / 20), 1)
    await published.over
    clearInterval(timer)
    await client.until(() => valuesOf(client).length === 40 * LOG)
    expect(
      valuesOf(client)
        .map((value, i) => (value === i % 32_768 ? 0 : i))
        .filter(Boolean)
    ).toEqual([])
    expect(events.of("overflow")).toEqual([])
  })

  it("is waited for until less than a quarter of a log waits for it", async () => {
    const { clock } = manual()
    const { port, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: "never" })
    const published = publish(2 * LOG)
    await settled()
    const before = published.published
    // The frames of a window hold 18 events each: fourteen of them lead from above a half to above a quarter.
    for (let frames = 1; frames <= 14; frames++) {
      client.send(acknowledging(frames))
      await client.answers()
      await settled()
      expect(published.published).toBe(before)
    }
    client.send(acknowledging(15))
    await client.until(() => published.published > before)
  })

  it("has all of its time again when it has caught up, though so much is published at once that it is behind right after", async () => {
    const { clock, pass } = manual()
    const { port, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: "never" })
    const published = publish(8 * LOG, false, 300)
    await settled()
    for (let hold = 1, frames = 1; hold <= 3; hold++) {
      const before = published.published
      await pass(HOLD_MS - 1)
      await settled()
      expect(published.published).toBe(before)
      for (; published.published === before; frames++) {
        client.send(acknowledging(frames))
        await client.answers()
        await settled()
      }
    }
  })
})

describe("a publisher of what makes no events", () => {
  it.each([
    ["nobody is connected", false],
    ["nothing changes", true]
  ])("lets sockets be read: %s", async (_, connected) => {
    const { host, port } = await startHost({})
    const place = host.addPoints(1, 1, 35, 1)
    if (place === null) throw new Error("address 1 is free")
    if (connected) await startClient(port)
    const client = startClient(port).then(() => true)
    let served = false
    void client.then(() => {
      served = true
    })
    // Without a turn of the event loop it would never end.
    let left = 1_000_000
    while (!served && left-- > 0) {
      await host.room()
      if (connected) host.update(place.block, place.slot, 1, null)
      else host.publish(place.block, place.slot, SPONTANEOUS, 0)
    }
    expect(left).toBeGreaterThan(0)
    expect(await client).toBe(true)
  })
})

describe("many publishers", () => {
  it("that wait for a client together do not overrun its log when they go on", async () => {
    const PUBLISHERS = 60
    const AT_ONCE = 16
    const { clock } = manual()
    const { port, events, publish } = await plant(clock)
    const client = await startClient(port, { acknowledge: 1, keep: false })
    const rounds = 40
    const all = Array.from({ length: PUBLISHERS }, () => publish(rounds * AT_ONCE, false, AT_ONCE))
    await Promise.all(all.map(({ over }) => over))
    await client.answers()
    expect(events.of("overflow")).toEqual([])
  }, 20_000)

  it.each([64, 128, 300])(
    "that ask together do not overrun a log of %i before one of them has published",
    async (logRecords) => {
      const PUBLISHERS = 400
      const { host, port, events } = await startHost({ limits: { logRecords }, packEvents: false })
      const place = host.addPoints(1, 1, 35, 1)
      if (place === null) throw new Error("address 1 is free")
      const client = await startClient(port, { acknowledge: 1, keep: false })
      const run = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          await host.room()
          host.publish(place.block, place.slot, SPONTANEOUS, 0)
        }
      }
      await Promise.all(Array.from({ length: PUBLISHERS }, run))
      await client.until(() => client.iFrames === 10 * PUBLISHERS)
      expect(events.of("overflow")).toEqual([])
    }
  )

  it("let sockets be read as often as one does, and share what is published between", async () => {
    const PUBLISHERS = 64
    const BURST = 256
    const { clock } = manual()
    const { host, port } = await startHost({ clock })
    const place = host.addPoints(1, 1, 35, 1)
    if (place === null) throw new Error("address 1 is free")
    await startClient(port, { acknowledge: 1, keep: false })
    const counts = new Array<number>(PUBLISHERS).fill(0)
    let total = 0
    let over = false
    const run = async (publisher: number): Promise<void> => {
      for (; !over; total++) {
        await host.room()
        host.publish(place.block, place.slot, SPONTANEOUS, 0)
        counts[publisher] = (counts[publisher] as number) + 1
      }
    }
    const runs = counts.map((_, publisher) => run(publisher))
    let most = 0
    for (let turns = 0, before = total; turns < 200; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
      most = Math.max(most, total - before)
      before = total
    }
    over = true
    await Promise.all(runs)
    expect(most).toBeLessThanOrEqual(2 * BURST)
    expect(Math.max(...counts)).toBeLessThan(4 * Math.min(...counts))
  })
})
