// All checkers of a run, and what has to hold when everything has settled.

import type { Centre } from "./Centre.ts"
import { CheckAnswers } from "./CheckAnswers.ts"
import { CheckCommands } from "./CheckCommands.ts"
import { CheckEvents } from "./CheckEvents.ts"
import { CheckLink } from "./CheckLink.ts"
import * as Codec from "./Codec.ts"
import type { Draw } from "./Draw.ts"
import * as Plant from "./Plant.ts"
import type { Rtu } from "./Rtu.ts"
import { type Checker, Violation } from "./Watch.ts"

export class Check {
  readonly checkers: readonly Checker[]
  private readonly events: CheckEvents
  private readonly commands: CheckCommands

  constructor(of: Draw, now: () => number, causes: Readonly<Record<number, readonly number[]>>) {
    const slackMs = 100 + (of.faults.stall > 0 ? 4000 : 0)
    const { k, w, t1Ms, t2Ms, t3Ms, maxApduLength, selectMs } = of
    this.events = new CheckEvents()
    this.commands = new CheckCommands(now, selectMs, slackMs)
    this.checkers = [
      new CheckLink({ k, w, t1Ms, t2Ms, t3Ms, maxApduLength, slackMs }, now),
      // What the other dialect says is legal by its own package only.
      new CheckAnswers(of.profile === "iec" ? causes : {}),
      this.commands,
      this.events
    ]
  }

  set plant(plant: Plant.Plant) {
    this.events.plant = plant
    this.commands.plant = plant
  }

  /** Nothing is left of what was asked and operated. */
  idle({ connections, station, handlings }: Rtu): void {
    if (this.commands.busy > 0) throw new Violation("idle", `${this.commands.busy} operations never end`)
    for (const { number, exchange } of connections.values()) {
      const { work, link } = exchange.state
      const { asking, pending, interrogations, reads, replies, barred, standing } = work
      if (link.pause !== null) throw new Violation("idle", `session ${number} is paused`)
      if (asking.length > 0 || interrogations !== null || reads !== null || replies !== null || barred !== null)
        throw new Violation("idle", `session ${number} has work left`)
      if (standing > 0) throw new Violation("idle", `requests of session ${number} stand behind something`)
      void pending
    }
    for (const outlet of station.outputs.outlets.values())
      if (outlet.output.waiting.length > 0) throw new Violation("idle", "commands wait at an output")
    for (const [number, { plan }] of handlings)
      if (plan !== null && station.outputs.outlets.size === 0)
        throw new Violation("idle", `operation ${number} is left`)
  }

  /** The image of every centre is that of the plant. */
  complete(centres: readonly Centre[]): void {
    const { plant } = this.events
    for (const { number, image } of centres)
      for (const point of plant.monitored.values()) {
        const known = image.get(Plant.placeOf(point.ca, point.ioa))
        const at = `${point.ca}/${point.ioa} of type ${point.type}`
        if (known === undefined) throw new Violation("complete", `centre ${number} does not know ${at}`)
        if (point.untagged !== 15 && Codec.hex(known) !== Codec.hex(Plant.present(point)))
          throw new Violation(
            "complete",
            `centre ${number} knows ${Codec.hex(known)} of ${at}, which says ${Codec.hex(Plant.present(point))}`
          )
      }
  }
}

export const make = (of: Draw, now: () => number, causes: Readonly<Record<number, readonly number[]>> = {}): Check =>
  new Check(of, now, causes)
