// The calls of a file store, and what it says to them: that is told when it comes, and nothing more is made of it here.
import type * as FileCall from "../../core/file/FileCall.ts"
import * as FileWire from "../../core/file/FileWire.ts"
import { given } from "../Reason.ts"
import {
  FILE_OCTETS_MAX,
  type FileReader,
  type FileStore,
  type FileWriter,
  type Refusal,
  type StoredFile
} from "./FileStore.ts"

type Answer = FileCall.Answer

/** What a store says: to what it was asked (of a query the name of the file that it has prepared), or that it failed. */
export type Said =
  | { readonly kind: "answered"; readonly answer: Answer | number }
  | { readonly kind: "listed"; readonly files: readonly StoredFile[] }
  | { readonly kind: "closed" }
  | { readonly kind: "failed"; readonly cause: unknown }

type Tell = (said: Said) => void

/** How a store is called; each call is told once what it says, later than at once. */
export interface Calls {
  /** Asks for a file, or for what to do with one. */
  readonly ask: (holding: number, ask: FileCall.Ask, tell: Tell) => void
  /** Closes what it has opened, if it has. */
  readonly close: (holding: number, tell: Tell) => void
  readonly list: (ca: number, tell: Tell) => void
}

/** A file that the store has opened: it is read or written. */
interface Opened {
  readonly reader: FileReader | null
  readonly writer: FileWriter | null
}

export class StoreCalls implements Calls {
  private readonly store: FileStore
  /** What the store has opened, by holding. */
  private readonly opened: Map<number, Opened> = new Map()

  constructor(store: FileStore) {
    this.store = store
  }

  ask(holding: number, ask: FileCall.Ask, tell: Tell): void {
    void this.said(async () => ({ kind: "answered", answer: await this.call(holding, ask) }), tell)
  }

  close(holding: number, tell: Tell): void {
    const opened = this.opened.get(holding)
    this.opened.delete(holding)
    const close = async (): Promise<Said> => {
      await (opened?.reader ?? opened?.writer)?.close()
      return { kind: "closed" }
    }
    void this.said(close, tell)
  }

  list(ca: number, tell: Tell): void {
    void this.said(async () => ({ kind: "listed", files: await this.store.list(ca) }), tell)
  }

  private async said(call: () => Promise<Said>, tell: Tell): Promise<void> {
    let said: Said
    try {
      said = await call()
    } catch (cause) {
      said = { kind: "failed", cause }
    }
    tell(said)
  }

  /** What the store answers; of a query the name of the file that it has prepared. */
  private async call(holding: number, ask: FileCall.Ask): Promise<Answer | number> {
    const { store } = this
    switch (ask.op) {
      case "open": {
        const reader = await store.open(ask.name)
        if (!has(reader, "read", "close")) return refused(reader)
        this.opened.set(holding, { reader, writer: null })
        return { ok: true, op: "open", octets: whole("octets", reader.octets, FILE_OCTETS_MAX) }
      }
      case "create": {
        const writer = await store.create(ask.name, ask.octets)
        if (!has(writer, "write", "commit", "close")) return refused(writer)
        this.opened.set(holding, { reader: null, writer })
        return { ok: true, op: "create" }
      }
      case "query": {
        const nof = await store.query?.(ask.name, ask.fromMs, ask.toMs)
        return typeof nof === "number" ? whole("name of file", nof, 65_535) : refused(nof)
      }
      case "delete": {
        const refusal = await store.delete(ask.name)
        return refusal === null ? { ok: true, op: "delete" } : refused(refusal)
      }
      case "read": {
        const data = await there(this.opened.get(holding)?.reader).read(ask.offset, ask.octets)
        if (!(data instanceof Uint8Array) || data.length < 1 || data.length > ask.octets)
          throw new RangeError(`it read ${data.length} octets, not 1 to ${ask.octets}`)
        return { ok: true, op: "read", data }
      }
      case "write":
        return done("write", there(this.opened.get(holding)?.writer).write(ask.offset, ask.data))
      case "commit":
        return done("commit", there(this.opened.get(holding)?.writer).commit(ask.octets))
    }
  }
}

function there<A>(handle: A | null | undefined): A {
  if (handle === null || handle === undefined) throw new Error("the file is not open")
  return handle
}

async function done(op: "write" | "commit", work: Promise<void>): Promise<Answer> {
  await work
  return { ok: true, op }
}

/** Whether a store answered with what can be called so. */
const has = <A extends object>(answer: A | Refusal, ...calls: readonly (keyof A & string)[]): answer is A =>
  typeof answer === "object" && answer !== null && calls.every((call) => typeof answer[call] === "function")

const refusals: ReadonlySet<unknown> = new Set(Object.keys(FileWire.faultOf))

/** What a store refuses with. Throws for what is no refusal either: its client would be refused without a reason, and nobody told. */
function refused(answer: unknown): Answer {
  if (refusals.has(answer)) return { ok: false, why: answer as Refusal }
  throw new TypeError(`the store answered ${given(answer)}: neither what it was asked for nor a refusal`)
}

/** A number that a store told, checked. */
export function whole(what: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new RangeError(`the store says ${what} ${given(value)}: a whole number from 0 to ${max} is required`)
}
