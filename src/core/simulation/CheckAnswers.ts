// Holds answers against requests (60870-5-5): while data transfer lasts, each request has exactly one mirror, or positive or
// negative confirmation, and one termination at most, behind a positive confirmation; nothing is answered that was not asked, and
// nothing behind STOPDT or the end. And every ASDU has a structure and a cause that the standard knows.

import * as Codec from "./Codec.ts"
import { Checker, Violation } from "./Watch.ts"

interface Request {
  readonly cause: number
  readonly global: boolean
  /** Those who were confirmed and not terminated, by common address; and those who were answered. */
  readonly confirmed: Set<number>
  readonly answered: Set<number>
  /** Whether nothing more has to come. */
  isOver: boolean
  /** Whether it may have waited for its turn, and have been deactivated before that came: then it is not confirmed. */
  isDeactivated: boolean
}

interface Talk {
  /** Those that are not over, by what they say. */
  readonly requests: Map<string, Request[]>
  isStarted: boolean
  stops: number
}

/** Types that are confirmed. */
const isConfirmed = (type: number): boolean =>
  (type >= 45 && type <= 64) || (type >= 100 && type <= 107 && type !== 102) || (type >= 110 && type <= 113)

/** What a request says, as its answers repeat it. */
function keyOf(frame: Codec.Frame, ca: number): string {
  const { type, oa, test, octets } = frame
  // The confirmation of a clock synchronisation carries the time of the station.
  const element = type === 103 ? "" : Codec.hex(octets.subarray(12))
  return `${type} ${ca} ${oa} ${test} ${element}`
}

export class CheckAnswers extends Checker {
  private readonly talks: Map<number, Talk> = new Map()
  private readonly causes: Readonly<Record<number, readonly number[]>>

  constructor(causes: Readonly<Record<number, readonly number[]>>) {
    super("answers")
    this.causes = causes
  }

  private fail(session: number, text: string, frame?: Codec.Frame): never {
    throw new Violation(
      this.name,
      `session ${session}: ${text}${frame === undefined ? "" : ` (${Codec.hex(frame.octets)})`}`
    )
  }

  override opened(session: number): void {
    this.talks.set(session, { requests: new Map(), isStarted: false, stops: 0 })
  }

  override got(session: number, frame: Codec.Frame): void {
    const talk = this.talks.get(session)
    if (talk === undefined) return
    if (frame.format === "U" && frame.code === Codec.STOPDT_ACT) talk.stops++
    if (frame.format !== "I" || (frame.cause >= 44 && frame.cause <= 47)) return
    const key = keyOf(frame, frame.ca)
    const request: Request = {
      cause: frame.cause,
      global: frame.ca === Codec.GLOBAL,
      confirmed: new Set(),
      answered: new Set(),
      isOver: !isConfirmed(frame.type),
      isDeactivated: false
    }
    const known = talk.requests.get(key)
    if (known === undefined) talk.requests.set(key, [request])
    else known.push(request)
  }

  override sent(session: number, frame: Codec.Frame): void {
    const talk = this.talks.get(session)
    if (talk === undefined) return
    if (frame.format === "U") {
      if (frame.code === Codec.STARTDT_CON) talk.isStarted = true
      if (frame.code !== Codec.STOPDT_CON) return
      talk.isStarted = false
      talk.stops = 0
      talk.requests.clear()
      return
    }
    if (frame.format === "S") return
    const isMirror = frame.cause >= 44 && frame.cause <= 47
    const fault = Codec.fault(frame)
    if (fault !== null && !isMirror && !frame.negative) this.fail(session, fault, frame)
    const legal = this.causes[frame.type]
    if (legal !== undefined && !legal.includes(frame.cause))
      this.fail(session, `cause ${frame.cause} is not legal`, frame)
    if (isMirror) return this.mirrored(session, talk, frame)
    if (!isConfirmed(frame.type)) return
    switch (frame.cause) {
      case 7:
      case 9:
        return this.confirmed(session, talk, frame)
      case 10:
        return this.terminated(session, talk, frame)
      default:
        this.fail(session, `cause ${frame.cause} is no answer`, frame)
    }
  }

