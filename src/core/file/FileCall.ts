// A call of the file store, and what is kept of all of them, of all sessions: a literal table. What follows from an input is a
// list of what its owner does then: ask the store, tell a session, call back a moment later.
import * as Numbered from "../image/Numbered.ts"
import type { World } from "../procedure/World.ts"
import * as Directories from "./FileDirectories.ts"
import * as Holders from "./FileHolders.ts"
import type { FileAnswer, FileEntry, FileName, FileRequest } from "./FileMessage.ts"

/** Leaves a union's members as they are. */
type WithoutId<A> = A extends unknown ? Omit<A, "id"> : never

/** What the store says. */
export type Answer = WithoutId<FileAnswer>

/** Where a request is on its way: in line behind others for its file; before the times of a query are read; in front of a file that is being closed; with the store. */
export type Stage = "inLine" | "judging" | "behind" | "asked"

/** A request that is not answered yet. */
export interface Call {
  readonly number: number
  /** Who asked; 0 = it has gone. */
  readonly session: number
  readonly address: string
  readonly id: number
  readonly request: FileRequest
  /** What it is for, 0 = a directory. */
  readonly holding: number
  readonly stage: Stage
  /** The holding in front of it, 0 = none, and its place behind that. */
  readonly behind: number
  readonly place: number
  /** The file that the store is asked for: of a query the one that it has found. */
  readonly name: FileName | null
  /** Nobody waits for the answer any more, and that is counted. */
  readonly isAbandoned: boolean
}

/** What a session has with the store. */
export interface Client {
  /** The holding of its transfer, 0 = none. */
  readonly transfer: number
  /** Its calls by the id of the request. */
  readonly calls: Numbered.Numbered<number>
}

/** A directory that a call has yet to get. */
interface Handed {
  readonly call: number
  readonly entries: readonly FileEntry[]
}

export interface Files {
  readonly calls: Numbered.Numbered<Call>
  readonly clients: Numbered.Numbered<Client>
  readonly holders: Holders.Holders
  readonly directories: Directories.Directories
  /** Queries whose times are read, and directories that are handed out, by the order in which they came: one in a turn each. */
  readonly judging: Numbered.Numbered<number>
  readonly handing: Numbered.Numbered<Handed>
  /** Calls, holdings and places have numbers that are not used again. */
  readonly last: number
}

export const none: Files = {
  calls: null,
  clients: null,
  holders: Holders.none,
  directories: Directories.none,
  judging: null,
  handing: null,
  last: 0
}

/** What is read of others: whether a session still waits for an answer, and whether too many answers are owed to nobody. */
export interface Around {
  readonly world: Pick<World, "image" | "limits" | "profile" | "resetting" | "stopping">
  readonly awaits: (session: number, id: number) => boolean
  readonly areMany: (callback: string, address: string) => boolean
  /** Whether the store knows queries. */
  readonly queries: boolean
  /** ms of a clock that runs evenly. */
  readonly nowMs: number
}

/** What the store is asked for a file. The times of a query are ms since 1970 UTC. */
export type Ask =
  | Exclude<FileRequest, { readonly op: "list" | "close" | "query" }>
  | { readonly op: "query"; readonly name: FileName; readonly fromMs: number; readonly toMs: number }

/** What follows. */
export type Due =
  /** {@link goOn} with a call when all that goes on now is over. */
  | { readonly kind: "goOn"; readonly call: number }
  /** {@link judge} or {@link handOut} in the next turn of the event loop. */
  | { readonly kind: "judge" | "handOut" }
  /** Answered by {@link answered}, {@link failed} or {@link prepared}. */
  | { readonly kind: "ask"; readonly call: number; readonly holding: number; readonly ask: Ask }
  /** Answered by {@link closed}. */
  | { readonly kind: "close"; readonly holding: number; readonly name: string | null }
  /** Answered by {@link listed} or {@link unlisted}. */
  | { readonly kind: "list"; readonly ca: number; readonly round: number }
  /** {@link listAgain} a moment later. */
  | { readonly kind: "listAgain"; readonly ca: number }
  | { readonly kind: "answer"; readonly session: number; readonly answer: FileAnswer }
  /** One more, or less, is owed to nobody. */
  | { readonly kind: "abandoned" | "settled"; readonly callback: string; readonly address: string }
  | { readonly kind: "timedOut"; readonly callback: string; readonly subject: string }
  | { readonly kind: "failed"; readonly callback: string; readonly subject: string; readonly cause: unknown }

export interface Step {
  readonly files: Files
  readonly due: readonly Due[]
}

export const callbackOf = ({ op }: FileRequest): string => `files.${op}`

export function subjectOf(request: FileRequest): string {
  if (request.op === "list") return `station ${request.ca}`
  const { ca, ioa, nof } = request.name
  return `file ${nof} at ${ioa} of station ${ca}`
}

/** The working copy of one step. */
export interface Turn {
  files: Files
  readonly due: Due[]
}

export function step(files: Files, work: (turn: Turn) => void): Step {
  const turn: Turn = { files, due: [] }
  work(turn)
  return turn
}

// ---- what is kept ----

export const callOf = ({ files }: Turn, number: number): Call | undefined => Numbered.find(files.calls, number)

export function putCall(turn: Turn, call: Call): void {
  turn.files = { ...turn.files, calls: Numbered.put(turn.files.calls, call.number, call) }
}

export function nextNumber(turn: Turn): number {
  turn.files = { ...turn.files, last: turn.files.last + 1 }
  return turn.files.last
}

export const clientOf = ({ files }: Turn, session: number): Client =>
  Numbered.find(files.clients, session) ?? { transfer: 0, calls: null }

export function putClient(turn: Turn, session: number, client: Client): void {
  const { clients } = turn.files
  const isOver = client.transfer === 0 && client.calls === null
  turn.files = {
    ...turn.files,
    clients: isOver ? Numbered.without(clients, session) : Numbered.put(clients, session, client)
  }
}

export const holdingOf = (turn: Turn, number: number): Holders.Holding | undefined =>
  Holders.find(turn.files.holders, number)

export function putHolding(turn: Turn, holding: Holders.Holding): void {
  turn.files = { ...turn.files, holders: Holders.put(turn.files.holders, holding) }
}

export function newHolding(turn: Turn): number {
  const number = nextNumber(turn)
  turn.files = { ...turn.files, holders: Holders.begin(turn.files.holders, number) }
  return number
}

// ---- what is read of it ----

/** Whether any session has a file at present. */
export const isActive = ({ holders }: Files, name: FileName): boolean => Holders.holderOf(holders, name) !== undefined

/** The files that are being closed, by their holdings. */
export function closing({ holders }: Files): readonly number[] {
  const found: number[] = []
  Numbered.each(holders.holdings, ({ number, name, isClosing }) => {
    if (name !== null && isClosing) found.push(number)
  })
  return found
}

/** Whether something still has, or wants, a file. */
export const isHeld = ({ holders }: Files, holding: number): boolean => Holders.find(holders, holding) !== undefined
