// Holds what is told of points against what was published and what the plant says: each connection is told every event that
// was published while it was open, in order and once, but those that it was said to have lost, that nobody listened to while a
// newer one came, or that its client had deleted; nothing is told that was not published; and a value that is read is one of
// the plant's that is never older than what this connection was sent. Objects of an interrogation come once.

import * as Codec from "./Codec.ts"
import * as Plant from "./Plant.ts"
import { Checker, type Published, Violation } from "./Watch.ts"

interface Waiting {
  readonly event: Published
  /** Whether it was published while data transfer was stopped. */
  readonly unheard: boolean
}

/** An interrogation of a station: what it was told, and the number of what had happened to points when it began. */
interface Running {
  readonly told: Set<number>
  readonly since: number
  /** Whether it may have been deactivated: of several alike nobody outside knows which. */
  isDoubtful: boolean
}

interface Talk {
  waiting: Waiting[]
  /** What was told of each point last, and what was published last: the number of its state. */
  readonly told: Map<Plant.Point, number>
  readonly due: Map<Plant.Point, number>
  hasPurged: boolean
  isStarted: boolean
  /** How many events may be missing, since it was said that they are lost; and whether that was ever said. */
  lost: number
  hasLost: boolean
  /** What is wrong unless it is said before the turn is over that events were lost. */
  missing: string[]
  /** What stands for lost events, if any were. */
  healing: string | null
  /** How many of those that wait may be missing if they have a time tag: they were deleted. */
  purges: number
  /** Interrogations that run, by common address, originator and cause of their data. */
  readonly running: Map<string, Running[]>
}

export class CheckEvents extends Checker {
  plant: Plant.Plant = new Plant.Plant()
  private readonly talks: Map<number, Talk> = new Map()

  constructor() {
    super("events")
  }

  private fail(session: number, text: string, frame?: Codec.Frame): never {
    throw new Violation(
      this.name,
      `session ${session}: ${text}${frame === undefined ? "" : ` (${Codec.hex(frame.octets)})`}`
    )
  }

  override opened(session: number): void {
    this.talks.set(session, {
      waiting: [],
      told: new Map(),
      due: new Map(),
      hasPurged: false,
      isStarted: false,
      lost: 0,
      hasLost: false,
      missing: [],
      healing: null,
      purges: 0,
      running: new Map()
    })
  }

  override published(event: Published): void {
    for (const talk of this.talks.values()) {
      talk.waiting.push({ event, unheard: !talk.isStarted })
      talk.due.set(event.point, event.state)
    }
  }

  override lost(session: number, count: number): void {
    const talk = this.talks.get(session)
    if (talk === undefined) return
    talk.lost += count
    talk.hasLost = true
  }

  override purged(session: number): void {
    const talk = this.talks.get(session)
    if (talk === undefined) return
    talk.purges = talk.waiting.length
    talk.hasPurged = true
  }

  override turned(session: number): void {
    const talk = this.talks.get(session)
    if (talk !== undefined) this.explain(session, talk)
  }

  /** What is missing was said to be lost. */
  private explain(session: number, talk: Talk): void {
    const { missing, healing } = talk
    if (missing.length > talk.lost) this.fail(session, missing[0] as string)
    talk.lost -= missing.length
    if (missing.length > 0) talk.missing = []
    if (healing !== null && !talk.hasLost) this.fail(session, healing)
    talk.healing = null
  }

  override got(session: number, frame: Codec.Frame): void {
    const talk = this.talks.get(session)
    // From a STOPDT act on nobody listens, until it is started again.
    if (talk !== undefined && frame.format === "U" && frame.code === Codec.STOPDT_ACT) talk.isStarted = false
  }

  override sent(session: number, frame: Codec.Frame): void {
    const talk = this.talks.get(session)
    if (talk === undefined) return
    if (frame.format === "U") {
      if (frame.code === Codec.STARTDT_CON) {
        // What happened before happened while nobody listened.
        if (!talk.isStarted) talk.waiting = talk.waiting.map((of) => ({ ...of, unheard: true }))
        talk.isStarted = true
      } else if (frame.code === Codec.STOPDT_CON) talk.running.clear()
      return
    }
    if (frame.format !== "I") return
    if (frame.type >= 45) return this.answered(session, talk, frame)
    if (frame.test) return
    const { cause } = frame
    if (cause === 3 || cause === 11) Codec.objects(frame, (ioa, from) => this.event(session, talk, frame, ioa, from))
    else Codec.objects(frame, (ioa, from) => this.read(session, talk, frame, ioa, from))
  }

