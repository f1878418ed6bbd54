// The rehearsal before a process listens: it really plays what clients ask for, it ends in time, and it leaves no trace.
import { once } from "node:events"
import * as Net from "node:net"
import { expect, it, vi } from "vitest"
import * as Limits from "../../src/core/Limits.ts"
import * as Profile from "../../src/core/Profile.ts"
import { type Clock, machine } from "../../src/shell/Clock.ts"
import * as Options from "../../src/shell/Options.ts"

/** The rehearsal of a process that has not rehearsed. */
const fresh = async () => {
  vi.resetModules()
  return (await import("../../src/shell/Rehearsal.ts")) as typeof import("../../src/shell/Rehearsal.ts")
}

const optionsWith = (rehearsalMs: number, clock: Clock = machine()): Options.Options =>
  Options.complete({ clock, limits: { rehearsalMs } }, Profile.presets.iec)

it("plays every session to its end: events, interrogations and commands are answered", async () => {
  const { rehearse } = await fresh()
  const played = rehearse(optionsWith(10_000))
  const windows = 200 * 10
  // An interrogation is confirmed and terminated, and brings 64 + 4,800 points in sequences of 48 and 400 scattered ones by
  // 30; three confirmations and two terminations of commands; with packing a window of events is one frame.
  expect(played).toMatchObject({ sessions: 200, events: windows * 12, operated: windows * 2 })
  expect(played?.sentFrames).toBe(200 * (2 + 2 + 100 + 14) + windows * (5 + 1))
})

it.each([1, 32_767])("ends in time with k = %i, and however time jumps", async (k) => {
  const { rehearse } = await fresh()
  const link = { k, w: 1 }
  expect(rehearse(Options.complete({ link, limits: { rehearsalMs: 10_000 } }, Profile.presets.iec))).toMatchObject({
    sessions: 200,
    operated: 200 * 10 * 2
  })
  let nowMs = 0
  const jumping = { ...machine(), monotonicMs: () => (nowMs += 20_000) }
  const again = (await fresh()).rehearse(
    Options.complete({ link, clock: jumping, limits: { rehearsalMs: 10_000 } }, Profile.presets.iec)
  )
  expect(again?.sessions).toBeLessThan(2)
})

it("happens once a process, and not at all with a limit of 0", async () => {
  const { rehearse } = await fresh()
  expect(rehearse(optionsWith(0))).toBeNull()
  expect(rehearse(optionsWith(1000))).not.toBeNull()
  expect(rehearse(optionsWith(1000))).toBeNull()
})

it("ends when its time is over", async () => {
  const { rehearse } = await fresh()
  let nowMs = 0
  const clock = { ...machine(), monotonicMs: () => nowMs++ }
  expect(rehearse(optionsWith(Limits.defaults.rehearsalMs, clock))?.sessions).toBeLessThan(10)
})

it.each([1024, 65_536])(
  "ends with %i octets undrained, also when the last real write was not over at once",
  async (undrainedOctets) => {
    const server = Net.createServer((socket) => socket.pause())
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as Net.AddressInfo
    const client = Net.connect(port, "127.0.0.1")
    await once(client, "connect")
    // More than the kernel takes: Node remembers of its last write that it has to be waited for.
    while (client.writableLength === 0) client.write(Buffer.alloc(1 << 22))
    const { rehearse } = await fresh()
    const options = { limits: { rehearsalMs: 10_000, undrainedOctets } }
    expect(rehearse(Options.complete(options, Profile.presets.iec))).toMatchObject({ sessions: 200, operated: 4000 })
    client.destroy()
    server.close()
  }
)

it("leaves no timer behind that keeps the process alive", async () => {
  const { rehearse } = await fresh()
  const wakes = new Set<() => void>()
  const clock: Clock = {
    ...machine(),
    wake: (_delayMs, callback) => {
      wakes.add(callback)
      return () => wakes.delete(callback)
    }
  }
  rehearse(optionsWith(50, clock))
  expect(wakes.size).toBe(0)
})
