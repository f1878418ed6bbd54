// Whatever clients ask for, leave and give up, whenever the store answers: a file belongs to one of them at a time, the store is
// asked one thing at a time for it, whoever asked and is still there has one answer, and in the end nothing is left.
import { expect, it } from "vitest"
import * as FileCall from "../../src/core/file/FileCall.ts"
import * as FileCalls from "../../src/core/file/FileCalls.ts"
import type { FileName, FileRequest } from "../../src/core/file/FileMessage.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Limits from "../../src/core/Limits.ts"
import * as Profile from "../../src/core/Profile.ts"
import { Kept } from "./support/Kept.ts"
import { Random } from "./support/Random.ts"
import { print } from "./support/Snapshot.ts"

type Asked = Exclude<FileRequest, { readonly op: "close" }>
type Due<K> = Extract<FileCall.Due, { readonly kind: K }>

const CA = 1
const SESSIONS = 3
const MANY = 4
const nameOf = (nof: number): FileName => ({ ca: CA, ioa: 1, nof })
const textOf = ({ ioa, nof }: FileName): string => `${ioa} ${nof}`

/** Clients and a store around the table. */
class Stage {
  readonly random: Random
  readonly table = new Kept<FileCall.Files>(FileCall.none)
  /** What its owner has yet to do: in any order, since nobody knows how long each takes. */
  due: FileCall.Due[] = []
  /** Requests that are not answered, by id, and whether their session waits for them. */
  readonly open = new Map<number, { readonly session: number; awaited: boolean; gone: boolean }>()
  /** The request of each session's transfer, and whether its answer has come. */
  readonly transfers = new Map<number, { id: number; answered: boolean }>()
  readonly inUse = new Map<string, number>()
  readonly withStore = new Set<number>()
  abandoned = 0
  private lastId = 0

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  around(): FileCall.Around {
    return {
      world: { image: Image.empty, limits: Limits.defaults, profile: Profile.iec, resetting: false, stopping: false },
      awaits: (session, id) => this.open.get(id)?.session === session && this.open.get(id)?.awaited === true,
      areMany: () => this.abandoned >= MANY,
      queries: true,
      nowMs: 0
    }
  }

  take(input: (files: FileCall.Files) => FileCall.Step): void {
    const { due } = input(this.table.now)
    expect(print(input(this.table.now).due)).toBe(print(due))
    this.table.step(this.random, (files) => input(files).files)
    for (const one of due) this.follow(one)
  }

  private follow(due: FileCall.Due): void {
    if (due.kind === "abandoned") this.abandoned++
    else if (due.kind === "settled") this.abandoned--
    else if (due.kind === "answer") this.answer(due)
    else if (due.kind !== "timedOut" && due.kind !== "failed") this.due.push(due)
    if (due.kind === "ask") this.asks(due)
    expect(this.abandoned).toBeGreaterThanOrEqual(0)
  }

  private answer({ session, answer }: Due<"answer">): void {
    const request = this.open.get(answer.id)
    expect(request).toMatchObject({ session, gone: false })
    this.open.delete(answer.id)
    const transfer = this.transfers.get(session)
    if (transfer?.id === answer.id) transfer.answered = true
  }

  /** The store is asked for what nobody else has, and for one thing after the other. */
  private asks({ holding, ask }: Due<"ask">): void {
    expect(this.withStore.has(holding)).toBe(false)
    this.withStore.add(holding)
    if (ask.op !== "open" && ask.op !== "create" && ask.op !== "delete") return
    const name = textOf(ask.name)
    expect(this.inUse.get(name) ?? holding).toBe(holding)
    this.inUse.set(name, holding)
  }

  private frees(holding: number): void {
    for (const [name, by] of this.inUse) if (by === holding) this.inUse.delete(name)
  }

  ask(session: number, request: Asked): void {
    const id = ++this.lastId
    this.open.set(id, { session, awaited: true, gone: false })
    if (request.op !== "list" && request.op !== "delete") this.transfers.set(session, { id, answered: false })
    const address = `192.0.2.${session}`
    this.take((files) => FileCalls.request(files, session, address, id, request))
  }

