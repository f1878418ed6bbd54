// What clients on a bench send: whole frames with their own numbers, of every procedure.
import type { FileEntry } from "../../../src/core/file/FileMessage.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as Frames from "../support/Frames.ts"
import type { Random } from "../support/Random.ts"
import type { Line } from "./Ground.ts"

/** Octets of the files that the store has, and its directory. */
export const OCTETS = 300
export const directory: readonly FileEntry[] = [1, 2].map((nof) => ({
  ioa: 100,
  nof,
  octets: OCTETS,
  timeLow: 0,
  timeHigh: 0,
  status: 0,
  directory: false,
  active: false
}))

const low = (value: number, octets: number): number[] =>
  Array.from({ length: octets }, (_, at) => (value >> (8 * at)) & 0xff)

/** The next frame of a client. */
export function say(random: Random, image: Image.Image, line: Line): Uint8Array {
  const { client } = line
  const flight = (client.nr - client.acknowledged) & 0x7fff
  const ack = random.chance(80) ? client.nr : (client.acknowledged + random.below(flight + 1)) & 0x7fff
  if (!client.started || random.chance(1)) {
    if (!random.chance(60)) return Frames.u(Frames.U.testfr)
    line.client = { ...client, started: true }
    return Frames.u(Frames.U.startdt)
  }
  const dice = random.below(100)
  if (dice < 50) {
    line.client = { ...client, acknowledged: ack }
    return Frames.s(ack)
  }
  if (dice < 93) {
    line.client = { ...client, ns: (client.ns + 1) & 0x7fff, acknowledged: ack }
    return Frames.i(client.ns, ack, asdu(random, image, line))
  }
  if (dice < 98) return Frames.u(random.pick([Frames.U.testfr, Frames.U.testfrCon]))
  line.client = { ...client, started: false }
  return Frames.u(Frames.U.stopdt)
}

/** Acknowledges all that has come. */
export function acknowledge(line: Line): Uint8Array {
  line.client = { ...line.client, acknowledged: line.client.nr }
  return Frames.s(line.client.nr)
}

/** Reads a point. */
export const read = (line: Line, ca: number, ioa: number): Uint8Array => frame(line, Frames.asdu(102, 5, 0, ca, ioa))

function frame(line: Line, asdu: Uint8Array): Uint8Array {
  const { client } = line
  line.client = { ...client, ns: (client.ns + 1) & 0x7fff }
  return Frames.i(client.ns, client.nr, asdu)
}

/** Interrogations of all stations and counters, and reads of some points. */
export function everything(image: Image.Image, line: Line): readonly Uint8Array[] {
  const asked = [Frames.interrogation(65_535), Frames.asdu(101, 6, 0, 65_535, 0, 5)]
  for (const { ca, blocks } of Image.all(image))
    for (const { ioa } of blocks) if ((ioa[0] ?? -1) >= 0) asked.push(Frames.asdu(102, 5, 0, ca, ioa[0] as number))
  return asked.map((asdu) => frame(line, asdu))
}

function asdu(random: Random, image: Image.Image, line: Line): Uint8Array {
  const stations = Image.all(image)
  const ca = random.chance(2) || stations.length === 0 ? 99 : random.pick(stations).ca
  const all = random.chance(40) ? 65_535 : ca
  const oa = random.below(3)
  switch (random.below(16)) {
    case 0:
      return Frames.interrogation(all, random.pick([6, 6, 6, 8]), random.pick([20, 20, 21, 22]), oa)
    case 1:
      return Frames.asdu(101, random.pick([6, 6, 8]), oa, all, 0, random.pick([5, 5, 1, 2]))
    case 2:
      return Frames.asdu(101, 6, oa, all, 0, random.pick([0x45, 0x85, 0xc5, 0x41]))
    case 3:
      return Frames.asdu(102, 5, oa, ca, address(random, stations, ca))
    case 4:
      return random.chance(60) ? Frames.clock(ca) : Frames.asdu(105, 6, oa, ca, 0, random.pick([1, 2]))
    case 5:
      return Frames.asdu(112, 6, oa, ca, address(random, stations, ca), 0, 0, 0, 0, 1)
    case 6:
      return download(random, ca, line)
    case 7:
      return upload(random, ca, line)
    default:
      return command(random, stations, ca)
  }
}

function address(random: Random, stations: readonly Image.Station[], ca: number): number {
  const blocks = stations.find((one) => one.ca === ca)?.blocks.filter(({ count }) => count > 0) ?? []
  if (blocks.length === 0 || random.chance(10)) return 1 + random.below(30)
  const block = random.pick(blocks)
  return block.ioa[random.pick([...block.slots()])] as number
}

function command(random: Random, stations: readonly Image.Station[], ca: number): Uint8Array {
  const blocks = stations.find((one) => one.ca === ca)?.blocks.filter((block) => block.command && block.count > 0) ?? []
  const block = blocks.length > 0 ? random.pick(blocks) : undefined
  const ioa = block === undefined ? 1 : (block.ioa[random.pick([...block.slots()].slice(0, 2))] as number)
  const select = random.chance(45) ? 0x80 : 0
  const cause = random.pick([6, 6, 6, 6, 8, 0x86])
  switch (block?.of.type) {
    case 46:
      return Frames.asdu(46, cause, 1, ca, ioa, 1 | select)
    case 50:
      return Frames.asdu(50, cause, 1, ca, ioa, 0, 0, 0x80, 0x3f, select)
    case 58:
      return Frames.asdu(58, cause, 1, ca, ioa, 1 | select, 0xc0, 0xda, 34, 12, 29, 2, 24)
    default:
      return Frames.asdu(45, cause, 1, ca, ioa, 1 | select)
  }
}

/** Mostly the next step of a file that comes, sometimes another one. */
function download(random: Random, ca: number, line: Line): Uint8Array {
  const step = random.chance(80) ? line.down : random.below(7)
  line.down = (step + 1) % 5
  const name = low(1 + random.below(random.chance(80) ? 1 : 2), 2)
  const file = (type: number, ...octets: number[]): Uint8Array => Frames.asdu(type, 13, 0, ca, 100, ...name, ...octets)
  switch (step) {
    case 0:
      return file(122, 0, 1)
    case 1:
      return file(122, 0, 2)
    case 2:
      return file(122, 1, 6)
    case 3:
      return file(124, 1, 3)
    case 4:
      return file(124, 1, 1)
    case 5:
      return Frames.asdu(122, 5, 0, ca, 0, 0, 0, 0, 0)
    default:
      return file(122, 0, random.pick([3, 4]))
  }
}

/** The same of a file that goes. */
function upload(random: Random, ca: number, line: Line): Uint8Array {
  const step = random.chance(80) ? line.up : random.below(5)
  line.up = (step + 1) % 5
  const file = (type: number, ...octets: number[]): Uint8Array => Frames.asdu(type, 13, 0, ca, 100, 9, 0, ...octets)
  switch (step) {
    case 0:
      return file(120, ...low(6, 3), 0)
    case 1:
      return file(121, 1, ...low(6, 3), 0)
    case 2:
      return file(125, 1, 6, 1, 2, 3, 4, 5, 6)
    case 3:
      return file(123, 1, 3, 21)
    default:
      return file(123, 1, 1, 21)
  }
}
