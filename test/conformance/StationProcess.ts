// The process behind the whole server: its host made as given, and an application that answers as the transcript says.

import * as Image from "../../src/core/image/Image.ts"
import * as Value from "../../src/core/image/Value.ts"
import * as Rates from "../../src/core/log/Rates.ts"
import type { CyclicBatch } from "../../src/core/read/ReadWork.ts"
import * as SessionEvent from "../../src/core/session/SessionEvent.ts"
import * as Drain from "../../src/core/station/Drain.ts"
import type { Command } from "../../src/shell/Hooks.ts"
import { Host } from "../../src/shell/Host.ts"
import * as Options from "../../src/shell/Options.ts"
import type { Outcome } from "../../src/shell/ServerEvent.ts"
import { Ticker } from "../../src/shell/Ticker.ts"
import type { VirtualClock } from "../../src/shell/VirtualClock.ts"
import * as Backend from "./Backend.ts"
import * as Given from "./Given.ts"
import { MemoryStore } from "./MemoryStore.ts"
import type * as Points from "./Points.ts"
import * as Tls from "./Tls.ts"

/** How often it is looked what is due at fixed rates. */
const TICK_MS = 100
/** Behind the keys of the batches that the schedule makes. */
const OWN_KEYS = 0x1_0000_0000
const CONFIRMATION = 7
const TERMINATION = 10

const outcomes: Readonly<Record<Exclude<Backend.Answer, "held">, Outcome>> = {
  accepted: "success",
  refused: "failure",
  later: "none"
}

export class StationProcess {
  readonly host: Host
  readonly ticker: Ticker
  private readonly clock: VirtualClock
  private readonly store: MemoryStore
  private readonly answers = Backend.firstAnswers()
  /** Requests that reached the application. */
  private operated = 0
  private held: ((outcome: Outcome) => void)[] = []

  constructor(given: Given.Given, clock: VirtualClock) {
    this.clock = clock
    this.store = new MemoryStore(given.files ?? [], given.wallMs)
    const options = Options.complete(
      {
        host: "127.0.0.1",
        port: 0,
        link: Given.parametersOf(given.link),
        limits: { logRecords: given.log, connections: given.connections, rehearsalMs: 0, ...given.limits },
        packEvents: given.pack,
        tickRateMs: TICK_MS,
        // Refusals and lost events are what some transcripts are about; they judge them, nobody has to read them.
        logLevel: "error",
        selectMs: given.select * 1000,
        commandAgeMs: given.commandAge * 1000,
        clockSource: given.clockSource,
        clockValidMs: given.clockValid * 1000,
        files: given.files === null ? null : this.store,
        tls: given.tls === null ? null : Tls.optionsOf(given.tls),
        clock
      },
      given.profile
    )
    this.host = new Host(options)
    this.ticker = new Ticker(this.host)
    this.host.onClockSync = (_peer, _low, _high, utcMs) => {
      if (this.answers.clock === "accepted" && given.clockSource === "host") clock.setWall(utcMs)
      return this.decide("clock")
    }
    for (const ca of Given.stationsOf(given)) {
      const { zone, counterMode, freezeEvery, freezeReset, background } = Given.stationOf(given, ca)
      this.host.addStation(ca, zone)
      this.host.setCounterMode(ca, counterMode)
      this.ticker.setLocalFreeze(ca, freezeEvery * 1000, freezeReset)
      this.ticker.setBackground(ca, background * 1000)
    }
    for (const points of given.points) this.add(points)
  }

  private add(points: Points.Points): void {
    const { host } = this
    const { ca, from, to, type } = points
    host.addPoints(ca, from, type, to - from + 1, points.variants)
    const station = Image.station(host.world.image, ca) as Image.Station
    for (let ioa = from; ioa <= to; ioa++) {
      const { block, slot } = Image.findTyped(station, ioa, type) as Image.Place
      if (points.groups.length + points.counters.length > 0) host.setGroups(block, slot, points.groups, points.counters)
      this.ticker.set(block, slot, points.cyclic * 1000)
      if (points.deadband !== "") {
        const band = Number.parseFloat(points.deadband)
        Rates.setDeadband(block, slot, points.deadband.endsWith("%") ? { percent: band } : { absolute: band })
      }
      if (!Value.isCommand(type)) continue
      host.setSelect(block, slot, points.select)
      const hooks = host.hooks.of(block, slot)
      hooks.actTerm = points.termination
      if (points.related !== 0) {
        hooks.related = { ioAddress: points.related + ioa - from, type: 0 }
        hooks.relatedIoAutoreturn = true
      }
      hooks.onCommand = (command) => this.operate(command, hooks.related?.ioAddress ?? null)
    }
  }

