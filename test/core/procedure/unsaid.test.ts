// A request that was acknowledged and carried out, and whose confirmation its client never gets: the application is told, of every
// kind of request that does something, and of none that only reads.
import { describe, expect, it } from "vitest"
import type { Notice } from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { type Peer, Plant, started } from "../../property/support/Peer.ts"

const [COMMAND, POINT, SCALED, SHORT] = [100, 200, 201, 202]

/** A client that has not acknowledged all that its window takes. */
const given = (): Peer => {
  const plant = new Plant({ link: { k: 1, w: 8 } })
  plant.add(plant.block(1, 45), COMMAND)
  const [point] = plant.add(plant.block(1, 9), POINT)
  plant.add(plant.block(1, 11), SCALED)
  plant.add(plant.block(1, 13), SHORT)
  const peer = started(plant)
  if (point !== undefined) plant.publish(point, 1)
  expect(peer.ready()).toHaveLength(1)
  return peer
}

const isAsked = (notice: Notice): notice is Extract<Notice, { readonly id: number }> => "id" in notice

const acting: readonly (readonly [string, Uint8Array])[] = [
  ["a command", Frames.command(1, COMMAND)],
  ["a clock synchronisation", Frames.clock(1)],
  ["a reset of the process", Frames.asdu(105, 6, 0, 1, 0, 1)],
  ["a normalised parameter", Frames.asdu(110, 6, 0, 1, POINT, 0, 0, 1)],
  ["a scaled parameter", Frames.asdu(111, 6, 0, 1, SCALED, 0, 0, 1)],
  ["a short floating point parameter", Frames.asdu(112, 6, 0, 1, SHORT, 0, 0, 0, 0, 1)],
  ["the activation of a parameter", Frames.asdu(113, 6, 0, 1, POINT, 3)],
  ["a freeze of counters", Frames.asdu(101, 6, 0, 1, 0, 0x45)]
]

const ends: readonly (readonly [string, (peer: Peer) => void])[] = [
  ["the connection breaks", (peer) => void peer.reduce(peer.event("broken"))],
  ["the client closes", (peer) => void peer.reduce(peer.event("peerClosed"))],
  ["data transfer stops", (peer) => void [peer.stop(), peer.acknowledge()]]
]

describe.each(ends)("where %s", (_, end) => {
  it.each(acting)("that %s was confirmed is told", (_, asdu) => {
    for (const [confirm, outcome] of [
      [1, "success"],
      [-1, "failure"]
    ] as const) {
      const peer = given()
      peer.octets(Frames.i(0, 0, asdu))
      const [asked] = peer.notices.filter(isAsked)
      expect(peer.decide(asked?.id ?? 0, { confirm, terminate: false })).toEqual([])
      end(peer)
      expect(peer.of("unanswered").map(({ outcome, apdu }) => [outcome, apdu[6]])).toEqual([[outcome, asdu[0]]])
    }
  })

  it.each([
    ["an interrogation", Frames.interrogation(1)],
    ["a counter interrogation without freeze", Frames.asdu(101, 6, 0, 1, 0, 5)],
    ["a read", Frames.asdu(102, 5, 0, 1, POINT)]
  ])("nothing is told of %s", (_, asdu) => {
    const peer = given()
    expect(peer.octets(Frames.i(0, 0, asdu))).toEqual([])
    end(peer)
    expect(peer.of("unanswered")).toEqual([])
  })
})
