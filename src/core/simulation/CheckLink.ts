// Holds every connection against 60870-5-104 5: numbers, the windows k and w, STARTDT before data, nothing behind the end, times
// within bounds, and no end without a reason.

import * as Codec from "./Codec.ts"
import { Checker, Violation } from "./Watch.ts"

export interface Bounds {
  readonly k: number
  readonly w: number
  readonly t1Ms: number
  readonly t2Ms: number
  readonly t3Ms: number
  readonly maxApduLength: number
  /** By how much the station may be late: it may have stood still. */
  readonly slackMs: number
}

const MODULO = 0x7fff

interface Link {
  isStarted: boolean
  /** STARTDT act, STOPDT act and TESTFR act that have come and are not confirmed. */
  starts: number
  stops: number
  tests: number
  /** What data transfer is as far as its client has said. */
  wantsStarted: boolean
  /** Own I frames: sent, acknowledged, and when each of those that are not was sent. */
  sent: number
  acknowledged: number
  times: number[]
  /** I frames of the client: come, acknowledged, and when the oldest that is not came. */
  got: number
  told: number
  owedSinceMs: number
  heardMs: number
  testedMs: number
  /** Whether its client has broken the rules, so that it has to be closed; or may have. */
  isBroken: boolean
  isDoubtful: boolean
  /** Whether its octets ever waited in the socket: then its times run from when they left. */
  hasWaited: boolean
  isClosed: boolean
}

export class CheckLink extends Checker {
  private readonly of: Bounds
  private readonly now: () => number
  private readonly links: Map<number, Link> = new Map()

  constructor(of: Bounds, now: () => number) {
    super("link")
    this.of = of
    this.now = now
  }

  private fail(session: number, text: string): never {
    throw new Violation(this.name, `session ${session}: ${text}`)
  }

  private link(session: number): Link {
    const link = this.links.get(session)
    if (link === undefined) this.fail(session, "there is no such connection")
    return link
  }

  override opened(session: number): void {
    const nowMs = this.now()
    const before = this.links.get(session)
    if (before !== undefined && !before.isClosed) this.fail(session, "its number is in use")
    this.links.set(session, {
      isStarted: false,
      starts: 0,
      stops: 0,
      tests: 0,
      wantsStarted: false,
      sent: 0,
      acknowledged: 0,
      times: [],
      got: 0,
      told: 0,
      owedSinceMs: nowMs,
      heardMs: nowMs,
      testedMs: -1,
      isBroken: false,
      isDoubtful: false,
      hasWaited: false,
      isClosed: false
    })
  }

  override got(session: number, frame: Codec.Frame): void {
    const link = this.link(session)
    const { octets } = frame
    if (link.isBroken) return
    const length = octets[1] ?? 0
    const isWhole = octets[0] === 0x68 && length >= 4 && length <= 253
    if (!isWhole || (frame.format !== "I" && octets[1] !== 4)) return this.broken(link)
    link.heardMs = this.now()
    if (frame.format === "U") return this.gotU(link, frame.code)
    if (!link.wantsStarted) {
      if (frame.format === "I") return this.broken(link)
      // Whether STOPDT was confirmed when it came is known to the station only.
      link.isDoubtful = true
    }
    const flight = (link.sent - frame.nr) & MODULO
    if (flight > ((link.sent - link.acknowledged) & MODULO)) {
      // What is sent for what stands before it in the same chunk may make a lie true.
      if (((frame.nr - link.sent) & MODULO) > this.of.k) return this.broken(link)
      link.isDoubtful = true
      return
    }
    const released = (frame.nr - link.acknowledged) & MODULO
    link.times.splice(0, released)
    link.acknowledged = frame.nr
    if (frame.format === "S") return
    if (frame.ns !== link.got) return this.broken(link)
    const size = octets.length
    if (size < 12 || frame.count === 0) return this.broken(link)
    const fault = Codec.fault(frame)
    if (fault?.startsWith("it has") && isShort(frame)) return this.broken(link)
    if (link.got === link.told) link.owedSinceMs = this.now()
    link.got = (link.got + 1) & MODULO
  }

  private gotU(link: Link, code: number): void {
    switch (code) {
      case Codec.STARTDT_ACT:
        link.starts++
        link.wantsStarted = true
        return
      case Codec.STOPDT_ACT:
        link.stops++
        link.wantsStarted = false
        return
      case Codec.TESTFR_ACT:
        link.tests++
        return
      case Codec.TESTFR_CON:
        link.testedMs = -1
        return
      case Codec.STARTDT_CON:
      case Codec.STOPDT_CON:
        return
      default:
        this.broken(link)
    }
  }

  private broken(link: Link): void {
    link.isBroken = true
  }

