// What must be true of whatever a random program has come to. Each judgement is simple, and looks at octets that clients
// were told, at what the application did and was asked, and at nothing inside the server.
import type { Client, Request } from "./Client.ts"
import { type Call, type Entry, keyOf, type Life, type Window, windowOf } from "./History.ts"
import { bare, hexOf, kindOf, numberIn, objectsOf, type Told } from "./Octets.ts"
import { RELATED } from "./Plant.ts"
import type { Play } from "./Play.ts"
import { baseOf, COMMANDS, isSelect } from "./Requests.ts"
import { FIRST_BANDED, LAST_BANDED } from "./Scheduled.ts"
import * as TimeRules from "./TimeRules.ts"

const EVENT = 3

const isBanded = (ioa: number): boolean => ioa >= FIRST_BANDED && ioa <= LAST_BANDED
const isEvent = ({ cause, type }: Told): boolean => cause === EVENT && type < 45
const pointOf = ({ ca, ioa, type }: { readonly ca: number; readonly ioa: number; readonly type: number }): string =>
  `${ca}/${ioa} ${bare(type)}`

type Published = Extract<Entry, { e: "published" }> & { readonly at: number }

/** Whether a client was told the events that it should be, in their order. */
function events(play: Play, client: Client, port: number, stayed: boolean): readonly string[] {
  const { history } = play
  const window = windowOf(history, port)
  if (window === null) return []
  // What tells counters by itself is not looked into.
  const isJudged = ({ ioa, type }: { readonly ioa: number; readonly type: number }): boolean =>
    !isBanded(ioa) && !(play.freezes && bare(type) === 15)
  const told = client.told.filter((one) => isEvent(one) && isJudged(one))
  const published: Published[] = history.flatMap((entry, at) =>
    entry.e === "published" && at > window.from && at < window.to && isJudged(entry) ? [{ ...entry, at }] : []
  )
  const all = new Set(
    history.flatMap((entry) =>
      entry.e === "published" ? [`${entry.ca}/${entry.ioa} ${entry.type} ${seenOf(entry.type, entry.id)}`] : []
    )
  )
  const invented = told.find((one) => !all.has(`${one.ca}/${one.ioa} ${one.type} ${numberIn(one)}`))
  // What is healed tells what was set and perhaps not published.
  if (invented !== undefined && !window.overflow) return [`event invented: ${shown(invented)}`]
  const lastStart = Math.max(-1, ...window.starts)
  const purged = Math.max(-1, ...history.flatMap((entry, at) => (entry.e === "purged" ? [at] : [])))
  const mayMiss = (one: Published, index: number): boolean => {
    if (one.type >= 30) return one.at < purged
    return (
      one.at < lastStart &&
      (one.ioa === RELATED ||
        published.some(
          (other, i) => i > index && other.ca === one.ca && other.ioa === one.ioa && other.type === one.type
        ))
    )
  }
  if (window.overflow) {
    const due = published.filter((one, index) => !mayMiss(one, index))
    return stayed ? counted(window, due, told) : []
  }
  // Every place at which what was told may have led.
  let places = new Set([0])
  for (const [n, one] of told.entries()) {
    const next = new Set<number>()
    for (const from of places)
      for (let at = from; at < published.length; at++) {
        const event = published[at] as Published
        if (
          event.ca === one.ca &&
          event.ioa === one.ioa &&
          event.type === one.type &&
          seenOf(event.type, event.id) === numberIn(one)
        )
          next.add(at + 1)
        if (!mayMiss(event, at)) break
      }
    if (next.size === 0) {
      const place = Math.max(...places)
      return [
        `event ${n} out of its order: ${shown(one)} where ${JSON.stringify(published.slice(place, place + 3))} was due`
      ]
    }
    places = next
  }
  if (!stayed) return []
  const complete = [...places].some((from) => published.every((one, at) => at < from || mayMiss(one, at)))
  const place = Math.max(...places)
  return complete ? [] : [`events missing: ${JSON.stringify(published.slice(place, place + 4))} of ${published.length}`]
}