  private operate(command: Command, related: number | null): Outcome | Promise<Outcome> {
    if (related !== null && this.answers.commands === "accepted") {
      const { block, slot } = this.place({ ca: command.commonAddress, ioa: related })
      this.host.setValue(block, slot, command.value, this.host.nowMs())
    }
    return this.decide("commands")
  }

  private decide(question: Backend.Question): Outcome | Promise<Outcome> {
    if (question !== "clock") this.operated++
    const answer = this.answers[question]
    return answer === "held" ? new Promise((resolve) => this.held.push(resolve)) : outcomes[answer]
  }

  private place({ ca, ioa }: Backend.Point): Image.Place {
    const { image } = this.host.world
    const station = ca === null ? Image.first(image) : Image.station(image, ca)
    const place = station === undefined ? null : Image.find(station, ioa)
    if (place === null) throw new Error(`there is no point ${ca ?? "(first station)"}:${ioa}`)
    return place
  }

  perform(action: Backend.Action): void {
    const { host } = this
    switch (action.kind) {
      case "event":
      case "set":
      case "update":
        for (const setting of action.settings) this.change(action, setting)
        return
      case "count":
        for (const setting of action.settings) {
          const { block, slot } = this.place(setting)
          Image.count(block, slot, setting.value)
        }
        return
      case "cyclic":
        return this.cyclic(action.points)
      case "commands":
      case "clock":
        this.answers[action.kind] = action.answer
        return
      case "reset":
        this.answers.reset = action.answer
        host.onReset = () => this.decide("reset")
        return
      case "parameters":
        this.answers.parameters = action.answer
        host.onParameter = () => this.decide("parameters")
        return
      case "answer": {
        const { held } = this
        this.held = []
        if (action.answer !== "held") for (const resolve of held) resolve(outcomes[action.answer])
        return
      }
      case "confirm":
      case "terminate": {
        const { block, slot } = this.place(action.point)
        const cause = action.kind === "confirm" ? CONFIRMATION : TERMINATION
        if (!host.publish(block, slot, cause, 0, action.negative)) throw new Error("no command waits for this")
        return
      }
      case "initialised":
        return host.initialised(action.ca, action.cause)
      case "wall":
        return this.clock.setWall(action.wallMs)
      case "close":
        for (const session of [...host.sessions]) session.end("shutdown")
    }
  }

  private change(
    action: Extract<Backend.Action, { readonly kind: "event" | "set" | "update" }>,
    setting: Backend.Setting
  ): void {
    const { host } = this
    const { block, slot } = this.place(setting)
    const atMs = action.atMs ?? host.nowMs()
    if (action.kind === "update") {
      host.update(block, slot, setting.value, setting.quality ?? Image.quality(block, slot), atMs)
      return
    }
    host.setValue(block, slot, setting.value, atMs)
    if (setting.quality !== null) host.setQuality(block, slot, setting.quality, atMs)
    if (setting.extra !== null) Value.writeExtra(block.kind, block.view, slot * block.stride, setting.extra)
    if (action.kind === "event") host.publish(block, slot, action.cause, 0)
  }

  private purposes = 0

  private cyclic(points: readonly Backend.Point[]): void {
    const batches: CyclicBatch[] = points.map((point) => {
      const { block, slot } = this.place(point)
      return {
        key: OWN_KEYS + ++this.purposes,
        block,
        version: block.version,
        slots: Int32Array.of(slot),
        type: block.of.cyclicType,
        cause: block.of.cyclicCause
      }
    })
    const { host } = this
    for (const session of host.sessions)
      Drain.dispatch(session, {
        ...SessionEvent.plain("cyclic", host.clock.monotonicMs(), host.logEnds(), session.room()),
        batches
      })
  }

  /** What only the process tells; null for everything else. */
  tell(what: string): string | null {
    const [word = "", point = ""] = what.split(" ")
    if (word === "operated") return String(this.operated)
    if (word === "file") return this.store.tell(what.slice(word.length + 1))
    if (word !== "value") return null
    const { block, slot } = this.place(Backend.pointOf(point))
    return String(Image.value(block, slot))
  }
}
