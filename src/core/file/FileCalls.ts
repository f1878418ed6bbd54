// The calls of the file store: what each request of a transfer or an errand leads to, in which order, who waits for a file that
// is being closed, and who hears what came out. Each input is a function of the table: the table from now on, and what follows.
import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as World from "../procedure/World.ts"
import {
  type Answer,
  type Around,
  type Ask,
  type Call,
  callbackOf,
  callOf,
  clientOf,
  type Files,
  holdingOf,
  newHolding,
  nextNumber,
  putCall,
  putClient,
  putHolding,
  type Step,
  step,
  subjectOf,
  type Turn
} from "./FileCall.ts"
import * as Directories from "./FileDirectories.ts"
import * as Holders from "./FileHolders.ts"
import type { FileEntry, FileName, FileRequest } from "./FileMessage.ts"

const busy: Answer = { ok: false, why: "busy" }

/** Requests with which nothing is begun: what they go on with has been. */
const FOLLOWING: ReadonlySet<FileRequest["op"]> = new Set<FileRequest["op"]>(["read", "write", "commit"])

// ---- requests ----

/** A session asks for something; `close` is not for this, see {@link release}. */
export const request = (
  files: Files,
  session: number,
  address: string,
  id: number,
  asked: Exclude<FileRequest, { readonly op: "close" }>
): Step =>
  step(files, (turn) => {
    const { transfer } = clientOf(turn, session)
    const begins = asked.op === "open" || asked.op === "create" || asked.op === "query"
    if (FOLLOWING.has(asked.op) && transfer === 0) return
    const holding = begins || asked.op === "delete" ? newHolding(turn) : asked.op === "list" ? 0 : transfer
    const number = nextNumber(turn)
    const client = clientOf(turn, session)
    putClient(turn, session, {
      transfer: begins ? holding : client.transfer,
      calls: Numbered.put(client.calls, id, number)
    })
    const call: Call = {
      number,
      session,
      address,
      id,
      request: asked,
      holding,
      stage: "inLine",
      behind: 0,
      place: 0,
      name: null,
      isAbandoned: false
    }
    putCall(turn, call)
    const own = holdingOf(turn, holding)
    if (own !== undefined) putHolding(turn, { ...own, calls: Numbered.put(own.calls, number, number) })
    // A moment later, when it is known what stands behind it: who leaves or ends with the same octets has nothing begun.
    if (own === undefined || own.calls === null) turn.due.push({ kind: "goOn", call: number })
  })

/** A call that waited goes on. */
export const goOn = (files: Files, number: number, around: Around): Step =>
  step(files, (turn) => {
    const call = callOf(turn, number)
    if (call?.stage === "inLine") begin(turn, call, around)
    else if (call?.stage === "behind") leaveLine(turn, call, around)
  })

/** The turn of a call has come. The store is not asked for what nobody waits for any more. */
function begin(turn: Turn, before: Call, around: Around): void {
  const call: Call = { ...before, stage: "asked" }
  const { session, id, request: asked, address } = call
  putCall(turn, call)
  const isNew = asked.op !== "list" && !FOLLOWING.has(asked.op)
  const isRefused = isNew && (World.refusing(around.world) !== null || around.areMany(callbackOf(asked), address))
  if (isRefused || !around.awaits(session, id)) return conclude(turn, call, busy)
  switch (asked.op) {
    case "list":
      return list(turn, call, asked.ca, around)
    case "query":
      if (!around.queries) return conclude(turn, call, { ok: false, why: "notAllowed" })
      return standInLine(turn, call)
    case "open":
    case "create":
    case "delete":
      return hold(turn, { ...call, name: asked.name }, around)
    case "close":
      return
    default:
      ask(turn, call, asked)
  }
}

function ask(turn: Turn, { number, holding }: Call, asked: Ask): void {
  turn.due.push({ kind: "ask", call: number, holding, ask: asked })
}

/** Of times in years that nobody has asked for yet those of one request are looked up in a turn of the event loop. */
function standInLine(turn: Turn, call: Call): void {
  putCall(turn, { ...call, stage: "judging" })
  const { judging } = turn.files
  if (judging === null) turn.due.push({ kind: "judge" })
  const place = nextNumber(turn)
  turn.files = { ...turn.files, judging: Numbered.put(judging, place, call.number) }
}