/** Each event was told, or it was counted as lost. */
function counted({ lost }: Window, published: readonly Published[], told: readonly Told[]): readonly string[] {
  const known = new Set(told.map((one) => `${one.ca}/${one.ioa} ${one.type} ${numberIn(one)}`))
  const untold = published.filter(
    (one) => kindOf(one.type)?.wide === true && !known.has(`${one.ca}/${one.ioa} ${one.type} ${one.id}`)
  )
  return untold.length > lost ? [`${untold.length} events were not told, ${lost} were said to be lost`] : []
}

const seenOf = (type: number, id: number): number => kindOf(type)?.residue(id) ?? -1
const shown = (one: Told): string =>
  `type ${one.type} cause ${one.cause}${one.negative ? " negative" : ""} oa ${one.oa} ${one.ca}/${one.ioa} = ${kindOf(one.type) === undefined ? one.hex : numberIn(one)}`

/** Values of a point never go back, whatever tells them, and none was never set. */
function values(client: Client): readonly string[] {
  const found: string[] = []
  const highest = new Map<string, Told>()
  for (const one of client.told) {
    const kind = kindOf(one.type)
    // What is meant for whoever listens now, counters, and values that cannot be told apart.
    if (kind === undefined || !kind.wide || kind.type === 15 || one.type >= 45) continue
    if (one.cause === 5 && one.oa === 0) continue
    const key = pointOf(one)
    const before = highest.get(key)
    if (before !== undefined && numberIn(before) > numberIn(one))
      found.push(`${shown(one)} came behind ${shown(before)}`)
    highest.set(key, one)
  }
  return found
}

/** Whoever stayed knows the last that was published of each point that lives. */
function lasts(play: Play, client: Client, port: number): readonly string[] {
  const window = windowOf(play.history, port)
  if (window === null) return []
  const found: string[] = []
  const purged = play.history.findLastIndex(({ e }) => e === "purged")
  for (const life of play.living(false)) {
    const at = play.history.findLastIndex(
      (entry) =>
        entry.e === "published" && entry.ca === life.ca && entry.ioa === life.ioa && entry.id === life.published
    )
    if (at < window.from || life.published === 0 || life.kind === null || !life.kind.wide) continue
    if (life.eventType >= 30 && at < purged) continue
    // Lost readings of counters that were frozen are named, not told.
    if (life.kind.type === 15 && window.overflow) continue
    const last = client.told.findLast(
      (one) =>
        one.ca === life.ca &&
        one.ioa === life.ioa &&
        bare(one.type) === life.kind?.type &&
        !(one.cause === 5 && one.oa === 0)
    )
    if (last === undefined || (life.kind.type !== 15 && numberIn(last) < life.published))
      found.push(
        `of ${life.ca}/${life.ioa} the last is ${life.published}, told was ${last === undefined ? "nothing" : shown(last)}`
      )
  }
  return found
}

