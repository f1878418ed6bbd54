// Holds commands against delivery.md 2: each that came is begun once at most, one that was not begun is never confirmed
// positively, a positive confirmation needs a clear yes, one operation runs at an output, none without the select that its
// point needs, and a test does nothing.

import * as Asks from "./Asks.ts"
import * as Codec from "./Codec.ts"
import { Plant, type Point, placeOf } from "./Plant.ts"
import { type Begun, Checker, Violation } from "./Watch.ts"

interface Operation {
  readonly begun: Begun
  readonly key: string
  /** What the application said: null while it has said nothing. */
  said: string | null
  isConfirmed: boolean
}

/** A select that came: what it says, when, to which point, and whether something has ended it since. */
interface Selecting {
  readonly words: string
  readonly atMs: number
  readonly point: Point | undefined
  isSpent: boolean
}

interface Talk {
  /** When commands came that were not begun, by their octets. */
  readonly came: Map<string, number[]>
  /** Selects that were confirmed, and when: by place. */
  readonly selected: Map<number, { readonly key: string; readonly atMs: number }>
  /** Selects that came and are not answered: they are good as soon as they came, and their confirmation may wait for the window. */
  readonly selecting: Selecting[]
  readonly operations: Operation[]
  isStarted: boolean
}

const isCommand = (type: number): boolean => type >= 45 && type <= 64

/** What a command says, without time tag: select and execute of one say the same. */
const wordsOf = (asdu: Uint8Array): string => {
  const type = asdu[0] as number
  const executed = Asks.execute(asdu)
  return Codec.hex(type >= 58 ? executed.subarray(0, executed.length - 7) : executed)
}

export class CheckCommands extends Checker {
  plant: Plant = new Plant()
  /** Who has selected which point, and when that was confirmed. */
  private readonly held: Map<Point, { readonly session: number; readonly atMs: number }> = new Map()
  private readonly now: () => number
  private readonly selectMs: number
  private readonly slackMs: number
  private readonly talks: Map<number, Talk> = new Map()
  private readonly operations: Map<number, Operation> = new Map()
  private readonly running: Map<Point, number> = new Map()

  constructor(now: () => number, selectMs: number, slackMs: number) {
    super("commands")
    this.now = now
    this.selectMs = selectMs
    this.slackMs = slackMs
  }

  private fail(text: string): never {
    throw new Violation(this.name, text)
  }

  override opened(session: number): void {
    this.talks.set(session, { came: new Map(), selected: new Map(), selecting: [], operations: [], isStarted: false })
  }

  private pointOf(frame: Codec.Frame): Point | undefined {
    return this.plant.commands.get(placeOf(frame.ca, Codec.firstIoa(frame)))
  }

  /** A session may not hold a point any more, or any where none is named. */
  private drop(session: number, point?: Point): void {
    for (const [held, by] of this.held)
      if (by.session === session && (point === undefined || held === point)) this.held.delete(held)
    for (const of of this.talks.get(session)?.selecting ?? [])
      if (point === undefined || of.point === point) of.isSpent = true
  }

  /** A select was confirmed: nobody has held its point since before it came. Its confirmation may have waited for the window. */
  private hold(session: number, point: Point, cameMs: number): void {
    const by = this.held.get(point)
    if (by !== undefined && by.session !== session && by.atMs < cameMs && this.now() - by.atMs < this.selectMs)
      this.fail(`session ${session} selects ${point.ca}/${point.ioa}, which session ${by.session} holds`)
    this.held.set(point, { session, atMs: this.now() })
  }

  override got(session: number, frame: Codec.Frame): void {
    const talk = this.talks.get(session)
    if (frame.format === "U" && frame.code === Codec.STOPDT_ACT) this.drop(session)
    if (talk === undefined || frame.format !== "I" || !isCommand(frame.type) || frame.octets.length < 16) return
    const key = Codec.hex(frame.octets.subarray(6))
    const came = talk.came.get(key)
    if (came === undefined) talk.came.set(key, [this.now()])
    else came.push(this.now())
    if (!Asks.isSelect(frame.octets.subarray(6)) || frame.cause !== 6) this.drop(session, this.pointOf(frame))
    if (frame.cause === 6 && Asks.isSelect(frame.octets.subarray(6)))
      talk.selecting.push({
        words: wordsOf(frame.octets.subarray(6)),
        atMs: this.now(),
        point: this.pointOf(frame),
        isSpent: false
      })
  }