  /** Nobody waits for a request any more. */
  leave(id: number, late: boolean): void {
    const request = this.open.get(id)
    if (request === undefined) return
    request.awaited = false
    if (late) this.take((files) => FileCalls.timedOut(files, request.session, id))
  }

  stop(session: number, ends: boolean): void {
    const transfer = this.transfers.get(session)
    if (transfer !== undefined) this.leave(transfer.id, this.random.chance(30))
    this.transfers.delete(session)
    if (ends)
      for (const request of this.open.values())
        if (request.session === session) Object.assign(request, { awaited: false, gone: true })
    if (ends || transfer !== undefined) this.take((files) => FileCalls.release(files, session, ends))
  }

  /** Something that was to be done is done. */
  pass(): void {
    const { random } = this
    const due = random.pick(this.due)
    this.due = this.due.filter((other) => other !== due)
    const fails = random.chance(20)
    switch (due.kind) {
      case "goOn":
        return this.take((files) => FileCalls.goOn(files, due.call, this.around()))
      case "ask":
        return this.told(due, fails)
      case "close":
        this.frees(due.holding)
        return this.take((files) => FileCalls.closed(files, due.holding))
      case "list":
        return fails
          ? this.take((files) => FileCalls.unlisted(files, due.ca, due.round, "no"))
          : this.take((files) => FileCalls.listed(files, due.ca, due.round, [], this.around()))
      case "listAgain":
        return this.take((files) => FileCalls.listAgain(files, due.ca, 0))
      case "judge":
        return this.take((files) => FileCalls.judge(files, this.around()))
      case "handOut":
        return this.take((files) => FileCalls.handOut(files, this.around()))
    }
  }

  private told({ call, holding, ask }: Due<"ask">, fails: boolean): void {
    this.withStore.delete(holding)
    if (ask.op === "delete") this.frees(holding)
    if (fails) return this.take((files) => FileCalls.failed(files, call, "no"))
    const nof = 1 + this.random.below(2)
    if (ask.op === "query") return this.take((files) => FileCalls.prepared(files, call, nof, this.around()))
    const answers: Record<typeof ask.op, FileCall.Answer> = {
      open: { ok: true, op: "open", octets: 1 },
      create: { ok: true, op: "create" },
      read: { ok: true, op: "read", data: Uint8Array.of(1) },
      write: { ok: true, op: "write" },
      commit: { ok: true, op: "commit" },
      delete: { ok: true, op: "delete" }
    }
    this.take((files) => FileCalls.answered(files, call, answers[ask.op]))
  }

  /** A client does something. */
  act(): void {
    const { random } = this
    const session = 1 + random.below(SESSIONS)
    const name = nameOf(1 + random.below(2))
    const transfer = this.transfers.get(session)
    const what = random.below(10)
    if (what === 0) return this.ask(session, { op: "list", ca: CA })
    if (what === 1) return this.ask(session, { op: "delete", name })
    if (what === 2) return this.stop(session, random.chance(20))
    if (what === 3 && this.open.size > 0) return this.leave(random.pick([...this.open.keys()]), random.chance(60))
    if (transfer === undefined)
      return this.ask(
        session,
        random.pick<Asked>([
          { op: "open", name },
          { op: "create", name, octets: 1 },
          { op: "query", name, fromLow: 0, fromHigh: 0, toLow: random.pick([0, 0x80]), toHigh: 0 }
        ])
      )
    if (transfer.answered) this.ask(session, { op: "read", name, offset: 0, octets: 1 })
  }
}

it("a file is one transfer's at a time, and whoever asked has one answer", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const stage = new Stage(seed)
    for (let n = 0; n < 80; n++)
      if (stage.due.length > 0 && stage.random.chance(50)) stage.pass()
      else stage.act()
    for (let session = 1; session <= SESSIONS; session++) stage.stop(session, false)
    while (stage.due.length > 0) stage.pass()
    // All who did not go have been answered.
    expect([...stage.open.values()].filter(({ gone }) => !gone)).toEqual([])
    expect(FileCall.closing(stage.table.now)).toEqual([])
    expect(stage.abandoned).toBe(0)
    expect(stage.table.now).toEqual({ ...FileCall.none, last: stage.table.now.last })
  }
})
