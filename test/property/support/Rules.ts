// What must hold after every reduction of any session: whole frames, numbers without gaps, windows and bounds kept, and a deadline that
// makes progress.
import * as Core from "../../../src/core/index.ts"
import * as Frames from "./Frames.ts"
import type { Plant } from "./Peer.ts"
import * as Scenario from "./Scenario.ts"

export interface Moment {
  readonly plant: Plant
  readonly before: Core.SessionState.SessionState
  readonly event: Core.SessionEvent.SessionEvent
  readonly after: Core.SessionState.SessionState
  readonly cursor: Core.Cursor.Cursor
  readonly outputs: Core.SessionOutputs
  readonly frames: readonly Frames.Frame[]
}

/** What is wrong with a reduction, or "". */
export type Rule = (moment: Moment) => string

export const rules: Readonly<Record<string, Rule>> = {
  "numbers are consecutive": ({ before, after, frames }) => {
    let expected = before.link.sendNumber
    for (const { format, ns } of frames) {
      if (format !== "I") continue
      if (ns !== expected) return `N(S) ${ns} instead of ${expected}`
      expected = (expected + 1) & 0x7fff
    }
    return expected === after.link.sendNumber ? "" : `the state says ${after.link.sendNumber}, not ${expected}`
  },
  "acknowledgements never move backwards or ahead": ({ before, after, frames }) => {
    let last = before.link.receiveNumber
    for (const { format, nr } of frames) {
      if (format === "U") continue
      if (((nr - last) & 0x7fff) > ((after.link.receiveNumber - last) & 0x7fff)) return `N(R) ${nr} after ${last}`
      last = nr
    }
    return ""
  },
  "the window is kept": ({ after: { link } }) =>
    link.ledger.high - link.ledger.low > link.k
      ? `${link.ledger.high - link.ledger.low} in flight with k=${link.k}`
      : "",
  "I frames keep within the room": ({ event, frames }) => {
    const octets = frames.reduce((sum, { format, octets: { length } }) => sum + (format === "I" ? length : 0), 0)
    return octets > Math.max(0, event.room) ? `${octets} octets with room for ${event.room}` : ""
  },
  "every I frame holds objects and obeys the longest APDU": ({ plant, frames }) => {
    for (const { format, count, octets } of frames) {
      if (format !== "I") continue
      if (count < 1) return `no object: ${Core.Hex.octetsToHex(octets)}`
      if (octets[8] !== undefined && (octets[8] & 0x3f) < 7 && octets.length - 2 > plant.profile.maxApduLength)
        return `${octets.length - 2} octets, ${plant.profile.maxApduLength} allowed`
    }
    return ""
  },
  "monitor frames can be read": ({ frames }) => {
    for (const found of frames)
      if (found.format === "I" && found.type < 45 && (found.cause & 0x3f) < 44) {
        const decoded = Core.Fields.decode(found.octets)
        if (!decoded.ok) return decoded.error
      }
    return ""
  },
  "data are sent only while started": ({ before, after, frames }) => {
    const { Started } = Core.Link.Phase
    const starts = frames.some(({ code }) => code === Frames.U.startdtCon)
    const data = frames.some(({ format }) => format === "I")
    return data && before.link.phase !== Started && after.link.phase !== Started && !starts
      ? "an I frame while stopped"
      : ""
  },
  "acknowledged <= sent <= end": ({ cursor, event: { stable } }) => {
    for (const [priority, end] of stable.entries()) {
      const sent = cursor.sent[priority] ?? -1
      const acknowledged = cursor.acknowledged[priority] ?? -1
      if (!(acknowledged <= sent && sent <= end)) return `${acknowledged} <= ${sent} <= ${end} does not hold`
    }
    return ""
  },
  "a deadline lies ahead": ({ plant, event, after, cursor, outputs }) => {
    // t1 is judged only when all input was read: then it lies ahead, or the session is closed.
    const tick = Core.SessionEvent.plain("tick", event.nowMs, event.stable, event.room)
    const judged = event.heardMs >= 0 ? after : Core.reduce(plant.world, after, cursor, tick).state
    const due = Core.SessionState.deadline(plant.world, judged)
    return due > event.nowMs || outputs.more || Scenario.isClosed(judged)
      ? ""
      : `at ${event.nowMs} the next deadline is ${due}`
  },
  "a closed session wants nothing more": ({ plant, after }) => {
    const due = Core.SessionState.deadline(plant.world, after)
    return Scenario.isClosed(after) && due !== Number.POSITIVE_INFINITY ? `it wants to be called at ${due}` : ""
  },
  "a session closes with one reason": ({ before, after, outputs: { notices } }) => {
    const reasons = notices.filter(({ kind }) => kind === "closed").length
    return reasons === (Scenario.isClosed(after) && !Scenario.isClosed(before) ? 1 : 0) ? "" : `${reasons} reasons`
  },
  "the output is bounded": ({ event, before, outputs }) => {
    const most =
      Math.min(65_536, Math.max(0, event.room), (before.link.k + 1) * 256) + 2 * (event.chunk?.length ?? 0) + 574
    return outputs.end - outputs.start > most ? `${outputs.end - outputs.start} octets, more than ${most}` : ""
  }
}