  /** The first request of the same words for which something holds. */
  private find(talk: Talk, frame: Codec.Frame, fits: (request: Request) => boolean): Request | undefined {
    return (
      talk.requests.get(keyOf(frame, frame.ca))?.find(fits) ??
      talk.requests.get(keyOf(frame, Codec.GLOBAL))?.find((request) => request.global && fits(request))
    )
  }

  private mirrored(session: number, talk: Talk, frame: Codec.Frame): void {
    if (!frame.negative) this.fail(session, "a mirror is negative", frame)
    const isStrange = (of: Request): boolean => of.cause !== 5 && of.cause !== 6 && of.cause !== 8
    const isOpen = (of: Request): boolean => (of.global ? !of.answered.has(frame.ca) : of.answered.size === 0)
    const ordinary = frame.cause === 45 ? undefined : this.find(talk, frame, (of) => isOpen(of) && !isStrange(of))
    const request = ordinary ?? this.find(talk, frame, (of) => isOpen(of) && isStrange(of))
    if (request === undefined) this.fail(session, "a mirror of what was not asked, or was answered", frame)
    // Of one with the global address and one to a station, with the same words, the answer of the other may have been taken for its.
    if (request.global && frame.ca !== Codec.GLOBAL) request.answered.add(frame.ca)
    else this.over(talk, frame, request)
  }

  private confirmed(session: number, talk: Talk, frame: Codec.Frame): void {
    const { ca, negative } = frame
    const wanted = frame.cause === 9 ? 8 : 6
    const fits = (of: Request): boolean => of.cause === wanted && !of.answered.has(ca)
    const request = this.find(talk, frame, (of) => fits(of) && !of.isDeactivated) ?? this.find(talk, frame, fits)
    if (request === undefined) this.fail(session, "an answer to what was not asked, or was answered", frame)
    request.answered.add(ca)
    if (frame.cause === 9 && !negative && frame.type >= 100) this.deactivated(talk, frame)
    if (!negative) request.confirmed.add(ca)
    if (!request.global && (negative || frame.cause === 9)) this.over(talk, frame, request)
  }

  private deactivated(talk: Talk, { type, octets }: Codec.Frame): void {
    const element = Codec.hex(octets.subarray(12))
    for (const [key, requests] of talk.requests)
      if (key.startsWith(`${type} `) && key.endsWith(element))
        for (const of of requests) if (of.answered.size === 0) of.isDeactivated = true
  }

  private terminated(session: number, talk: Talk, frame: Codec.Frame): void {
    const request = this.find(talk, frame, (of) => of.confirmed.has(frame.ca))
    if (request === undefined) this.fail(session, "a termination without a confirmation", frame)
    request.confirmed.delete(frame.ca)
    if (!request.global) this.over(talk, frame, request)
  }

  private over(talk: Talk, frame: Codec.Frame, request: Request): void {
    request.isOver = true
    for (const ca of [frame.ca, Codec.GLOBAL]) {
      const key = keyOf(frame, ca)
      const left = talk.requests.get(key)?.filter((other) => other !== request)
      if (left === undefined) continue
      if (left.length === 0) talk.requests.delete(key)
      else talk.requests.set(key, left)
    }
  }

  override closed(session: number): void {
    this.talks.delete(session)
  }

  /** Requests that wait for their confirmation, of sessions that are started. */
  get open(): number {
    let count = 0
    for (const { requests } of this.talks.values())
      for (const all of requests.values()) for (const of of all) if (!of.isOver && of.answered.size === 0) count++
    return count
  }

  override settled(): void {
    for (const [session, { requests }] of this.talks) {
      for (const [key, all] of requests) {
        const silent = all.some((of) => !of.isOver && !of.isDeactivated && of.answered.size === 0)
        // Of several with the same words and the global address nobody outside knows whose answer was whose.
        const isClear = !all.some((of) => of.global && of.answered.size > 0)
        if (silent && isClear && !this.mayBeSilent(key)) this.fail(session, `nothing answers ${key}`)
      }
      requests.clear()
    }
  }

  /** Whether the application may have left a request without an answer: only commands. */
  private mayBeSilent(key: string): boolean {
    const type = Number(key.split(" ")[0])
    return type >= 45 && type <= 64
  }
}
