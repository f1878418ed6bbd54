// What leaves a connection, on a line that is no socket: who is told when it was taken, what is kept while nothing may be sent, and
// when no further I frame may wait.
import { describe, expect, it } from "vitest"
import * as Outgoing from "../../../src/core/station/Outgoing.ts"

const LIMIT = 4096

/** A line that says what is written: from, to, and who is told. */
class Line implements Outgoing.Port {
  isCut = false
  waits = 0
  separate = false
  /** How much of a write is not taken at once. */
  slow = 0
  readonly written: (readonly [string, Outgoing.Report])[] = []

  write({ octets }: Outgoing.Region, from: number, to: number, report: Outgoing.Report): void {
    this.written.push([`${octets.slice(from, to).length}:${octets[from] ?? "-"}`, report])
    if (to > from) this.waits += this.slow
  }
}

/** APDUs of so many octets. */
function region(...lengths: readonly number[]): Outgoing.Region {
  const octets = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const length of lengths) {
    octets[at] = 0x68
    octets[at + 1] = length - 2
    at += length
  }
  return { octets, start: 0, end: at }
}

const write = (outgoing: Outgoing.Outgoing, line: Line, of: Outgoing.Region, nowMs = 0, before = 0): boolean =>
  Outgoing.write(outgoing, line, LIMIT, of, { nowMs, room: Outgoing.room(outgoing, line, LIMIT) }, before, before + 1)

const made = (): readonly [Outgoing.Outgoing, Line] => [Outgoing.make(), new Line()]

describe("what leaves a connection", () => {
  it("is told to nobody where the kernel takes it at once", () => {
    const [outgoing, line] = made()
    expect(write(outgoing, line, region(6, 20))).toBe(true)
    expect(line.written).toEqual([["26:104", "nothing"]])
    expect(outgoing).toEqual(Outgoing.make())
  })

  it("is told where it waits, and was late where that took long", () => {
    const [outgoing, line] = made()
    line.slow = 10
    write(outgoing, line, region(20), 0, 5)
    write(outgoing, line, region(20), 1, 6)
    expect(line.written).toEqual([
      ["20:104", "nothing"],
      ["0:-", "left"],
      ["20:104", "left"]
    ])
    expect(Outgoing.isWatched(outgoing)).toBe(true)
    expect(Outgoing.left(outgoing, 60_000, 7)).toEqual({ from: 5, afterMs: -1 })
    expect(Outgoing.left(outgoing, 60_001, 7)).toBe(null)
  })

  it("fills the room: no frame may wait then until that was taken", () => {
    const [outgoing, line] = made()
    line.slow = LIMIT - 200
    write(outgoing, line, region(...Array.from({ length: 16 }, () => 250)))
    expect(line.written).toEqual([["4000:104", "taken"]])
    expect([outgoing.full, Outgoing.isOpen(outgoing)]).toEqual([true, false])
    line.waits = 0
    Outgoing.taken(outgoing, line, LIMIT)
    expect([outgoing.full, Outgoing.room(outgoing, line, LIMIT)]).toEqual([false, LIMIT])
  })

  it("is written so that its last APDU goes by itself, where the line wants that", () => {
    const [outgoing, line] = made()
    line.separate = true
    write(outgoing, line, region(6, 20, 8))
    expect(line.written).toEqual([
      ["26:104", "nothing"],
      ["8:104", "left"]
    ])
  })

  it("is kept while nothing may be written, and counts as late from then", () => {
    const [outgoing, line] = made()
    expect(Outgoing.hold(outgoing, line, LIMIT, true, 0)).toBe(true)
    expect(Outgoing.hold(outgoing, line, LIMIT, true, 0)).toBe(false)
    expect(Outgoing.room(outgoing, line, LIMIT)).toBe(0)
    write(outgoing, line, region(6), 10, 3)
    write(outgoing, line, region(20), 20, 3)
    expect([line.written, outgoing.keptOctets, Outgoing.isOpen(outgoing)]).toEqual([[], 26, false])
    Outgoing.hold(outgoing, line, LIMIT, false, 4)
    expect(line.written).toEqual([
      ["6:104", "nothing"],
      ["20:104", "taken"]
    ])
    expect(Outgoing.left(outgoing, 60_000, 4)).toEqual({ from: 3, afterMs: 9 })
    expect([outgoing.keptOctets, outgoing.kept]).toEqual([0, []])
  })

  it("goes nowhere where the line was cut", () => {
    const [outgoing, line] = made()
    Outgoing.hold(outgoing, line, LIMIT, true, 0)
    write(outgoing, line, region(6))
    line.isCut = true
    expect(write(outgoing, line, region(6))).toBe(false)
    Outgoing.hold(outgoing, line, LIMIT, false, 0)
    expect(line.written).toEqual([])
  })
})