/** Each request has the answers that it may have, and those that it must have where its client stayed. */
function answers(play: Play, client: Client, stayed: boolean): readonly string[] {
  const found: string[] = []
  const keys = new Map<string, Request[]>()
  const keyed = (request: Request): string => keyOf(request, hexOf(Uint8Array.from(request.element)))
  for (const request of client.sent) {
    if (request.type === 100 || request.type === 101) continue
    const key = keyed(request)
    keys.set(key, [...(keys.get(key) ?? []), request])
  }
  const isAnswer = ({ type, cause }: Told): boolean =>
    type >= 45 && type < 120 && type !== 70 && type !== 100 && type !== 101 && cause !== EVENT
  const isRead = ({ type, cause, oa }: Told): boolean => type < 45 && cause === 5 && oa !== 0
  const said = new Map<string, Told[]>()
  for (const one of client.told) {
    let key: string
    if (isRead(one)) key = keyOf({ ...one, type: 102 }, "")
    else if (!isAnswer(one)) continue
    else if (one.type === 103) {
      const asked = client.sent.find((request) => request.type === 103 && request.oa === one.oa)
      key = asked === undefined ? keyOf(one, one.hex) : keyed(asked)
    } else key = keyOf(one, one.hex)
    if (!keys.has(key)) found.push(`answer to nothing: ${shown(one)}`)
    said.set(key, [...(said.get(key) ?? []), one])
  }
  const epoch = play.epoch(client)
  for (const [key, requests] of keys) {
    const told = said.get(key) ?? []
    const of = (cause: number, negative?: boolean): number =>
      told.filter((one) => one.cause === cause && (negative === undefined || one.negative === negative)).length
    const mirrors = told.filter(({ cause }) => cause >= 44).length
    const acts = requests.filter(({ cause }) => cause !== 8).length
    const deacts = requests.length - acts
    const first = of(7) + of(9) + of(5) + mirrors
    const [{ type, test }] = requests as [Request]
    const command = COMMANDS.has(type)
    const select = command && isSelect(requests[0] as Request)
    const is = `${key}: ${told.map(({ cause, negative }) => `${cause}${negative ? "-" : ""}`).join(" ")}`
    // A read is answered by each point of its address.
    const several = type === 102 && play.program.perType
    const tooOften = first > requests.length && !several
    if (of(7) > acts || of(9) > deacts || tooOften) found.push(`answered too often: ${is}`)
    const calls = play.calls.filter((call) => call.key === key)
    // In c104 what is left open is the application's to answer, or nobody's; and where little may wait it is forgotten.
    const isLeft = (play.program.profile === "c104" || play.program.tight) && calls.some(({ none }) => none)
    const due = stayed && !isLeft && requests.every((request) => play.epochOf.get(request) === epoch)
    if (due && (several ? first < requests.length : first !== requests.length))
      found.push(`${requests.length} requests: ${is}`)
    if (of(10) > of(7, false) || (of(10) > 0 && (!command || select))) found.push(`terminated too often: ${is}`)
    let open = 0
    for (const { cause, negative } of told) {
      if (cause === 7 && !negative) open++
      if (cause === 10 && --open < 0) found.push(`terminated before it was confirmed: ${is}`)
    }
    if (!command) continue
    const words = play.words[key] ?? { confirmed: 0, terminated: 0 }
    const lives = play.lives.filter((life) => key.includes(` ${life.ca}/${life.ioa} `))
    if (!test) {
      const agreed = calls.filter((call) => call.step !== "execute" && call.yes).length + words.confirmed
      const unasked = select
        ? requests.length
        : lives.some((life) => !life.handled && (play.program.profile === "c104" || life.feedback))
          ? requests.length
          : 0
      if (of(7, false) > agreed + unasked) found.push(`confirmed without a yes: ${is}`)
      const ended =
        calls.filter((call) => (call.step === "execute" || (call.step === "decide" && !call.life.inTwo)) && call.yes)
          .length + words.terminated
      if (of(10, false) > ended + unasked) found.push(`terminated without success: ${is}`)
    }
    // Of what is carried out the oldest is forgotten, where little may wait.
    const forgets = (life: Life): boolean => play.program.tight && life.inTwo
    const plain = lives.every((life) => life.actTerm === true && !forgets(life)) && !calls.some((call) => call.none)
    // A client cancels what it commands, under whatever originator.
    const cancelled = client.sent.some(
      (one) => one.cause === 8 && keyed({ ...one, oa: 0 }) === keyed({ ...(requests[0] as Request), oa: 0 })
    )
    const ends = cancelled || of(10) === of(7, false)
    if (due && plain && !select && !ends && words.confirmed + words.terminated === 0)
      found.push(`not terminated: ${is}`)
    const done = calls.filter(({ step }) => step === (select ? "select" : "decide")).length
    const everywhere = play.all
      .flatMap(({ sent }) => sent)
      .filter((one) => one.cause === 6 && keyed(one) === key).length
    if (done > everywhere || (test && done > 0)) found.push(`begun more often than asked: ${is}, ${done} calls`)
  }
  return found
}

/** What the application was asked as a whole is confirmed as often as it said yes, and not more often. */
function agreed(play: Play): readonly string[] {
  return Object.entries({ 103: [103], 105: [105], 110: [110, 111, 112, 113] }).flatMap(([name, types]) => {
    const told = play.all.flatMap((client) => client.told)
    const confirmed = told.filter(({ type, cause, negative, test }) => {
      return types.includes(type) && cause === 7 && !negative && !test
    }).length
    const most = play.agreed[Number(name)] ?? 0
    return confirmed > most ? [`${confirmed} of ${name} confirmed, ${most} agreed to`] : []
  })
}

