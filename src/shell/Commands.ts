// Commands at the outputs of a server: who is asked now, who waits and who is refused, and what the application says to
// outputs from outside a handler.

import type { CommandRequested, SelectRequested } from "../core/command/CommandNotice.ts"
import type * as Output from "../core/command/Output.ts"
import type { Block } from "../core/image/Block.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Carrying from "../core/station/Carrying.ts"
import * as Outputs from "../core/station/Outputs.ts"
import { Calling } from "./Calling.ts"
import * as CommandFacts from "./CommandFacts.ts"
import * as Feedback from "./Feedback.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import { Selecting } from "./Selecting.ts"
import type { Session } from "./Session.ts"

/**
 * Takes a command; the session collects a decision that is made at once. False where something is to be told before: then it is
 * judged anew.
 */
export function command(session: Session, notice: CommandRequested): boolean {
  const { exchange, host } = session
  const { block, slot } = notice
  const hooks = host.hooks.of(block, slot)
  const outlet = Outputs.of(host.station.outputs, host.world.profile, block, slot, notice.ioa)
  const handler = Feedback.decider(host, block, hooks)
  switch (Carrying.arrive(host.station, exchange, outlet, handler !== null)) {
    case "before":
      return false
    case "begin":
      if (handler !== null) begin(session, outlet, new Calling(session, notice, outlet.number), hooks, handler)
      return true
    case "wait":
      new Calling(session, notice, outlet.number).wait(host.world.profile.commandWaitMs)
      return true
    case "refuse":
      Carrying.refuse(host, new Calling(session, notice, outlet.number), true)
      return true
  }
}

/** A command is refused that has not come to its output. */
export function turnAway(session: Session, command: CommandRequested): void {
  const { block, slot, ioa } = command
  const { host } = session
  const { number } = Outputs.of(host.station.outputs, host.world.profile, block, slot, ioa)
  Carrying.refuse(host, new Calling(session, command, number), true)
}

/** An operation is to be stopped: whoever carries it out is told. */
export const cancel = (host: Host, operation: number): void => host.carrier(operation)?.stop()

/** Begins a command. */
function begin(
  session: Session,
  outlet: Outputs.Outlet,
  calling: Calling,
  hooks: Hooks,
  handler: CommandHandler
): void {
  const { station } = session.host
  const before = Carrying.logEnd(station)
  calling.operate(outlet, hooks, handler)
  Carrying.asked(station, calling, before)
}

/** A client wants to select a point whose application decides who may. */
export function select(session: Session, notice: SelectRequested): void {
  const hooks = session.host.hooks.find(notice.block, notice.slot)
  if (hooks?.onSelect == null) return session.collect(Outcome.confirm(notice.id, "failure"))
  new Selecting(session, notice, hooks.onSelect).decide()
  // What is asked next may remove the point: who had it is told before.
  session.tellCollected()
}

/**
 * A session is about to leave data transfer, or to end: its commands that were not begun are refused, so that none of them
 * ever is; those that were begun go on. The session collects the decisions: called while it acts on notices.
 */
export function stopping(session: Session): void {
  for (const deciding of [...session.aborts.values()])
    if (deciding instanceof Calling) Carrying.refuseWaiting(session.host, deciding)
}

/**
 * Answers the request of a command point that waits for it: cause 7 confirms or refuses, cause 10 terminates, to its session
 * and with its octets. False when nobody is told.
 */
export function resolve(host: Host, block: Block, slot: number, cause: number, negative: boolean): boolean {
  return Carrying.resolve(host, Outputs.find(host.station.outputs, block, slot), cause, negative)
}

/**
 * The point that had these hooks is gone: who waits for it, wants to select it or load a parameter, or waits for an answer that it owed, is told no,
 * and who operates it is told to stop. Their clients are answered in this place, ahead of all that they ask or do behind it;
 * the application hears of it a moment later: whoever removes it has done then.
 */
export function detached(host: Host, hooks: Hooks | undefined, operated: Outputs.Detached | null): void {
  if (hooks !== undefined && hooks.deciding !== null && hooks.deciding.size > 0) {
    const ended = [...hooks.deciding]
    for (const one of ended) one.detach()
    host.loop.soon(() => {
      for (const one of ended) one.tellDetached()
    })
  }
  if (operated !== null) Carrying.detached(host, operated)
}

/** What is known of the output of a command point. */
export const status = (host: Host, block: Block, slot: number): Output.Status =>
  Outputs.find(host.station.outputs, block, slot)?.output.status ?? "free"

/** The application says that an output is free, whatever was begun at it; whether anything was. */
export function release(host: Host, block: Block, slot: number): boolean {
  return Carrying.release(host, Outputs.find(host.station.outputs, block, slot), () =>
    CommandFacts.tellOutput(host, { block, ca: block.of.ca, ioa: block.ioa[slot] as number }, "free")
  )
}