/** A turn has come: the times of the query that is first in line are read. */
export const judge = (files: Files, around: Around): Step =>
  step(files, (turn) => {
    const place = Numbered.firstKey(files.judging)
    if (place === undefined) return
    const judging = Numbered.without(files.judging, place)
    turn.files = { ...turn.files, judging }
    if (judging !== null) turn.due.push({ kind: "judge" })
    const call = callOf(turn, Numbered.first(files.judging) as number)
    if (call !== undefined) query(turn, call, around)
  })

function query(turn: Turn, call: Call, { world }: Around): void {
  const { request: asked, holding } = call
  if (asked.op !== "query" || holdingOf(turn, holding)?.isGivenUp !== false) return conclude(turn, call, busy)
  const { name, fromLow, fromHigh, toLow, toHigh } = asked
  const station = Image.station(world.image, name.ca) ?? Image.nobody(name.ca)
  const instant = (low: number, high: number): number => Image.instant(station, world.profile, low, high)
  // Seven octets of zero bound nothing.
  const fromMs = (fromLow | fromHigh) === 0 ? Number.NEGATIVE_INFINITY : instant(fromLow, fromHigh)
  const toMs = (toLow | toHigh) === 0 ? Number.POSITIVE_INFINITY : instant(toLow, toHigh)
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return conclude(turn, call, { ok: false, why: "failed" })
  putCall(turn, { ...call, stage: "asked" })
  ask(turn, call, { op: "query", name, fromMs, toMs })
}

/** Makes a file the call's own, or waits until it is closed; somebody else has it otherwise. */
function hold(turn: Turn, call: Call, around: Around): void {
  const own = holdingOf(turn, call.holding)
  const name = call.name as FileName
  if (own === undefined) return
  const holder = Holders.holderOf(turn.files.holders, name)
  if (holder === undefined) {
    turn.files = { ...turn.files, holders: Holders.take(turn.files.holders, own, name) }
    return held(turn, call, around)
  }
  if (!holder.isClosing || own.isGivenUp) return conclude(turn, call, busy)
  const place = nextNumber(turn)
  putCall(turn, { ...call, stage: "behind", behind: holder.number, place })
  putHolding(turn, { ...holder, behind: Numbered.put(holder.behind, place, call.number) })
}

/** The file in front of a call is closed, or nobody wants the call any more. */
function leaveLine(turn: Turn, call: Call, around: Around): void {
  const holder = holdingOf(turn, call.behind)
  if (holder !== undefined) putHolding(turn, { ...holder, behind: Numbered.without(holder.behind, call.place) })
  const next: Call = { ...call, stage: "asked", behind: 0 }
  putCall(turn, next)
  if (holdingOf(turn, call.holding)?.isGivenUp !== false) conclude(turn, next, busy)
  else hold(turn, next, around)
}

/** The file is the call's own: the store is asked for it. */
function held(turn: Turn, call: Call, around: Around): void {
  const { request: asked, name } = call
  putCall(turn, call)
  // Who was refused meanwhile, or has stopped, does not lose the file after all.
  if (asked.op === "delete" && !around.awaits(call.session, call.id)) return conclude(turn, call, busy)
  ask(turn, call, asked.op === "query" ? { op: "open", name: name as FileName } : (asked as Ask))
}

// ---- answers ----

/** The store has answered. */
export const answered = (files: Files, number: number, answer: Answer): Step =>
  step(files, (turn) => {
    const call = callOf(turn, number)
    if (call === undefined) return
    const { request: asked, name } = call
    if (asked.op !== "query" || !answer.ok || answer.op !== "open") return conclude(turn, call, answer)
    conclude(turn, call, { ok: true, op: "query", nof: (name as FileName).nof, octets: answer.octets })
  })

/** The store has prepared a part of an archive as a file with this name, which is opened. */
export const prepared = (files: Files, number: number, nof: number, around: Around): Step =>
  step(files, (turn) => {
    const call = callOf(turn, number)
    if (call?.request.op === "query") hold(turn, { ...call, name: { ...call.request.name, nof } }, around)
  })

