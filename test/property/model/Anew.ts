// The station of a real server made anew of its snapshot, while the server runs: what the shell holds of the station gets what the
// new machines have, so that nothing is left of the old ones but who they are.
import { Block } from "../../../src/core/image/Block.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import type { Exchange } from "../../../src/core/station/Exchange.ts"
import { Copying } from "../../../src/core/station/Plain.ts"
import { Publishing } from "../../../src/core/station/Publishing.ts"
import * as Snapshot from "../../../src/core/station/Snapshot.ts"
import type { Station } from "../../../src/core/station/Station.ts"
import * as Zones from "../../../src/shell/Zones.ts"

/** A session of the shell. */
interface Session extends Snapshot.Session {
  readonly exchange: Exchange
}

/** Makes a station anew; false where it is amid an input. */
export function anew(station: Station<Session>): boolean {
  const { publishing } = station
  const { logs } = publishing
  const sessions = [...publishing.sessions]
  const exchanges = sessions.map(({ exchange }) => exchange)
  if (exchanges.some(({ isAmid }) => isAmid)) return false
  const taken = structuredClone(Snapshot.take(station, exchanges))
  const others = new Map<number, Exchange>()
  const { station: other } = Snapshot.restore<Session>(taken, {
    zone: Zones.make,
    session: (number, exchange) => {
      others.set(number, exchange)
      return sessions.find((one) => one.number === number) as Session
    }
  })
  const blocks = blocksOf(station, exchanges)
  const back = new Copying((value, at) => {
    if (value instanceof Block) {
      const block = blocks.get(value.number)
      return block === undefined ? at.refuse("is a block that nobody has") : Object.assign(block, value)
    }
    const priority = other.publishing.logs.indexOf(value as EventLog.EventLog)
    if (priority >= 0) return Object.assign(logs[priority] as EventLog.EventLog, at.fields(value, EventLog.ports))
    return isGiven(value, sessions) ? value : undefined
  })
  const kept = ["logs", "sessions", "open"]
  Object.assign(publishing, back.fields(other.publishing, [...Publishing.ports, ...kept]))
  back.of("logs", other.publishing.logs)
  for (const which of ["sessions", "open"] as const) {
    publishing[which].clear()
    for (const session of other.publishing[which]) publishing[which].add(session)
  }
  Object.assign(station, back.fields(other, ["publishing"]))
  for (const { number, exchange } of sessions) Object.assign(exchange, back.fields(others.get(number) as Exchange))
  return true
}

const isGiven = (value: object, sessions: readonly object[]): boolean => "spanAt" in value || sessions.includes(value)

/** All blocks that a station and its sessions speak of. */
function blocksOf(station: Station<Session>, exchanges: readonly Exchange[]): ReadonlyMap<number, Block> {
  const found = new Map<number, Block>()
  const { logs, sessions } = station.publishing
  const walk = new Copying((value, at) => {
    if (value instanceof Block) found.set(value.number, value)
    if (value instanceof Publishing) return at.fields(value, [...Publishing.ports])
    const isOver = value instanceof Block || logs.includes(value as EventLog.EventLog)
    return isOver || isGiven(value, [...sessions]) ? value : undefined
  })
  walk.fields(station)
  for (const exchange of exchanges) walk.fields(exchange)
  return found
}
