// What the application and the file store of a bench say later.
import type * as FileCall from "../../../src/core/file/FileCall.ts"
import * as FileCalls from "../../../src/core/file/FileCalls.ts"
import * as Outcome from "../../../src/core/procedure/Outcome.ts"
import * as Abandoned from "../../../src/core/station/Abandoned.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import type { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import * as Clients from "./Clients.ts"
import { one } from "./Places.ts"

export function answer(bench: Bench, random: Random): void {
  const { ground } = bench
  const asked = one(random, ground.asked)
  if (asked === undefined) return
  ground.asked = ground.asked.filter((other) => other !== asked)
  const session = bench.sessions.get(asked.session)
  if (session === undefined || session.exchange.reason !== null) return
  const { id, what, selected } = asked
  if (what === "refreshed") return Drain.dispatch(session, { ...session.event("refreshed"), refreshed: id })
  if (!session.exchange.awaits(id)) return
  const outcome = random.chance(70) ? "success" : "failure"
  if (what === "command" && random.chance(20)) session.accept(id)
  else if (what === "command") session.collect(Outcome.command(id, outcome, true, selected, session.barrier(random)))
  else if (what === "ends") session.collect(Outcome.terminate(id, true, outcome === "failure", session.barrier(random)))
  else session.collect(Outcome.confirm(id, outcome))
  bench.say("batch", session.exchange.batch)
  // Mostly it is told at once, else ahead of what comes next.
  if (random.chance(60)) Drain.tellCollected(session)
}

/** A callback is given up, or one of those settles. */
export function callbacks(bench: Bench, random: Random): void {
  const { station, ground } = bench
  const over = one(random, ground.abandoned)
  const run = [random.pick(["onConnect", "files.open"]), `192.0.2.${random.below(3)}`] as const
  if (over !== undefined && random.chance(50)) {
    ground.abandoned = ground.abandoned.filter((other) => other !== over)
    station.abandoned = Abandoned.settle(station.abandoned, ...over)
  } else {
    ground.abandoned.push(run)
    station.abandoned = Abandoned.add(station.abandoned, ...run)
  }
  bench.say("are many", Abandoned.areMany(station.abandoned, 4, ...run))
}

export function passFiles(bench: Bench, random: Random): void {
  const { ground, station } = bench
  const due = one(random, ground.store)
  if (due === undefined) return
  ground.store = ground.store.filter((other) => other !== due)
  bench.follow(passed(station.files, due, bench.filesAround(), random))
}

type Waits = Bench["ground"]["store"][number]

function passed(files: FileCall.Files, due: Waits, around: FileCall.Around, random: Random): FileCall.Step {
  const fails = random.chance(10)
  switch (due.kind) {
    case "goOn":
      return FileCalls.goOn(files, due.call, around)
    case "close":
      return FileCalls.closed(files, due.holding)
    case "list":
      return fails
        ? FileCalls.unlisted(files, due.ca, due.round, "no")
        : FileCalls.listed(files, due.ca, due.round, Clients.directory, around)
    case "listAgain":
      return FileCalls.listAgain(files, due.ca, around.nowMs)
    case "judge":
      return FileCalls.judge(files, around)
    case "handOut":
      return FileCalls.handOut(files, around)
    case "ask": {
      const { call, ask } = due
      if (fails) return FileCalls.failed(files, call, "no")
      if (ask.op === "query") return FileCalls.prepared(files, call, 2, around)
      if (ask.op === "open") return FileCalls.answered(files, call, { ok: true, op: "open", octets: Clients.OCTETS })
      if (ask.op === "read") {
        const data = Uint8Array.from({ length: ask.octets }, (_, at) => (ask.offset + at) & 0xff)
        return FileCalls.answered(files, call, { ok: true, op: "read", data })
      }
      return FileCalls.answered(files, call, { ok: true, op: ask.op })
    }
  }
}
