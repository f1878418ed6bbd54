// How the application carries an operation out is known as long as the operation, and no longer: whatever ends it, nothing is left.
import { describe, expect, it } from "vitest"
import type { Place } from "../../src/core/image/Image.ts"
import * as Recent from "../../src/core/image/Recent.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Commands from "../../src/shell/Commands.ts"
import type { Host } from "../../src/shell/Host.ts"
import type { PartialOptions } from "../../src/shell/Options.ts"
import type { Outcome } from "../../src/shell/ServerEvent.ts"
import { startClient, startHost, turn } from "../support/Stage.ts"

const SINGLE = 45
const leftIn = ({ callings, station }: Host): readonly number[] => [
  Recent.size(callings),
  Recent.size(station.outputs.operations)
]

/** The single command 10, whose handlers settle when the test says so. */
async function stage(options: PartialOptions = {}) {
  const profile = { ...Profile.iec, commandWaitMs: 60_000 }
  const { host, port } = await startHost({ profile, ...options })
  const open: ((outcome: Outcome) => void)[] = []
  const add = (): Place => {
    const place = host.addPoints(1, 10, SINGLE, 1)
    if (place === null) throw new Error("address 10 is free")
    host.hooks.of(place.block, place.slot).onCommand = () => new Promise((resolve) => open.push(resolve))
    return place
  }
  const place = add()
  const client = await startClient(port)
  const operate = async (): Promise<void> => {
    client.command(SINGLE, 10, { scs: true })
    await client.testfr()
  }
  const settle = async (outcome: Outcome): Promise<void> => {
    open.shift()?.(outcome)
    await turn()
  }
  return { host, port, add, place, client, operate, settle }
}

describe("of operations that are over nothing is left", () => {
  it("where their handlers answer at once, however many they are", async () => {
    const { host, place, client } = await stage()
    let asked = 0
    host.hooks.of(place.block, place.slot).onCommand = () => (++asked % 3 === 0 ? "failure" : "success")
    for (let n = 1; n <= 1000; n++) {
      client.command(SINGLE, 10, { scs: n % 2 === 0 })
      if (n % 8 === 0) await client.testfr()
      client.acknowledge()
    }
    expect([asked, ...leftIn(host)]).toEqual([1000, 0, 0])
    expect(host.station.outputs.outlets.size).toBe(1)
  })

  it("where they have waited for each other", async () => {
    const { host, port, operate, settle } = await stage()
    await operate()
    for (const other of [await startClient(port), await startClient(port)]) {
      other.command(SINGLE, 10, { scs: true })
      await other.testfr()
    }
    expect(leftIn(host)).toEqual([3, 3])
    for (const outcome of ["success", "failure", "success"] as const) await settle(outcome)
    expect(leftIn(host)).toEqual([0, 0])
  })

  it("where an output was released, once the handler has settled", async () => {
    const { host, place, operate, settle } = await stage()
    await operate()
    expect(Commands.release(host, place.block, place.slot)).toBe(true)
    expect(leftIn(host)).toEqual([1, 1])
    await operate()
    expect(leftIn(host)).toEqual([2, 2])
    await settle("success")
    expect([...leftIn(host), Commands.status(host, place.block, place.slot)]).toEqual([1, 1, "busy"])
    await settle("success")
    expect([...leftIn(host), Commands.status(host, place.block, place.slot)]).toEqual([0, 0, "free"])
  })

  it("where the client has gone", async () => {
    const { host, client, operate, settle } = await stage()
    await operate()
    await operate()
    client.reset()
    await expect.poll(() => leftIn(host)).toEqual([1, 1])
    await settle("success")
    expect(leftIn(host)).toEqual([0, 0])
  })

  it("where the point has gone, and another one has its output", async () => {
    const { host, place, add, operate, settle } = await stage()
    await operate()
    await operate()
    host.removePoint(place)
    expect([...leftIn(host), host.station.outputs.kept.size]).toEqual([1, 1, 1])
    const next = add()
    expect([host.station.outputs.kept.size, Commands.status(host, next.block, next.slot)]).toEqual([0, "busy"])
    await settle("success")
    expect([...leftIn(host), Commands.status(host, next.block, next.slot)]).toEqual([0, 0, "free"])
    host.removeStation(1)
    expect(host.station.outputs.outlets.size).toBe(0)
  })

  it("where it was left open, once that was answered, or forgotten for another that was", async () => {
    const { host, place, operate, settle } = await stage()
    const { block, slot } = place
    host.hooks.of(block, slot).actTerm = "manual"
    await operate()
    await settle("success")
    expect([...leftIn(host), Commands.status(host, block, slot)]).toEqual([1, 1, "busy"])
    expect(host.publish(block, slot, 10, 0)).toBe(true)
    expect([...leftIn(host), Commands.status(host, block, slot)]).toEqual([0, 0, "free"])
  })

  it("where nobody has answered within their time", async () => {
    const { host, operate, settle } = await stage({ limits: { decisionMs: 20 } })
    await operate()
    await operate()
    await expect.poll(() => leftIn(host)).toEqual([1, 1])
    await settle("success")
    expect(leftIn(host)).toEqual([0, 0])
  })
})