/** What is operated was ordered, and selected where that is asked for. */
function orders(play: Play): readonly string[] {
  const found: string[] = []
  const allowed = new Map<string, number>()
  const asked = new Map<string, number>()
  for (const client of play.all) {
    const selected = new Map<string, { epoch: number; count: number }>()
    for (const request of client.sent) {
      if (!COMMANDS.has(request.type) || request.cause !== 6 || request.test) continue
      const base = baseOf(request)
      const epoch = play.epochOf.get(request) as number
      const now = selected.get(base)
      const count = now?.epoch === epoch ? now.count : 0
      if (isSelect(request)) selected.set(base, { epoch, count: count + 1 })
      else {
        asked.set(base, (asked.get(base) ?? 0) + 1)
        if (count > 0) {
          allowed.set(base, (allowed.get(base) ?? 0) + 1)
          selected.set(base, { epoch, count: count - 1 })
        }
      }
    }
  }
  const begun = new Map<string, Call[]>()
  for (const call of play.calls) if (call.step === "decide") begun.set(call.key, [...(begun.get(call.key) ?? []), call])
  for (const [key, calls] of begun) {
    if (calls.length > (asked.get(key) ?? 0))
      found.push(`${key} was operated ${calls.length} times, asked for ${asked.get(key) ?? 0}`)
    const selecting = calls.filter(({ life }) => !life.wasDirect)
    if (selecting.length > (allowed.get(key) ?? 0)) found.push(`${key} was operated without its select`)
    for (const call of selecting)
      if (!selectedOf(play, call)) found.push(`${key} was operated by a select of another point`)
  }
  return found
}

/** Whether the select of an execute came while its point was there. */
function selectedOf(play: Play, { life, key, at }: Call): boolean {
  return play.history.some((entry, index) => {
    if (entry.e !== "received" || index < life.born || index > at) return false
    const apdu = entry.apdu
    if (!COMMANDS.has(apdu[6] as number) || (apdu[8] as number) !== 6) return false
    const [one] = objectsOf(apdu)
    if (one === undefined) return false
    const request = { ...one, element: [...one.octets] }
    return isSelect(request) && baseOf(request) === key
  })
}

/** Interrogations: confirmed and terminated, and all that was there all the time told once. */
function interrogations(play: Play, client: Client, stayed: boolean): readonly string[] {
  const found: string[] = []
  const epoch = play.epoch(client)
  const groups = new Map<string, Request[]>()
  for (const request of client.sent)
    if (request.type === 100 || request.type === 101) {
      const key = `${request.oa} ${request.type}`
      groups.set(key, [...(groups.get(key) ?? []), request])
    }
  for (const one of client.told)
    if ((one.type === 100 || one.type === 101) && !groups.has(`${one.oa} ${one.type}`))
      found.push(`answer to nothing: ${shown(one)}`)
  const cancelled = client.sent.some(({ type, cause }) => type === 100 && cause === 8)
  for (const [key, requests] of groups) {
    const told = client.told.filter((one) => `${one.oa} ${one.type}` === key)
    const [request] = requests as [Request]
    const due = stayed && requests.every((one) => play.epochOf.get(one) === epoch)
    const is = `${key} of ${request.ca} (${hexOf(Uint8Array.from(request.element))}, ${requests.length}): ${told
      .map(({ ca, cause, negative }) => `${ca}:${cause}${negative ? "-" : ""}`)
      .join(" ")}`
    const cas = [...new Set(told.map(({ ca }) => ca))]
    for (const ca of cas) {
      const of = (cause: number, negative?: boolean): number =>
        told.filter(
          (one) => one.ca === ca && one.cause === cause && (negative === undefined || one.negative === negative)
        ).length
      const acts = requests.filter(({ cause }) => cause === 6).length
      if (of(7) > acts || of(9) > requests.length - acts) found.push(`confirmed too often: ${is}`)
      if (of(10) > of(7, false)) found.push(`terminated too often: ${is}`)
      if (due && request.type === 100 && !cancelled && of(10) !== of(7, false)) found.push(`not terminated: ${is}`)
    }
    if (due && told.length === 0 && !cancelled) found.push(`not answered: ${is}`)
    if (due && request.ca !== 65535) {
      const first = told.filter(({ cause }) => cause === 7 || cause === 9 || cause >= 44).length
      // One that waits has its confirmation when it begins: whoever cancels it before hears of that only.
      const least = cancelled ? requests.length - 1 : requests.length
      if (first > requests.length || first < least) found.push(`${requests.length} requests: ${is}`)
    }
    if (request.type === 100 && requests.length === 1) found.push(...objects(play, client, request, told))
  }
  return found
}

