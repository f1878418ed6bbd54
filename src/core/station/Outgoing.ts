// What has left a connection and what has not: how much its line may still be given, what is kept while nothing may be sent, and
// of which writes it wants to hear when the kernel has taken them. Plain data that is changed in place, since it changes with
// every frame; the line is a port that octets are put into.

import * as Arena from "../link/Arena.ts"
import type { Late } from "../session/SessionEvent.ts"
import { APDU_MAX, last } from "../wire/Frame.ts"
import * as Leaving from "./Leaving.ts"

export interface Outgoing {
  /** No further I frame may wait in the line: {@link taken} says when that is over. */
  full: boolean
  /** Nothing is written: a TLS handshake goes on. */
  held: boolean
  /** What was not written while it was held, and how many octets that are. */
  kept: Uint8Array[]
  keptOctets: number
  /** Since when something is kept, and how many I frames had been sent before. */
  keptSinceMs: number
  keptBehind: number
  /** What reports when the kernel has taken it. */
  leaving: Leaving.Leaving
}

export const make = (): Outgoing => ({
  full: false,
  held: false,
  kept: [],
  keptOctets: 0,
  keptSinceMs: 0,
  keptBehind: 0,
  leaving: Leaving.none
})

/** Octets of a slab, whole APDUs. */
export interface Region {
  readonly octets: Uint8Array
  readonly start: number
  readonly end: number
}

/** What is called when the kernel has taken a write: {@link taken}, {@link left}, or nothing. */
export type Report = "taken" | "left" | "nothing"

/** Where octets go. */
export interface Port {
  /** Whether it was cut, so that nothing leaves any more. */
  readonly isCut: boolean
  /** Octets that were written and have not left. */
  readonly waits: number
  /** Whether the last APDU of what is written together needs a write of its own. */
  readonly separate: boolean
  /** Writes octets of a region. They stay as they are until that is reported, or as long as some wait. */
  write(region: Region, from: number, to: number, report: Report): void
}

/** Asks to be told when what was written before has left. */
const NOTHING: Region = { octets: new Uint8Array(0), start: 0, end: 0 }

/** What does not count as room, since no frame may be that short of it. */
const free = ({ keptOctets }: Outgoing, { waits }: Port, limit: number): number => limit - waits - keptOctets

/** Octets of I frames that the line may still be given, where at most so many wait. */
export function room(outgoing: Outgoing, port: Port, limit: number): number {
  const octets = free(outgoing, port, limit)
  return outgoing.held && octets > 0 ? 0 : octets
}

/** Whether what is made can leave. */
export const isOpen = ({ full, held }: Outgoing): boolean => !full && !held

/** When a reduction had given something, and how many I frames the session had sent before it and with it. */
export interface Moment {
  readonly nowMs: number
  /** Octets that the line could be given. */
  readonly room: number
}

/** Writes or keeps what a reduction has given; the session had sent `before` I frames, and has sent `after`. False where nothing leaves any more. */
export function write(
  outgoing: Outgoing,
  port: Port,
  limit: number,
  region: Region,
  { nowMs, room }: Moment,
  before: number,
  after: number
): boolean {
  const { octets, start, end } = region
  if (port.isCut) return false
  if (outgoing.held) {
    keep(outgoing, region, nowMs, before)
    return true
  }
  const from = port.separate ? last(octets, start, end) : start
  if (from > start) port.write(region, start, from, "nothing")
  // It reports when it is taken, so that whoever has to wait for room is called again; and where it may be late.
  const isLast = room - (end - start) <= APDU_MAX
  const report = isLast ? "taken" : port.separate || port.waits > 0 ? "left" : "nothing"
  port.write(region, from, end, report)
  const { waits } = port
  if (report === "nothing" && waits > 0) port.write(NOTHING, 0, 0, "left")
  if (report !== "nothing" || waits > 0) outgoing.leaving = Leaving.wrote(outgoing.leaving, nowMs, before, after)
  outgoing.full = limit - waits <= APDU_MAX
  // The kernel took everything at once: nobody reads the region any more.
  if (waits === 0) Arena.release(octets, start, end)
  return true
}

function keep(outgoing: Outgoing, { octets, start, end }: Region, nowMs: number, before: number): void {
  if (outgoing.keptOctets === 0) {
    outgoing.keptSinceMs = nowMs
    outgoing.keptBehind = before
  }
  outgoing.kept.push(octets.slice(start, end))
  outgoing.keptOctets += end - start
  Arena.release(octets, start, end)
}

/** Nothing is written while it is held, and what was kept after that. Whether that is another thing than before. */
export function hold(outgoing: Outgoing, port: Port, limit: number, held: boolean, sent: number): boolean {
  if (outgoing.held === held) return false
  outgoing.held = held
  writeKept(outgoing, port, limit, sent)
  return true
}

/** Writes what was kept, which may fill the room. It has left late, and none of it could be answered before. */
export function writeKept(outgoing: Outgoing, port: Port, limit: number, sent: number): void {
  const { kept, keptOctets, keptSinceMs, keptBehind } = outgoing
  if (keptOctets === 0 || port.isCut) return
  const region = joined(kept, keptOctets)
  outgoing.kept = []
  outgoing.keptOctets = 0
  const from = last(region.octets, 0, region.end)
  if (from > 0) port.write(region, 0, from, "nothing")
  port.write(region, from, region.end, "taken")
  outgoing.leaving = Leaving.wrote(outgoing.leaving, keptSinceMs, keptBehind, sent)
  outgoing.full = free(outgoing, port, limit) <= APDU_MAX
}

function joined(parts: readonly Uint8Array[], end: number): Region {
  const octets = new Uint8Array(end)
  let at = 0
  for (const part of parts) {
    octets.set(part, at)
    at += part.length
  }
  return { octets, start: 0, end }
}

/** Whether it is asked when the next write has left that reports. */
export const isWatched = ({ leaving }: Outgoing): boolean => Leaving.isWatched(leaving)

/** A write that reports has left. What of it was late, null: nothing. The time matters where {@link isWatched}. */
export function left(outgoing: Outgoing, nowMs: number, sent: number): Late | null {
  const { leaving, late } = Leaving.hasLeft(outgoing.leaving, nowMs, sent)
  outgoing.leaving = leaving
  return late
}

/** The kernel has taken what had filled the room. */
export function taken(outgoing: Outgoing, port: Port, limit: number): void {
  outgoing.full = free(outgoing, port, limit) <= APDU_MAX
}