/** The store has failed. */
export const failed = (files: Files, number: number, cause: unknown): Step =>
  step(files, (turn) => {
    const call = callOf(turn, number)
    if (call !== undefined) fail(turn, call, cause)
  })

function fail(turn: Turn, call: Call, cause: unknown): void {
  const { request: asked } = call
  turn.due.push({ kind: "failed", callback: callbackOf(asked), subject: subjectOf(asked), cause })
  conclude(turn, call, { ok: false, why: "failed" })
}

/** A call is over: its session hears the answer, and the next one for the same file goes on. */
function conclude(
  turn: Turn,
  { number, session, address, id, request: asked, holding, ...call }: Call,
  answer: Answer
): void {
  if (call.isAbandoned) turn.due.push({ kind: "settled", callback: callbackOf(asked), address })
  const own = holdingOf(turn, holding)
  if (asked.op === "delete" && own !== undefined) free(turn, own)
  turn.files = { ...turn.files, calls: Numbered.without(turn.files.calls, number) }
  if (session !== 0) {
    const client = clientOf(turn, session)
    putClient(turn, session, { ...client, calls: Numbered.without(client.calls, id) })
    turn.due.push({ kind: "answer", session, answer: { ...answer, id } })
  }
  if (asked.op !== "delete" && own !== undefined) leave(turn, own, number)
}

/** A call for a file is over, or never begins. */
function leave(turn: Turn, holding: Holders.Holding, number: number): void {
  const isFirst = Numbered.first(holding.calls) === number
  const calls = Numbered.without(holding.calls, number)
  putHolding(turn, { ...holding, calls })
  const next = Numbered.first(calls)
  if (next === undefined) closeIfLeft(turn, holding.number)
  else if (isFirst) turn.due.push({ kind: "goOn", call: next })
}

// ---- the end of transfers ----

/** Closes a file that was left, when the store has answered all that it was asked. */
function closeIfLeft(turn: Turn, number: number): void {
  const holding = holdingOf(turn, number)
  if (holding?.isClosing && holding.calls === null)
    turn.due.push({ kind: "close", holding: number, name: holding.name })
}

/** A file is closed: it is nobody's any more. */
export const closed = (files: Files, number: number): Step =>
  step(files, (turn) => {
    const holding = holdingOf(turn, number)
    if (holding !== undefined) free(turn, holding)
  })

function free(turn: Turn, holding: Holders.Holding): void {
  turn.files = { ...turn.files, holders: Holders.free(turn.files.holders, holding) }
  Numbered.each(holding.behind, (call) => turn.due.push({ kind: "goOn", call }))
}

/** A session's transfer ended, or the session did: its file is closed when the store has answered what it was asked. */
export const release = (files: Files, session: number, hasEnded: boolean): Step =>
  step(files, (turn) => {
    const { transfer, calls } = clientOf(turn, session)
    if (hasEnded) {
      Numbered.each(calls, (number) => leaveAlone(turn, callOf(turn, number) as Call))
      putClient(turn, session, { transfer, calls: null })
    }
    if (transfer === 0) return
    putClient(turn, session, { ...clientOf(turn, session), transfer: 0 })
    putHolding(turn, { ...(holdingOf(turn, transfer) as Holders.Holding), isClosing: true })
    giveUpHolding(turn, transfer)
    closeIfLeft(turn, transfer)
  })

/** Who asked has gone: what the store was not asked yet it never will be. */
function leaveAlone(turn: Turn, call: Call): void {
  if (call.stage !== "inLine") {
    giveUp(turn, call)
    return putCall(turn, { ...(callOf(turn, call.number) as Call), session: 0 })
  }
  turn.files = { ...turn.files, calls: Numbered.without(turn.files.calls, call.number) }
  const holding = holdingOf(turn, call.holding)
  if (holding === undefined) return
  // What was to be deleted has no transfer that would be closed.
  if (call.request.op === "delete") free(turn, holding)
  else leave(turn, holding, call.number)
}

/** A request was not answered in time. */
export const timedOut = (files: Files, session: number, id: number): Step =>
  step(files, (turn) => {
    const number = Numbered.find(clientOf(turn, session).calls, id)
    const call = number === undefined ? undefined : callOf(turn, number)
    if (call === undefined || call.stage === "inLine") return
    giveUp(turn, call)
    turn.due.push({ kind: "timedOut", callback: callbackOf(call.request), subject: subjectOf(call.request) })
  })