/** The points that were there from the confirmation to the termination, each once. */
function objects(play: Play, client: Client, request: Request, told: readonly Told[]): readonly string[] {
  const found: string[] = []
  const { history } = play
  for (const term of told.filter(({ cause, negative }) => cause === 10 && !negative)) {
    const data = client.told.filter(
      (one) => one.oa === request.oa && one.ca === term.ca && one.type < 45 && one.cause === request.element[0]
    )
    const at = (e: "received" | "sent", cause: number): number =>
      history.findIndex(
        (entry) =>
          entry.e === e &&
          entry.apdu[6] === 100 &&
          ((entry.apdu[8] as number) & 0x3f) === cause &&
          entry.apdu[9] === request.oa &&
          (e === "received" || (entry.apdu[10] as number) === term.ca)
      )
    const from = at("received", 6)
    const to = at("sent", 10)
    const lives = play.lives.filter(
      (life) => life.ca === term.ca && life.kind !== null && life.kind.type !== 15 && life.born < to && life.died > from
    )
    for (const life of lives) {
      const asked = request.element[0] === 20 || life.point === null ? true : null
      const times = data.filter((one) => one.ioa === life.ioa && bare(one.type) === life.kind?.type).length
      const others = lives.filter((other) => other.ioa === life.ioa && other.kind?.type === life.kind?.type).length
      if (times > others) found.push(`told ${times} times of ${life.ca}/${life.ioa} by oa ${request.oa}`)
      if (asked === true && life.born < from && life.died > to && times === 0)
        found.push(`nothing told of ${life.ca}/${life.ioa} by oa ${request.oa}`)
    }
  }
  return found
}

/** The last picture is what is there, and nothing else. */
function picture(
  play: Play,
  { client, from, oa }: { readonly client: Client; readonly from: number; readonly oa: readonly number[] }
): readonly string[] {
  const found: string[] = []
  const told = client.told.slice(from).filter((one) => one.cause === 20 && oa.includes(one.oa) && !isBanded(one.ioa))
  const expected = play.living(false).filter((life) => life.kind?.type !== 15)
  for (const life of expected) {
    const [one, ...more] = told.filter(
      ({ ca, ioa, type }) =>
        ca === life.ca && ioa === life.ioa && (!play.program.perType || bare(type) === life.kind?.type)
    )
    if (one === undefined) found.push(`the picture has no ${life.ca}/${life.ioa}`)
    else if (more.length > 0) found.push(`the picture has ${life.ca}/${life.ioa} twice`)
    else if (numberIn(one) !== actual(life) && !life.refreshed)
      found.push(`the picture says ${shown(one)}, it is ${actual(life)}`)
  }
  if (told.length > expected.length) found.push("the picture has more points than there are")
  return found
}

function actual({ point, kind }: Life): number {
  const value = Number(point.value)
  switch (kind?.type) {
    case 9:
      return Math.round(value * 32768)
    case 5:
      return value + 32
    default:
      return value
  }
}

export async function judge(play: Play): Promise<readonly string[]> {
  const ports = new Map(play.all.map((client) => [client, client.port]))
  await play.settle()
  const staying =
    play.stopped === null ? play.all.filter((client) => !client.left && !client.ended && client.started) : []
  const found: string[] = []
  const port = (client: Client): number => ports.get(client) as number
  for (const client of staying) found.push(...lasts(play, client, port(client)))
  const pictures = play.stopped === null ? await play.picture() : []
  for (const one of pictures) if (!one.client.ended) found.push(...picture(play, one))
  for (const client of play.all) {
    const stayed = staying.includes(client)
    if (client.wrong !== null) found.push(client.wrong)
    if (stayed && client.ended) found.push("a connection ended by itself")
    found.push(...(client.rules?.problems ?? []))
    found.push(...TimeRules.judge(play, client, windowOf(play.history, port(client)), stayed))
    found.push(...events(play, client, port(client), stayed), ...values(client))
    found.push(...answers(play, client, stayed), ...interrogations(play, client, stayed))
  }
  const judged = [...found, ...agreed(play), ...orders(play), ...(await play.idle())]
  // Where times are short a select may have ended before its execute comes.
  return play.stopped === null && !play.program.quick ? [...judged, ...(await play.operable())] : judged
}