  /** Interrogations begin and end. */
  private answered(session: number, talk: Talk, frame: Codec.Frame): void {
    const { type, cause, negative, ca, octets, test } = frame
    if ((type !== 100 && type !== 101) || test) return
    const qualifier = octets[15] as number
    if (type === 101 && qualifier >> 6 !== 0) return
    const group = type === 100 ? qualifier - 20 : qualifier === 5 ? 0 : qualifier
    const key = `${ca} ${frame.oa} ${(type === 100 ? 20 : 37) + group}`
    if (cause === 9 && !negative) return this.deactivated(talk, frame, key)
    const running = talk.running.get(key) ?? []
    if (cause === 7 && !negative) {
      // A point that came while one alike ran may have been told in that one only.
      const since = running.reduce((least, other) => Math.min(least, other.since), this.plant.count)
      const begun = { told: new Set<number>(), since, isDoubtful: false }
      const sure = running.filter(({ isDoubtful }) => !isDoubtful)
      talk.running.set(key, [...sure, begun, ...running.filter(({ isDoubtful }) => isDoubtful)])
    }
    if (cause !== 10) return
    // Of several alike the one that was told most is over.
    const [ended, ...others] = running.sort(
      (a, b) => Number(a.isDoubtful) - Number(b.isDoubtful) || b.told.size - a.told.size
    )
    if (ended === undefined) return
    const isClear = !running.some(({ isDoubtful }) => isDoubtful)
    // One that says that it could not tell all may not be the one that was told most.
    for (const other of others) other.isDoubtful ||= !isClear || negative
    if (!negative && isClear) this.whole(session, ended, ca, type, group)
    if (others.length > 0) talk.running.set(key, others)
    else talk.running.delete(key)
  }

  /** An interrogation was deactivated: one of those of its key, or with the global address of all with its cause. */
  private deactivated({ running }: Talk, { ca }: Codec.Frame, key: string): void {
    const cause = key.split(" ")[2]
    // Whoever deactivates may have another originator.
    for (const [other, all] of running)
      if (other.split(" ")[2] === cause && (ca === Codec.GLOBAL || other.startsWith(`${ca} `)))
        for (const of of all) of.isDoubtful = true
  }

  /** Every point that was there all the time was told. */
  private whole(session: number, { told, since }: Running, ca: number, type: number, group: number): void {
    for (const point of this.plant.points) {
      if (point.ca !== ca || point.bornAt >= since) continue
      if (type === 101 && point.untagged !== 15) continue
      if (type === 100 && (point.untagged === 15 || (group !== 0 && point.group !== group))) continue
      if (type === 101 && group !== 0 && point.counterGroup !== group) continue
      if (!told.has(Plant.placeOf(ca, point.ioa)))
        this.fail(session, `an interrogation ${type} (${group}) of ${ca} ends, and ${point.ioa} was not told`)
    }
  }

  private event(session: number, talk: Talk, frame: Codec.Frame, ioa: number, from: number): void {
    const { waiting } = talk
    const { ca, type, cause, octets } = frame
    const isThis = ({ event }: Waiting): boolean =>
      event.point.ioa === ioa &&
      event.point.ca === ca &&
      event.type === type &&
      event.cause === cause &&
      isSame(event.octets, octets, from, event.point.untagged === 15)
    // Of what happened while nobody listened only the newest is told, also where one before said the same.
    const isTold = (of: Waiting, at: number): boolean =>
      isThis(of) && !(of.unheard && type < 30 && this.hasNewer(talk, at, type))
    const n = waiting.findIndex(isTold)
    if (n >= 0) {
      const { event } = waiting[n] as Waiting
      for (let before = 0; before < n; before++) this.missing(talk, before)
      talk.waiting = waiting.slice(n + 1)
      talk.purges = Math.max(0, talk.purges - n - 1)
      const told = talk.told.get(event.point) ?? 0
      if (told <= event.state) talk.told.set(event.point, event.state)
      return
    }
    // What stands for lost events is the present value.
    const point = this.plant.monitored.get(Plant.placeOf(ca, ioa))
    const what = `an event of ${ca}/${ioa} that was not published, or is told twice`
    if (point === undefined || cause !== 3) this.fail(session, what, frame)
    talk.healing ??= `${what} (${Codec.hex(frame.octets)})`
    this.read(session, talk, frame, ioa, from)
  }