/** Nobody waits for the answer to a call any more; a directory is read for all who ask for it, and has a limit of its own. */
function giveUp(turn: Turn, call: Call): void {
  const { request: asked, address, isAbandoned } = call
  if (asked.op === "delete") giveUpHolding(turn, call.holding)
  if (asked.op === "list" || isAbandoned) return
  putCall(turn, { ...call, isAbandoned: true })
  turn.due.push({ kind: "abandoned", callback: callbackOf(asked), address })
}

/** Nobody wants a file any more: a call that waits for it goes on, to its end. */
function giveUpHolding(turn: Turn, number: number): void {
  const holding = holdingOf(turn, number)
  if (holding === undefined) return
  putHolding(turn, { ...holding, isGivenUp: true })
  const first = Numbered.first(holding.calls)
  const call = first === undefined ? undefined : callOf(turn, first)
  if (call?.stage === "behind") turn.due.push({ kind: "goOn", call: call.number })
}

// ---- directories ----

function list(turn: Turn, call: Call, ca: number, { nowMs, world }: Around): void {
  const asked = Directories.ask(turn.files.directories, ca, call.number, nowMs, world.limits.fileStepMs)
  if (asked === null) return conclude(turn, call, busy)
  turn.files = { ...turn.files, directories: asked.directories }
  if (asked.begins !== 0) turn.due.push({ kind: "list", ca, round: asked.begins })
}

/** A directory was read: it is handed out to all who wait for it, one in a turn of the event loop. */
export const listed = (files: Files, ca: number, round: number, entries: readonly FileEntry[], around: Around): Step =>
  step(files, (turn) => {
    const isFirst = turn.files.handing === null
    each(turn, read(turn, ca, round), ({ number }) => {
      const place = nextNumber(turn)
      turn.files = { ...turn.files, handing: Numbered.put(turn.files.handing, place, { call: number, entries }) }
    })
    if (isFirst) skip(turn, around)
  })

/** A turn has come: whoever is first in line has its directory. */
export const handOut = (files: Files, around: Around): Step =>
  step(files, (turn) => {
    giveFirst(turn)
    skip(turn, around)
  })

/** Whoever does not wait any more takes no turn. */
function skip(turn: Turn, { awaits }: Around): void {
  for (;;) {
    const first = Numbered.first(turn.files.handing)
    if (first === undefined) return
    const call = callOf(turn, first.call)
    if (call !== undefined && awaits(call.session, call.id)) return void turn.due.push({ kind: "handOut" })
    giveFirst(turn)
  }
}

function giveFirst(turn: Turn): void {
  const { handing } = turn.files
  const [place, first] = [Numbered.firstKey(handing), Numbered.first(handing)]
  if (place === undefined || first === undefined) return
  turn.files = { ...turn.files, handing: Numbered.without(handing, place) }
  const call = callOf(turn, first.call)
  if (call !== undefined) conclude(turn, call, { ok: true, op: "list", entries: first.entries })
}

/** A directory could not be read. */
export const unlisted = (files: Files, ca: number, round: number, cause: unknown): Step =>
  step(files, (turn) => each(turn, read(turn, ca, round), (call) => fail(turn, call, cause)))

function read(turn: Turn, ca: number, round: number): Numbered.Numbered<number> {
  const { directories, calls, isDue } = Directories.over(turn.files.directories, ca, round)
  turn.files = { ...turn.files, directories }
  if (isDue) turn.due.push({ kind: "listAgain", ca })
  return calls
}

function each(turn: Turn, calls: Numbered.Numbered<number>, use: (call: Call) => void): void {
  Numbered.each(calls, (number) => {
    const call = callOf(turn, number)
    if (call !== undefined) use(call)
  })
}

/** Reads a directory for those who have asked while it was read. */
export const listAgain = (files: Files, ca: number, nowMs: number): Step =>
  step(files, (turn) => {
    const { directories, begins } = Directories.again(turn.files.directories, ca, nowMs)
    turn.files = { ...turn.files, directories }
    if (begins !== 0) turn.due.push({ kind: "list", ca, round: begins })
  })
