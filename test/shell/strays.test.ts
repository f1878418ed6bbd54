// Callbacks that nobody waits for any more have a share for each address, and a network of IPv6, whose addresses are all those
// of one peer, is one.
import type { Socket } from "node:net"
import { expect, it } from "vitest"
import * as Profile from "../../src/core/Profile.ts"
import * as Frame from "../../src/core/wire/Frame.ts"
import { Type } from "../../src/core/wire/TypeTable.ts"
import * as Connection from "../../src/shell/Connection.ts"
import { Host } from "../../src/shell/Host.ts"
import * as Options from "../../src/shell/Options.ts"

const LIMIT = 8
const CLOCK = [0x68, 20, 0, 0, 0, 0, Type.C_CS_NA_1, 1, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26]

/** A server whose `onClockSync` never settles; `ask` has a client of an address ask it and leave. */
const stage = () => {
  const options = { limits: { abandonedCallbacks: LIMIT }, sharedReadBuffer: false }
  const host = new Host(Options.complete(options, Profile.presets.iec))
  host.addStation(1)
  let asked = 0
  host.onClockSync = () => {
    asked++
    return new Promise(() => {})
  }
  const ask = (address: string): number => {
    const before = asked
    const hears = new Map<string, (chunk?: Uint8Array) => void>()
    const on = (event: string, callback: () => void): void => void hears.set(event, callback)
    const socket = { destroyed: false, writableLength: 0, write: () => true, on } as unknown as Socket
    Connection.open(host, socket, { address, port: 1 }, null, undefined, () => {})
    hears.get("data")?.(Uint8Array.of(0x68, 4, Frame.U.STARTDT_ACT, 0, 0, 0, ...CLOCK))
    hears.get("close")?.()
    return asked - before
  }
  return { ask }
}

it("a network of IPv6 has one share of them, however many addresses it asks from", () => {
  const { ask } = stage()
  let asked = 0
  for (let n = 0; n < 100; n++) asked += ask(`2001:db8:1:2::${n.toString(16)}`)
  expect(asked).toBe(LIMIT / 4)
  for (const other of ["2001:db8:1:3::1", "192.0.2.7"]) expect([ask(other), ask(other), ask(other)]).toEqual([1, 1, 0])
})