  /** An event is passed over: that needs a reason. */
  private missing(talk: Talk, at: number): void {
    const { event, unheard } = talk.waiting[at] as Waiting
    const { point, type } = event
    const isTagged = type >= 30 && type <= 40
    if (isTagged && at < talk.purges) return
    if (unheard && !isTagged && this.hasNewer(talk, at)) return
    talk.missing.push(`the event of ${point.ca}/${point.ioa} (${Codec.hex(event.octets)}) is passed over`)
  }

  /** Whether a newer event of the same place waits, of a type or of any (0). */
  private hasNewer({ waiting }: Talk, at: number, type = 0): boolean {
    const { point } = (waiting[at] as Waiting).event
    for (let n = at + 1; n < waiting.length; n++) {
      const other = (waiting[n] as Waiting).event
      const isThere = other.point.ioa === point.ioa && other.point.ca === point.ca
      if (isThere && (type === 0 || other.type === type)) return true
    }
    return false
  }

  /** A value that was read from the image. */
  private read(session: number, talk: Talk, frame: Codec.Frame, ioa: number, from: number): void {
    const { ca, octets, cause, type } = frame
    const place = Plant.placeOf(ca, ioa)
    const point = this.plant.monitored.get(place)
    if (point === undefined) this.fail(session, `a value of ${ca}/${ioa}, where no point is`, frame)
    if (type !== point.type && type !== point.untagged) this.fail(session, `${ca}/${ioa} is of another type`, frame)
    if (cause >= 20) {
      const running = talk.running.get(`${ca} ${frame.oa} ${cause}`)
      if (running === undefined) this.fail(session, "an object of an interrogation that does not run", frame)
      const of = running.find(({ told }) => !told.has(place))
      if (of === undefined && !running.some(({ isDoubtful }) => isDoubtful))
        this.fail(session, `${ca}/${ioa} is told twice in an interrogation`, frame)
      of?.told.add(place)
    }
    if (point.untagged === 15) return
    const state = Plant.find(point, octets, from)
    if (state < 0) this.fail(session, `${ca}/${ioa} never said that`, frame)
    const told = talk.told.get(point) ?? 0
    if (state < told) this.fail(session, `${ca}/${ioa} is told as it was before what was told last`, frame)
    if (cause === 3) talk.told.set(point, state)
  }

  override closed(session: number): void {
    this.talks.delete(session)
  }

  override settled(): void {
    for (const [session, talk] of this.talks) {
      for (let at = 0; at < talk.waiting.length; at++) this.missing(talk, at)
      talk.waiting = []
      this.explain(session, talk)
      this.healed(session, talk)
      // Of a station that is gone nobody is told that its part of a global one was deactivated.
      for (const [key, all] of talk.running)
        if (this.plant.stations.includes(Number(key.split(" ")[0])) && all.some(({ isDoubtful }) => !isDoubtful))
          this.fail(session, `an interrogation of ${key} never ends`)
    }
  }

  /** What was published while the connection was open is known, also of points whose events were lost: no interrogation is needed. */
  private healed(session: number, { due, told, hasPurged }: Talk): void {
    for (const [point, state] of due) {
      if (point.goneAt > 0 || point.untagged === 15 || (hasPurged && point.type >= 30)) continue
      const known = told.get(point) ?? -1
      // One that says the same as one before may have been taken for that.
      if (known < state && !Plant.saysTheSame(point, known, state))
        this.fail(session, `the last event of ${point.ca}/${point.ioa} was never told`)
    }
    due.clear()
  }
}

/** Where a counter has its sequence number and flags: what it has counted is judged here, and not how often it was frozen. */
const COUNTER_FLAGS = 4

function isSame(event: Uint8Array, octets: Uint8Array, from: number, isCounter: boolean): boolean {
  for (let at = 0; at < event.length; at++)
    if (event[at] !== octets[from + at] && !(isCounter && at === COUNTER_FLAGS)) return false
  return true
}