  override begun(begun: Begun): void {
    const { session, point, asdu, operation } = begun
    const talk = this.talks.get(session)
    if (talk === undefined || !talk.isStarted)
      return this.fail(`${operation} is begun for session ${session}, which is not started`)
    const key = Codec.hex(asdu)
    // It is in time if it came in time: it may have to wait for those before it.
    const cameMs = talk.came.get(key)?.shift()
    if (cameMs === undefined) this.fail(`${operation} is begun once more than it came (${key})`)
    if (((asdu[2] as number) & 0x80) !== 0) this.fail(`${operation} is a test, and is begun (${key})`)
    if (Asks.isSelect(asdu)) this.fail(`${operation} is a select, and is begun (${key})`)
    const other = this.running.get(point)
    if (other !== undefined) this.fail(`${operation} is begun at ${point.ca}/${point.ioa} while ${other} runs there`)
    this.running.set(point, operation)
    if (point.selects) this.select(talk, begun, cameMs)
    const of = { begun, key: wordsOf(asdu), said: null, isConfirmed: false }
    this.operations.set(operation, of)
    talk.operations.push(of)
    if (talk.operations.length > 2000) talk.operations.splice(0, 1000)
  }

  private select(talk: Talk, { point, asdu, operation }: Begun, cameMs: number): void {
    const place = point.ca * 0x1000000 + point.ioa
    const own = wordsOf(asdu)
    if (talk.selecting.some(({ words }) => words === own)) return
    const selected = talk.selected.get(place)
    if (selected === undefined) this.fail(`${operation} needs a select at ${point.ca}/${point.ioa}, and there is none`)
    if (selected.key !== wordsOf(asdu)) this.fail(`${operation} says something else than its select`)
    const ageMs = cameMs - selected.atMs
    if (ageMs > this.selectMs + this.slackMs) this.fail(`${operation} is begun ${ageMs} ms after its select`)
    talk.selected.delete(place)
  }

  override decided(operation: number, outcome: string): void {
    const of = this.operations.get(operation)
    if (of !== undefined) of.said = of.said === "success" ? of.said : outcome
  }

  override ended(operation: number): void {
    const of = this.operations.get(operation)
    if (of === undefined) return
    if (this.running.get(of.begun.point) === operation) this.running.delete(of.begun.point)
  }

  override sent(session: number, frame: Codec.Frame): void {
    const talk = this.talks.get(session)
    if (talk === undefined) return
    if (frame.format === "U") {
      if (frame.code === Codec.STARTDT_CON) talk.isStarted = true
      if (frame.code !== Codec.STOPDT_CON) return
      talk.isStarted = false
      talk.selected.clear()
      talk.selecting.length = 0
      talk.came.clear()
      return
    }
    if (frame.format !== "I" || !isCommand(frame.type)) return
    const { cause, negative, test, ca, octets } = frame
    const asdu = octets.subarray(6)
    let select: Selecting | undefined
    if (cause === 7 || cause >= 44) {
      const own = wordsOf(Asks.withCause(asdu, test ? 0x86 : 6))
      const at = Asks.isSelect(asdu) ? talk.selecting.findIndex(({ words }) => words === own) : -1
      if (at >= 0) select = talk.selecting.splice(at, 1)[0]
    }
    if (negative || test || cause > 10) return
    const place = ca * 0x1000000 + Codec.firstIoa(frame)
    const selects = Asks.isSelect(asdu)
    if (cause === 9 && selects) talk.selected.delete(place)
    if (cause !== 7) return
    if (selects) {
      if (select?.point !== undefined && !select.isSpent) this.hold(session, select.point, select.atMs)
      talk.selected.set(place, { key: wordsOf(Asks.withCause(asdu, 6)), atMs: this.now() })
      return
    }
    const key = wordsOf(Asks.withCause(asdu, 6))
    const of = talk.operations.find(
      (found) => found.key === key && !found.isConfirmed && (found.said === "success" || found.said === "none")
    )
    if (of === undefined)
      return this.fail(`session ${session}: a positive confirmation of what was not begun, or without a yes (${key})`)
    of.isConfirmed = true
  }

  override closed(session: number): void {
    this.drop(session)
    this.talks.delete(session)
  }

  /** Operations that run. */
  get busy(): number {
    return this.running.size
  }
}
