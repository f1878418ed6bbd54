// A snapshot of a server's counters, for scraping and status pages.
import * as Image from "../core/image/Image.ts"
import * as Numbered from "../core/image/Numbered.ts"
import type { Host } from "./Host.ts"

export interface Metrics {
  readonly openConnections: number
  readonly activeConnections: number
  readonly stations: number
  readonly points: number
  /** Events published since the server was made. */
  readonly publishedEvents: number
  /** Events that wait for the slowest started connection. */
  readonly backlog: number
  /** Of the open connections: I frames received and sent, and events that were dropped before they were sent. */
  readonly receivedFrames: number
  readonly sentFrames: number
  readonly lostEvents: number
  /** Times outside 2000 to 2099 since the server was made: no time tag can say them, and the nearest bound went, invalid. */
  readonly boundedTimes: number
}

/** The counters as they are now. */
export function snapshot(host: Host): Metrics {
  let receivedFrames = 0
  let sentFrames = 0
  let lostEvents = 0
  for (const { state, cursor } of host.sessions) {
    receivedFrames += state.receivedFrames
    sentFrames += state.sentFrames
    lostEvents += cursor.rare.lost
  }
  const { image } = host.world
  return {
    openConnections: host.sessions.size,
    activeConnections: host.station.started.size,
    stations: Numbered.size(image.stations),
    points: Image.points(image),
    publishedEvents: host.logEnds().reduce((sum, end) => sum + end, 0),
    backlog: host.backlog(),
    receivedFrames,
    sentFrames,
    lostEvents,
    boundedTimes: host.boundedTimes
  }
}
