// Plays a case against a backend. Whatever the transcript says has to come, at its time and in its order, and nothing
// else may come. Deadlines of a moment are served before what the transcript does at that moment.
import * as Explain from "../../src/core/wire/Explain.ts"
import * as Backend from "./Backend.ts"
import * as Expression from "./Expression.ts"
import type * as Given from "./Given.ts"
import * as Notation from "./Notation.ts"
import type * as Transcript from "./Transcript.ts"

/** Makes a server as given, with nobody connected yet. */
export type Open = (given: Given.Given) => Promise<Backend.Backend>

const said = (happening: Backend.Happening): string => {
  const at = `${happening.label === "" ? "" : `${happening.label}: `}at ${happening.atMs / 1000} s `
  if (happening.kind === "closed")
    return `${at}the server closed: ${happening.reason}${happening.why === undefined ? "" : `: ${happening.why}`}`
  return `${at}${Explain.explain(happening.octets).join(" ")} [${Explain.octetsToHex(happening.octets, " ")}]`
}

/** The counts of one connection: I frames of the controlling station, I frames of the server. */
interface Counts {
  client: number
  server: number
}

class Play {
  private nowMs = 0
  private readonly counters = new Map<string, number>()
  /** The words of the `each` blocks around a line. */
  private words: ReadonlyMap<string, string> = new Map()
  private readonly came = new Map<string, Backend.Happening[]>()
  private readonly counts = new Map<string, Counts>()
  private readonly backend: Backend.Backend
  private readonly names: ReadonlyMap<string, string>
  private readonly run: string
  private readonly hasTls: boolean

  constructor(backend: Backend.Backend, names: ReadonlyMap<string, string>, { name, given }: Transcript.Run) {
    this.backend = backend
    this.names = names
    this.run = name
    this.hasTls = given.tls !== null
  }

  async connect(label: string, how = ""): Promise<void> {
    if (how !== "" && !this.hasTls) throw new Error("how a client connects is only said where there is TLS")
    this.came.set(label, [])
    this.counts.set(label, { client: 0, server: 0 })
    await this.backend.connect(label, how)
  }

  async lines(lines: readonly Transcript.Line[]): Promise<void> {
    for (const line of lines) {
      if (line.kind === "step") await this.step(line)
      else if (line.kind === "each") {
        const outer = this.words
        for (const group of line.groups) {
          this.words = new Map([...outer, ...line.names.map((name, i) => [name, group[i] ?? ""] as const)])
          await this.lines(line.body)
        }
        this.words = outer
      } else
        for (let i = 0; i < line.count; i++) {
          this.counters.set(line.counter, i)
          await this.lines(line.body)
        }
    }
  }

  /** Nothing that the transcript does not expect has come until now. */
  private async quiet(): Promise<void> {
    await this.gather()
    for (const waiting of this.came.values())
      if (waiting[0] !== undefined) throw new Error(`unexpected, ${said(waiting[0])}`)
  }

  /** Takes in what has come until now. */
  private async gather(untilMs = this.nowMs): Promise<void> {
    for (let found = await this.backend.next(untilMs); found !== null; found = await this.backend.next(untilMs))
      this.queue(found.label).push(found)
  }