  override sent(session: number, frame: Codec.Frame): void {
    const link = this.link(session)
    const { of } = this
    if (link.isClosed) this.fail(session, "something is sent behind the end")
    if (frame.octets.length - 2 > of.maxApduLength) this.fail(session, "a frame is longer than was said")
    if (frame.format === "U") return this.sentU(session, link, frame.code)
    // What lies between is what was received and not acknowledged before; of one that lies nobody knows what counts.
    const owed = (link.got - link.told) & MODULO
    if (((frame.nr - link.told) & MODULO) > owed && !link.isBroken && !link.isDoubtful)
      this.fail(session, `N(R) ${frame.nr} acknowledges what has not come: ${link.got} have`)
    link.told = frame.nr
    if (link.told !== link.got) link.owedSinceMs = this.now()
    if (frame.format === "S") return
    if (!link.isStarted) this.fail(session, "data is sent that was not started")
    if (frame.ns !== link.sent) this.fail(session, `N(S) is ${frame.ns}, and ${link.sent} follows`)
    link.sent = (link.sent + 1) & MODULO
    link.times.push(this.now())
    if (link.times.length > of.k && !link.isDoubtful)
      this.fail(session, `${link.times.length} frames are not acknowledged, and k is ${of.k}`)
  }

  private sentU(session: number, link: Link, code: number): void {
    // Of one who may have lied nobody outside knows which of its frames were taken.
    if (link.isDoubtful || link.isBroken) return this.sentDoubtfulU(link, code)
    switch (code) {
      case Codec.STARTDT_CON:
        if (link.starts-- === 0) this.fail(session, "STARTDT con was not asked for")
        link.isStarted = true
        return
      case Codec.STOPDT_CON:
        if (link.stops === 0) this.fail(session, "STOPDT con was not asked for")
        link.stops = 0
        if (link.times.length > 0 && !link.isDoubtful)
          this.fail(session, "STOPDT is confirmed before all that was sent is acknowledged")
        link.isStarted = false
        return
      case Codec.TESTFR_CON:
        if (link.tests-- === 0) this.fail(session, "TESTFR con was not asked for")
        return
      case Codec.TESTFR_ACT: {
        const idleMs = this.now() - link.heardMs
        if (link.testedMs >= 0) this.fail(session, "TESTFR act is sent twice")
        if (idleMs < this.of.t3Ms) this.fail(session, `TESTFR act is sent after ${idleMs} ms`)
        link.testedMs = this.now()
        return
      }
      default:
        this.fail(session, `a U frame ${code} is sent`)
    }
  }

  private sentDoubtfulU(link: Link, code: number): void {
    if (code === Codec.STARTDT_CON) link.isStarted = true
    else if (code === Codec.STOPDT_CON) link.isStarted = false
    else if (code === Codec.TESTFR_ACT) link.testedMs = this.now()
  }

  override turned(session: number, waits: number): void {
    const link = this.links.get(session)
    if (link === undefined || link.isClosed) return
    if (waits > 0) link.hasWaited = true
    const { w, t1Ms, t2Ms, t3Ms, slackMs } = this.of
    const nowMs = this.now()
    const owed = (link.got - link.told) & MODULO
    if (link.isBroken || link.isDoubtful) return
    if (link.isStarted && link.wantsStarted && owed >= w)
      this.fail(session, `${owed} frames are not acknowledged, and w is ${w}`)
    if (owed > 0 && link.isStarted && nowMs - link.owedSinceMs > t2Ms + slackMs)
      this.fail(session, `a frame is not acknowledged after ${nowMs - link.owedSinceMs} ms`)
    if (nowMs - link.heardMs > t3Ms + slackMs && link.testedMs < 0 && link.starts + link.stops + link.tests === 0)
      this.fail(session, `nothing is tested after ${nowMs - link.heardMs} ms`)
    const [oldest] = link.times
    if (oldest !== undefined && !link.hasWaited && nowMs - oldest > t1Ms + slackMs)
      this.fail(session, `t1 is over since ${nowMs - oldest - t1Ms} ms, and it is not closed`)
  }

  override closed(session: number, reason: string): void {
    const link = this.link(session)
    link.isClosed = true
    const waitsMs = this.now() - (link.times[0] ?? this.now())
    switch (reason) {
      case "BAD_START":
      case "BAD_LENGTH":
      case "BAD_CONTROL_FIELD":
      case "SEQUENCE_NS":
      case "SEQUENCE_NR":
      case "DATA_IN_STOPPED":
      case "MALFORMED_ASDU":
        if (!link.isBroken && !link.isDoubtful)
          this.fail(session, `it ends by ${reason}, and its client keeps to the rules`)
        return
      case "T1_IFRAME":
        if (waitsMs < this.of.t1Ms) this.fail(session, `it ends by t1 after ${waitsMs} ms`)
        return
      case "T1_TESTFR":
        if (link.testedMs < 0 || this.now() - link.testedMs < this.of.t1Ms)
          this.fail(session, "it ends by t1 of a TESTFR act too early")
    }
  }

  override settled(): void {
    for (const [session, link] of this.links)
      if (link.isBroken && !link.isClosed) this.fail(session, "its client has broken the rules, and it goes on")
  }
}

/** Whether octets are missing: of those there are more than there should be the link stays. */
function isShort(frame: Codec.Frame): boolean {
  let end = 0
  Codec.objects(frame, (_ioa, _from, to) => {
    end = to
  })
  return end > frame.octets.length
}
