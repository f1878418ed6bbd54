// The calls of a file store by a server that is recorded or played. What the store says is kept as text.
import { crc32 } from "node:zlib"
import type * as FileCall from "../../core/file/FileCall.ts"
import * as FileWire from "../../core/file/FileWire.ts"
import type { Calls, Said } from "../files/StoreCalls.ts"
import { reason } from "../Reason.ts"
import { Kind } from "./Format.ts"
import type { Tape } from "./Tape.ts"

type Tell = (said: Said) => void

/** The world's own store, and how what it says is told: `said` calls {@link TapedStore.said}. */
export interface Store {
  readonly calls: Calls
  readonly said: (call: number, said: Said) => void
}

/** Octets within an object, and what failed. */
const OCTETS = "octets in hexadecimal"
const FAILURE = "failed for"

const written = (_: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return { [OCTETS]: Buffer.from(value).toString("hex") }
  return value instanceof Error ? { [FAILURE]: reason(value) } : value
}

const read = (_: string, value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  const { [OCTETS]: octets, [FAILURE]: why } = value as Record<string, unknown>
  if (typeof octets === "string") return Uint8Array.from(Buffer.from(octets, "hex"))
  return typeof why === "string" ? new Error(why) : value
}

/** What a store says as text, and the way back. */
export const textOf = (said: Said): string => JSON.stringify(said, written)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** Whether something is what a store answers; a tape may say anything. */
function isAnswer(answer: unknown): boolean {
  if (!isObject(answer)) return Number.isInteger(answer)
  const { ok, op, why, octets, data } = answer
  if (ok === false) return typeof why === "string" && Object.hasOwn(FileWire.faultOf, why)
  if (op === "open") return Number.isInteger(octets)
  return op === "read" ? data instanceof Uint8Array : ["create", "write", "commit", "delete"].includes(String(op))
}

function isSaid(said: unknown): said is Said {
  if (!isObject(said)) return false
  const { kind, answer, files } = said
  if (kind === "answered") return isAnswer(answer)
  return kind === "listed" ? Array.isArray(files) : kind === "closed" || kind === "failed"
}

/** What a text says; null where no store says that. */
export function saidOf(text: string): Said | null {
  try {
    const said: unknown = JSON.parse(text, read)
    return isSaid(said) ? said : null
  } catch {
    return null
  }
}

export class TapedStore implements Calls {
  private readonly tape: Tape
  private readonly store: Store | null
  private made = 0
  private readonly waiting = new Map<number, Tell>()

  constructor(tape: Tape, store: Store | null) {
    this.tape = tape
    this.store = store
  }

  ask(holding: number, ask: FileCall.Ask, tell: Tell): void {
    this.call(JSON.stringify({ holding, ask }, written), tell, (calls, told) => calls.ask(holding, ask, told))
  }

  close(holding: number, tell: Tell): void {
    this.call(`close ${holding}`, tell, (calls, told) => calls.close(holding, told))
  }

  list(ca: number, tell: Tell): void {
    this.call(`list ${ca}`, tell, (calls, told) => calls.list(ca, told))
  }

  private call(what: string, tell: Tell, begin: (calls: Calls, told: Tell) => void): void {
    const { store } = this
    this.tape.does(Kind.FileCall, 0, crc32(what))
    const number = ++this.made
    this.waiting.set(number, tell)
    if (store !== null) begin(store.calls, (said) => store.said(number, said))
  }

  /** The store has said something to a call; false where nobody waits for it. */
  said(call: number, said: Said): boolean {
    const tell = this.waiting.get(call)
    this.waiting.delete(call)
    tell?.(said)
    return tell !== undefined
  }
}