  /** The last line was played: nothing may be left. */
  async finish(): Promise<void> {
    try {
      await this.quiet()
    } catch (error) {
      const run = this.run === "" ? "" : `-- ${this.run}, `
      throw new Error(`${run}at the end: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }

  private async step(step: Transcript.Step): Promise<void> {
    const text = this.fill(step.text)
    try {
      this.nowMs = this.timeOf(this.fill(step.at))
      await this.play(step.sign, step.label, text)
    } catch (error) {
      if (error instanceof Backend.NotApplicable) throw error
      const run = this.run === "" ? "" : ` -- ${this.run},`
      const line = `${step.where}:${run} ${this.nowMs / 1000} s ${step.label}${step.sign} ${text}`
      throw new Error(`${line}\n  ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }

  private fill(text: string): string {
    const named = text.replace(/\$([a-z]+)/g, (whole, name: string) => this.words.get(name) ?? whole)
    return Expression.fill(named, this.counters)
  }

  private timeOf(at: string): number {
    if (at === "") return this.nowMs
    const ms = Math.round(Number(at) * 1000) + (at.startsWith("+") ? this.nowMs : 0)
    if (!(ms >= this.nowMs)) throw new Error(`time goes back from ${this.nowMs / 1000} s to ${at}`)
    return ms
  }

  private async play(sign: Transcript.Sign, label: string, text: string): Promise<void> {
    if (sign === "<") return this.expect(label, text)
    if (sign === "x") return this.expectClose(label, text)
    await this.quiet()
    switch (sign) {
      case ">":
        return this.send(label, text)
      case "!":
        return text.startsWith("fails ") ? this.fails(text.slice(6)) : this.act(text)
      case "=":
        return this.check(label, text)
      case "-":
        return
    }
  }

  private async act(text: string): Promise<void> {
    for (const action of Backend.actions(text)) await this.backend.act(action)
  }

  /** The station has to refuse an action. */
  private async fails(text: string): Promise<void> {
    const refusal = await this.act(text).then(
      () => null,
      (error: unknown) => error
    )
    if (refusal instanceof Backend.NotApplicable) throw refusal
    if (refusal === null) throw new Error("the station has to refuse this, but did it")
  }

  private async send(label: string, text: string): Promise<void> {
    if (/^CONNECT\b/.test(text)) return this.connect(label, text.slice(7).trim())
    if (text === "FIN" || text === "RST" || text === "PAUSE" || text === "RESUME")
      return this.backend.handle(label, text)
    const counts = this.countsOf(label)
    const numbers: Notation.Numbers = { own: counts.client, peer: counts.server }
    const octets = Notation.exact(Notation.frames(text, numbers, this.names))
    counts.client = numbers.own
    await this.backend.send(label, octets)
  }

  private async expect(label: string, text: string): Promise<void> {
    if (text === "...") {
      await this.gather(this.nowMs + this.backend.toleranceMs)
      this.queue(label).length = 0
      return
    }
    const counts = this.countsOf(label)
    const numbers: Notation.Numbers = { own: counts.server, peer: counts.client }
    for (const pattern of Notation.frames(text, numbers, this.names)) {
      const found = await this.take(label)
      if (found.kind !== "frame" || !Notation.matches(pattern, found.octets))
        throw new Error(`expected ${Notation.show(pattern)}\n  but ${said(found)}`)
    }
    counts.server = numbers.own
  }

  private async expectClose(label: string, text: string): Promise<void> {
    const [, reason, words = ""] = /^(\w+)(?:: *(.+))?$/.exec(text) ?? []
    const found = await this.take(label)
    // Behind TCP nobody sees the reason.
    if (found.kind === "closed" && found.reason === "") return
    if (found.kind !== "closed" || found.reason !== reason || !(found.why ?? "").includes(words))
      throw new Error(`expected that the server closes with ${text}\n  but ${said(found)}`)
  }

  /** The next thing on a connection, which has to come now. */
  private async take(label: string): Promise<Backend.Happening> {
    const waiting = this.queue(label)
    while (waiting.length === 0) {
      const found = await this.backend.next(this.nowMs + this.backend.toleranceMs)
      if (found === null) throw new Error("nothing came")
      this.queue(found.label).push(found)
    }
    const first = waiting.shift() as Backend.Happening
    if (Math.abs(first.atMs - this.nowMs) > this.backend.toleranceMs)
      throw new Error(`expected at ${this.nowMs / 1000} s, but ${said(first)}`)
    return first
  }

  private async check(label: string, text: string): Promise<void> {
    const [, what = "", wanted = ""] = /^(.+) (\S+)$/.exec(text) ?? []
    const found = await this.backend.ask(label, what)
    if (found !== null && found !== wanted) throw new Error(`expected ${what} ${wanted}, but it is ${found}`)
  }

  private queue(label: string): Backend.Happening[] {
    const queue = this.came.get(label)
    if (queue === undefined) throw new Error(`there is no connection ${label}`)
    return queue
  }

  private countsOf(label: string): Counts {
    const counts = this.counts.get(label)
    if (counts === undefined) throw new Error(`there is no connection ${label}`)
    return counts
  }
}

/** Plays every run of a case that is not pending with a fresh server. Rejects with the line that failed, or with NotApplicable. */
export async function play(of: Transcript.Case, open: Open): Promise<void> {
  for (const run of of.runs) {
    if (run.pending !== "") continue
    const backend = await open(run.given)
    try {
      const playing = new Play(backend, of.names, run)
      await playing.connect("")
      await playing.lines(run.lines)
      await playing.finish()
    } finally {
      await backend.stop()
    }
  }
}
