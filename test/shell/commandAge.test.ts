// The age of a time-tagged command is judged in the zone of its station as it is now, also where nothing was tagged since
// the offset changed (rules B 7).
import type { Socket } from "node:net"
import { expect, it } from "vitest"
import * as Stamp from "../../src/core/image/Stamp.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Frame from "../../src/core/wire/Frame.ts"
import { Type } from "../../src/core/wire/TypeTable.ts"
import { machine } from "../../src/shell/Clock.ts"
import * as Connection from "../../src/shell/Connection.ts"
import { Host } from "../../src/shell/Host.ts"
import * as Options from "../../src/shell/Options.ts"
import * as Zones from "../../src/shell/Zones.ts"

const CA = 7
const IOA = 100
const BERLIN = "Europe/Berlin"

/** A server whose wall clock says `at.ms`, a client's way in, and the causes of the ASDUs that it is sent. */
const stage = (at: { ms: number }) => {
  const options = { clock: { ...machine(), wallMs: () => at.ms }, commandAgeMs: 60_000, sharedReadBuffer: false }
  const host = new Host(Options.complete(options, Profile.presets.iec))
  host.addStation(CA, BERLIN)
  const place = host.addPoints(CA, IOA, Type.C_SC_TA_1, 1)
  if (place === null) throw new Error("a new station has no points")
  host.hooks.of(place.block, place.slot).onCommand = () => "success"
  const causes: number[] = []
  const hears = new Map<string, (chunk: Uint8Array) => void>()
  const write = (octets: Uint8Array): boolean => {
    for (let at = 0; at < octets.length; at += (octets[at + 1] as number) + 2)
      if (((octets[at + 2] as number) & 1) === 0) causes.push(octets[at + 8] as number)
    return true
  }
  const on = (event: string, callback: (chunk: Uint8Array) => void): void => void hears.set(event, callback)
  const socket = { destroyed: false, writableLength: 0, write, on } as unknown as Socket
  Connection.open(host, socket, { address: "192.0.2.7", port: 1 }, null, undefined, () => {})
  const hear = (octets: readonly number[]): void => hears.get("data")?.(Uint8Array.from(octets))
  hear([0x68, 4, Frame.U.STARTDT_ACT, 0, 0, 0])
  return { causes, hear }
}

/** A single command, tagged with the local time of an instant. */
const command = (number: number, epochMs: number): readonly number[] => {
  const zone = Zones.make(BERLIN)
  Stamp.turn(zone, epochMs)
  const { tagLow: low, tagHigh: high } = zone
  const time = [low, low >> 8, low >> 16, low >> 24, high, high >> 8, high >> 16].map((octet) => octet & 0xff)
  const asdu = [Type.C_SC_TA_1, 1, 6, 0, CA, 0, IOA, 0, 0, 1, ...time]
  return [0x68, asdu.length + 4, number << 1, 0, 0, 0, ...asdu]
}

it("takes the offset that is in force, whatever was tagged last", () => {
  const at = { ms: Date.UTC(2026, 6, 1, 12) }
  const { causes, hear } = stage(at)
  hear(command(0, at.ms))
  at.ms = Date.UTC(2026, 10, 22, 12)
  hear(command(1, at.ms))
  hear(command(2, at.ms - 3_600_000))
  // Confirmed and terminated, twice; the third one is an hour old.
  expect(causes).toEqual([7, 10, 7, 10, 0x47])
})

it("takes no tag that is further from now than the age, in either direction, and none that is invalid", () => {
  const at = { ms: Date.UTC(2026, 6, 1, 12) }
  const { causes, hear } = stage(at)
  const invalid = 0x80
  let number = 0
  const answer = (aheadMs: number, flags = 0): readonly number[] => {
    const octets = [...command(number++, at.ms + aheadMs)]
    octets[4] = causes.length << 1
    octets[18] = (octets[18] as number) | flags
    const before = causes.length
    hear(octets)
    return causes.slice(before)
  }
  for (const aheadMs of [-60_000, -1, 0, 1, 60_000]) expect([aheadMs, answer(aheadMs)]).toEqual([aheadMs, [7, 10]])
  for (const aheadMs of [-86_400_000, -3_600_000, -60_001, 60_001, 3_600_000, 86_400_000, 2_000_000_000])
    expect([aheadMs, answer(aheadMs)]).toEqual([aheadMs, [0x47]])
  expect(answer(0, invalid)).toEqual([0x47])
})
