// Requests to one command point are decided in the order in which they came (60870-5-5 6.8): what comes to its address while
// a select of it waits for the application stands behind that, and is judged when that is decided. What stands behind another
// request that is handed to the application then is judged once the application was asked for that.
import type { PointRef } from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Place from "../procedure/Place.ts"
import type { Situation } from "../procedure/Rejection.ts"
import * as Reply from "../procedure/Reply.ts"
import type { Pending } from "../procedure/Work.ts"
import * as Asdu from "../wire/Asdu.ts"
import type { Line, Stander, Turn } from "./CommandWork.ts"

/** What a line stands behind that waits until the application was asked. */
const ASKING = -1

/** From now on requests to the address of the frame at `at` stand behind the request with this id. */
export function begin(turn: Turn, octets: Uint8Array, at: number, id: number): void {
  const key = Place.of(turn.world.profile, octets, at)
  const standing = Numbered.find(turn.work.lines, key)?.standing ?? null
  turn.own.lines = Numbered.put(turn.work.lines, key, { key, id, standing })
}

/**
 * Has a request stand in line where there is one for its address; `situation` is what is wrong with it whatever it stands
 * behind. False when nothing is before it.
 */
export function stand(
  turn: Turn,
  octets: Uint8Array,
  at: number,
  point: PointRef | null,
  situation: Situation | null
): boolean {
  const line = Numbered.find(turn.work.lines, Place.of(turn.world.profile, octets, at))
  if (line === undefined) return false
  // There may be no line any more when the application was asked.
  if (turn.putsBack()) return true
  const { own } = turn
  const tests = Asdu.test(octets, at) !== 0
  const before = tests ? own.testing : own.standing - own.testing + turn.asked
  if (before >= turn.world.limits.decisionsPerSession) {
    Reply.reject(turn, "tooManyRequests", octets, at)
    return true
  }
  const id = own.nextId++
  own.standing++
  if (tests) own.testing++
  const { stale } = turn
  const standing = Numbered.put(line.standing, id, { id, apdu: Reply.copy(octets, at), point, situation, stale })
  own.lines = Numbered.put(own.lines, line.key, { ...line, standing })
  return true
}

/** A request was decided: whatever stands behind it is judged next. */
export function decided(turn: Turn, { id, apdu }: Pending): void {
  const line = Numbered.find(turn.work.lines, Place.of(turn.world.profile, apdu, 0))
  if (line?.id === id) move(turn, line)
}

/**
 * A line that stood behind nothing any more stands until the application was asked what it was not yet asked: a request that
 * it decides at once is decided before what came behind it.
 */
export function pause(turn: Turn, key: number): void {
  const line = Numbered.find(turn.work.lines, key)
  if (line?.id !== 0) return
  turn.own.lines = Numbered.put(turn.work.lines, key, { ...line, id: ASKING })
  turn.own.brief = Numbered.put(turn.work.brief, key, key)
}

/** The application was asked what these lines stood for. */
export function asked(turn: Turn, brief: Numbered.Numbered<number>): void {
  Numbered.each(brief, (key) => {
    const line = Numbered.find(turn.work.lines, key)
    if (line?.id === ASKING) move(turn, line)
  })
}

function move(turn: Turn, line: Line): void {
  turn.own.lines = Numbered.put(turn.work.lines, line.key, { ...line, id: 0 })
  turn.moving.push(line.key)
}

/** The next request of a line in which it stands behind nothing; null when there is none, or something is before it. */
export function next(turn: Turn, key: number): Stander | null {
  const line = Numbered.find(turn.work.lines, key)
  if (line === undefined || line.id !== 0) return null
  const first = Numbered.first(line.standing)
  if (first !== undefined) return first
  turn.own.lines = Numbered.without(turn.work.lines, key)
  return null
}

/** Takes the first request out of a line: it is judged. */
export function leave(turn: Turn, key: number, { id, apdu }: Stander): void {
  const { own } = turn
  const line = Numbered.find(own.lines, key)
  if (line === undefined) return
  own.standing--
  if (Asdu.test(apdu, 0) !== 0) own.testing--
  own.lines = Numbered.put(own.lines, key, { ...line, standing: Numbered.without(line.standing, id) })
}

/** Tells the requests that stand in line and are answered no more. */
export function tell(turn: Turn): void {
  Numbered.each(turn.work.lines, ({ standing }) =>
    Numbered.each(standing, ({ apdu }) => {
      if (Asdu.test(apdu, 0) === 0) turn.notice({ kind: "unanswered", outcome: "none", apdu })
    })
  )
}
