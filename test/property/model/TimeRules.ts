// What must be true where time is moved: what has a time is done within it, not before and not after, and what happens by the clock
// does happen.
import type { Client, Request } from "./Client.ts"
import { keyOf, type Window } from "./History.ts"
import { hexOf, numberIn } from "./Octets.ts"
import type { Play } from "./Play.ts"
import { baseOf, COMMANDS, isSelect } from "./Requests.ts"
import { BANDED, FIRST_BANDED } from "./Scheduled.ts"

const EVENT = 3

/** What the application is asked as a whole. */
const WHOLE: ReadonlySet<number> = new Set([103, 105, 107, 110, 111, 112, 113])

export function judge(play: Play, client: Client, window: Window | null, stayed: boolean): readonly string[] {
  if (play.program.times === null) return []
  return [
    ...selected(play, client),
    ...prompt(play, client),
    ...stale(play, client),
    ...(stayed && window !== null && !window.overflow ? bands(play, client, window) : [])
  ]
}

/** What has to be selected was, no longer than so many ms before its execute came. */
function selected(play: Play, client: Client): readonly string[] {
  const { times } = play.program
  if (times === null || client.rules?.isExact !== true) return []
  const found: string[] = []
  const executes = client.sent.filter((one) => COMMANDS.has(one.type) && one.cause === 6 && !isSelect(one) && !one.test)
  for (const execute of executes) {
    const base = baseOf(execute)
    const calls = play.calls.filter(({ key, step, life }) => key === base && step === "decide" && !life.wasDirect)
    // Several of the same are not told apart.
    const same = play.all
      .flatMap(({ sent }) => sent)
      .filter((one) => !isSelect(one) && one.cause === 6 && baseOf(one) === base)
    if (calls.length === 0 || same.length !== 1) continue
    const askedMs = client.saidMs.get(execute) as number
    const at = client.told.filter(
      (one) => one.cause === 7 && !one.negative && isSelect(asRequest(one)) && baseOf(asRequest(one)) === base
    )
    // Its time begins when it is confirmed, which may be after its execute came.
    if (at.length > 0 && at.every(({ atMs }) => askedMs - atMs > times.selectMs))
      found.push(`${base} came at ${askedMs}, selected at ${at.map(({ atMs }) => atMs).join()}`)
  }
  return found
}

const asRequest = (one: Client["told"][number]): Request => ({ ...one, element: [...one.octets] })

/** What waited while the server stood still is not begun: nobody knows how old it is. */
function stale(play: Play, client: Client): readonly string[] {
  return client.sent.flatMap((request) => {
    if (!play.waited.has(request) || !COMMANDS.has(request.type) || request.cause !== 6) return []
    const key = keyOf(request, hexOf(Uint8Array.from(request.element)))
    const isSame = (one: Request): boolean => one.cause === 6 && keyOf(one, hexOf(Uint8Array.from(one.element))) === key
    // Several of the same are not told apart.
    if (play.all.flatMap(({ sent }) => sent).filter(isSame).length > 1) return []
    return play.calls.some((call) => call.key === key) ? [`${key} had waited in a stall and was begun`] : []
  })
}

/** What the application is asked as a whole is answered when it has said so, and without it when its time is over. */
function prompt(play: Play, client: Client): readonly string[] {
  const { times } = play.program
  if (times === null || client.rules?.isExact !== true || client.wasMute) return []
  return client.sent.flatMap((request) => {
    const saidMs = client.saidMs.get(request)
    if (!WHOLE.has(request.type) || saidMs === undefined) return []
    const answer = client.told.find(({ type, oa }) => type === request.type && oa === request.oa)
    if (answer === undefined || answer.atMs - saidMs <= times.decisionMs) return []
    return [`type ${request.type} oa ${request.oa} of ${saidMs} was answered at ${answer.atMs}`]
  })
}

/** Whoever stayed knows of each point that is only updated what differs by no more than its band, told no more often than it may be. */
function bands(play: Play, client: Client, window: Window): readonly string[] {
  const found: string[] = []
  const purged = play.history.findLastIndex(({ e }) => e === "purged")
  for (const { ca, ioAddress, point } of play.banded) {
    const { deadband, everyMs, type } = BANDED[ioAddress - FIRST_BANDED] as (typeof BANDED)[number]
    // Events with time tags may be purged by a reset of the buffer.
    if (point.station === null || (type >= 30 && purged > window.from)) continue
    const updates = play.history.flatMap((entry, at) =>
      entry.e === "banded" && entry.ca === ca && entry.ioa === ioAddress && at > window.from ? [entry] : []
    )
    const [first] = updates
    const last = updates.at(-1)
    if (first === undefined || last === undefined) continue
    // Whoever asks is told more, and makes no difference to that.
    const told = client.told.filter((one) => one.ca === ca && one.ioa === ioAddress && one.cause === EVENT)
    const now = told.at(-1)
    if (now === undefined) {
      if (updates.some(({ made }) => made)) found.push(`nothing told of ${ca}/${ioAddress}`)
    } else if (Math.abs(numberIn(now) - last.id) > deadband)
      found.push(`of ${ca}/${ioAddress} ${numberIn(now)} was told last, it is ${last.id}`)
    const most = everyMs === 0 ? updates.length : 2 + (play.ground.nowMs() - first.atMs) / everyMs
    if (told.length > most + 1) found.push(`${told.length} events of ${ca}/${ioAddress}, ${most} at most`)
  }
  return found
}
