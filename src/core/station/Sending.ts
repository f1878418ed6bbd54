// What becomes of what a reduction has given: it leaves by the connection's line, and the station notes who is started, who can be
// told of events at once, and who has more to send.

import { Phase } from "../link/Link.ts"
import type { SessionEvent } from "../session/SessionEvent.ts"
import * as SessionState from "../session/SessionState.ts"
import type { SessionOutputs } from "../session/SessionTurn.ts"
import type { Exchange } from "./Exchange.ts"
import * as Outgoing from "./Outgoing.ts"
import type { Follower } from "./Publishing.ts"
import type { Station } from "./Station.ts"
import * as Waiting from "./Waiting.ts"

/** A connection of a station. */
export interface Sender extends Follower, Waiting.Follower {
  readonly exchange: Exchange
  readonly port: Outgoing.Port
}

/** Whether data transfer goes on. */
export const isStarted = ({ state }: Exchange): boolean => state.link.phase === Phase.Started

/** Octets of I frames that the line may still be given. */
export const room = <F extends Sender>({ world }: Station<F>, { exchange, port }: F): number =>
  Outgoing.room(exchange.outgoing, port, world.limits.undrainedOctets)

/** Notes what a reduction has given, and has it leave; the session had sent so many I frames before. Whether anything does. */
export function take<F extends Sender>(
  station: Station<F>,
  sender: F,
  outputs: SessionOutputs,
  event: SessionEvent,
  sentBefore: number
): boolean {
  const { exchange, port } = sender
  if (outputs.notices.length > 0) station.note(exchange.state.id, outputs.notices)
  if (isStarted(exchange) !== exchange.counted) count(station, sender)
  const { outgoing, state } = exchange
  const { undrainedOctets } = station.world.limits
  const leaves =
    outputs.end > outputs.start &&
    Outgoing.write(outgoing, port, undrainedOctets, outputs, event, sentBefore, state.sentFrames)
  // Before anybody is told: what they publish, or have all clients told, can leave at once here too.
  listen(station, sender)
  return leaves
}

/** Counts among the started sessions, or not any more. */
function count<F extends Sender>(station: Station<F>, sender: F): void {
  const { exchange } = sender
  exchange.counted = !exchange.counted
  if (!exchange.counted) return void station.started.delete(sender)
  station.started.add(sender)
  const { publishing, world } = station
  const { logRecords: records, holdMs } = world.limits
  const around: Waiting.Around = { followers: publishing.sessions, ends: publishing.logEnds(), records, holdMs }
  station.waiting = Waiting.starts(station.waiting, sender, around)
}

/** Notes whether published events can leave at once. */
function listen<F extends Sender>({ publishing }: Station<F>, sender: F): void {
  const { exchange } = sender
  const { reason, outgoing, state } = exchange
  const listens = reason === null && Outgoing.isOpen(outgoing) && SessionState.listens(state)
  if (listens === exchange.listens) return
  exchange.listens = listens
  if (listens) publishing.open.add(sender)
  else publishing.open.delete(sender)
}

/** What follows when all that came of a reduction was seen to: it looks for more at once, or in line with others, or waits for what comes. */
export function rest({ outgoing }: Exchange, { more, start, end }: SessionOutputs): "again" | "inLine" | "waits" {
  if (!more || !Outgoing.isOpen(outgoing)) return "waits"
  // Where nothing came out it has only looked for what to send: others are served before it looks further.
  return end > start ? "again" : "inLine"
}

/** Its session has ended: what was kept leaves if it can, and nobody tells it of events any more. */
export function close<F extends Sender>(station: Station<F>, sender: F): void {
  const { outgoing, state } = sender.exchange
  Outgoing.writeKept(outgoing, sender.port, station.world.limits.undrainedOctets, state.sentFrames)
  listen(station, sender)
}

/** Nothing is written while it is held. Whether that is another thing than before: it then looks for what to send. */
export const hold = <F extends Sender>({ world }: Station<F>, { exchange, port }: F, held: boolean): boolean =>
  Outgoing.hold(exchange.outgoing, port, world.limits.undrainedOctets, held, exchange.state.sentFrames)

/** The kernel has taken what had filled the room; {@link Outgoing.left} was said before. */
export const taken = <F extends Sender>({ world }: Station<F>, { exchange, port }: F): void =>
  Outgoing.taken(exchange.outgoing, port, world.limits.undrainedOctets)
