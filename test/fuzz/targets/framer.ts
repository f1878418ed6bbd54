// Frames in octets that come in pieces: whole frames are found where a count of octets says that they are, until a fault, however they are cut;
// of what is left no more than a frame is kept.
import * as Core from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { Plant } from "../../property/support/Peer.ts"
import { open, step } from "../../property/support/Whole.ts"
import * as Seeds from "../Seeds.ts"
import { hold, Input, type Target } from "../Target.ts"

const ROOM = 65_536
const { octetsToHex } = Core.Hex

/** What is found in octets: frames, whether they end in a fault, and how many octets are left. */
interface Found {
  readonly frames: readonly string[]
  readonly fault: boolean
  readonly left: number
}

/** By counting alone (60870-5-104 5.1). */
function counted(octets: Uint8Array): Found {
  const frames: string[] = []
  let at = 0
  for (;;) {
    const [start, length] = [octets[at], octets[at + 1]]
    if (start === undefined) return { frames, fault: false, left: 0 }
    if (start !== 0x68) return { frames, fault: true, left: 0 }
    if (length === undefined) return { frames, fault: false, left: 1 }
    if (length < 4 || length > 253) return { frames, fault: true, left: 0 }
    if (at + 2 + length > octets.length) return { frames, fault: false, left: octets.length - at }
    frames.push(octetsToHex(octets.subarray(at, at + 2 + length)))
    at += 2 + length
  }
}

interface Taken {
  readonly frames: readonly string[]
  readonly reason: string | null
  readonly left: number
}

const plant = new Plant()
plant.add(plant.block(1, 1), 1, 2, 3)
plant.add(plant.block(1, 45), 10)
plant.image = Core.Image.settle(plant.image)

/** By a session that has them in these pieces. */
function taken(pieces: readonly Uint8Array[]): Taken {
  const world = { ...plant.world, trace: true }
  const frames: string[] = []
  let reason: string | null = null
  let whole = open(plant, 1, 0)
  const reduce = (event: Core.SessionEvent.SessionEvent): void => {
    const { after, outputs } = step(world, whole, event)
    whole = after
    for (const notice of outputs.notices) {
      if (notice.kind === "traced") frames.push(octetsToHex(notice.apdu))
      if (notice.kind === "closed") reason = notice.reason
      if (notice.kind === "holding" || notice.kind === "stopping")
        reduce(Core.SessionEvent.decided(0, plant.ends, ROOM, [], "resumed"))
    }
    const left = whole.state.link.rest?.length ?? 0
    hold(left < 255, () => `${left} octets are kept`)
  }
  for (const piece of pieces) reduce(Core.SessionEvent.received(0, plant.ends, ROOM, piece))
  return { frames, reason, left: whole.state.link.rest?.length ?? 0 }
}

const ofTaken = ({ frames, reason, left }: Taken): string =>
  `${frames.length} frames, the last ${frames.at(-1)}, ${reason}, ${left} octets left`

/** The first octets of an input say how the rest is cut. */
const CUTS = 4

function cut(octets: Uint8Array, sizes: Input): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  const lengths = Array.from({ length: CUTS }, () => sizes.octet() || 1)
  for (let at = 0, n = 0; at < octets.length; n++) {
    const length = lengths[n % CUTS] as number
    pieces.push(octets.subarray(at, at + length))
    at += length
  }
  return pieces
}

function run(input: Uint8Array): void {
  const octets = input.subarray(CUTS)
  const whole = taken([octets])
  const pieces = taken(cut(octets, new Input(input)))
  const [one, other] = [JSON.stringify(whole), JSON.stringify(pieces)]
  // Who acknowledges what he was not sent yet may have been lucky.
  const isLuck = whole.reason === "SEQUENCE_NR" || pieces.reason === "SEQUENCE_NR"
  hold(one === other || isLuck, () => `in one piece it comes to ${ofTaken(whole)}, in several to ${ofTaken(pieces)}`)
  const { frames, fault, left } = counted(octets)
  const { reason } = whole
  hold(
    whole.frames.every((frame, at) => frame === frames[at]),
    () => `there are ${frames.join()}, and taken is ${whole.frames.join()}`
  )
  if (reason === "BAD_START") hold(fault, () => `it ends with ${reason}`)
  if (reason !== null) return
  hold(
    !fault && whole.frames.length === frames.length,
    () => `of ${frames.length} frames ${whole.frames.length} are taken`
  )
  hold(whole.left === left, () => `${whole.left} octets are kept, not ${left}`)
}

/** What a client says, with the numbers that its frames have where nothing is acknowledged. */
function streamOf(said: readonly Seeds.Said[]): Uint8Array {
  let sent = 0
  return Frames.join(
    Uint8Array.of(1, 7, 255, 20),
    ...said.map((one) => ("asdu" in one ? Frames.i(sent++, 0, one.asdu.subarray(0, 249)) : one.octets))
  )
}

export const target: Target = {
  name: "framer",
  about: "frames in octets that come in pieces",
  seeds: () => Seeds.transcripts().map(streamOf),
  words: [...Object.values(Frames.U).map(Frames.u), Frames.s(0), Frames.i(0, 0, Frames.interrogation(1))],
  text: false,
  most: 4096,
  work: { base: 20_000, octet: 300 },
  batch: 32,
  run
}
