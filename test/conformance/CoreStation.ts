// A station in virtual time: the pure core with image, log and sessions, driven as a shell has to drive it, and an
// application that answers as the transcript says. Time moves only in `next`, from deadline to deadline.
import * as Core from "../../src/core/index.ts"
import * as Backend from "./Backend.ts"
import * as CoreApplication from "./CoreApplication.ts"
import { CoreProcess, cyclic } from "./CoreProcess.ts"
import type * as Given from "./Given.ts"
import * as Told from "./Told.ts"

interface Connection {
  readonly label: string
  state: Core.SessionState.SessionState
  cursor: Core.Cursor.Cursor
  open: boolean
  /** Octets that the transport takes; 0 while the peer does not read. */
  room: number
}

const ROOM_OCTETS = 65_536

/** Judges that a reduction left its chunk alone, and makes it useless for whoever kept a part of it. */
function giveBack(chunk: Uint8Array | null, before: Uint8Array | null): void {
  if (chunk === null || before === null) return
  if (chunk.some((octet, index) => octet !== before[index])) throw new Error("the reduction changed the chunk")
  chunk.fill(0xa5)
}

export class CoreStation implements Backend.Backend {
  readonly toleranceMs = 0
  private nowMs = 0
  private readonly process: CoreProcess
  private opened = 0
  private connections: readonly Connection[] = []
  private happened: Backend.Happening[] = []
  /** Answers of the file store to the connection that is being dispatched. */
  private readonly filed: NonNullable<Core.SessionEvent.SessionEvent["file"]>[] = []
  private readonly application: CoreApplication.CoreApplication
  /** Who has asked for the reset of the process that was accepted. */
  private restart: CoreApplication.Client | null = null

  constructor(given: Given.Given) {
    if (given.tls !== null) throw new Backend.NotApplicable("the core knows nothing of TLS")
    this.process = new CoreProcess(given)
    this.application = new CoreApplication.CoreApplication(
      this.process,
      (client, decision) => this.decided(client, decision),
      (client) => {
        this.restart = client
        this.process.resetting(true)
      }
    )
  }

  async connect(label: string): Promise<void> {
    const state = Core.SessionState.open(this.world, ++this.opened, this.nowMs)
    const cursor = Core.Cursor.at(this.ends(), this.world.initialised.count)
    const others = this.connections.filter((connection) => connection.label !== label)
    this.connections = [...others, { label, state, cursor, open: true, room: ROOM_OCTETS }]
  }

  async send(label: string, octets: Uint8Array): Promise<void> {
    const connection = this.find(label)
    // A chunk is what a socket gives: a Buffer, whose slice shares memory, and which is somebody else's afterwards.
    const chunk = Buffer.from(octets)
    const wallMs = this.world.commandAgeMs === 0 ? 0 : this.process.judgeMs()
    this.dispatch(connection, Core.SessionEvent.received(this.nowMs, this.ends(), connection.room, chunk, wallMs))
    this.all("ready")
  }

  async handle(label: string, manner: Backend.Manner): Promise<void> {
    const connection = this.find(label)
    if (manner === "FIN") return this.tell(connection, "peerClosed")
    if (manner === "RST") return this.tell(connection, "broken")
    connection.room = manner === "PAUSE" ? 0 : ROOM_OCTETS
    this.tell(connection, "ready")
  }

  async next(untilMs: number): Promise<Backend.Happening | null> {
    for (;;) {
      const first = this.happened.shift()
      if (first !== undefined) return first
      const dueMs = this.dueMs()
      // One call a moment before the deadline shows whether something would come too early.
      if (dueMs - 1 > this.nowMs && dueMs - 1 <= untilMs) this.tick(dueMs - 1)
      else if (dueMs <= untilMs) {
        this.tick(Math.max(dueMs, this.nowMs))
        if (this.dueMs() <= this.nowMs && this.happened.length === 0)
          throw new Error(`the deadline ${dueMs} ms stands still`)
      } else if (untilMs > this.nowMs) this.tick(untilMs)
      else return null
    }
  }

  private dueMs(): number {
    return Math.min(
      ...this.connections.map(({ state }) => Core.SessionState.deadline(this.world, state)),
      this.process.dueMs()
    )
  }

  private tick(nowMs: number): void {
    this.process.pass(nowMs - this.nowMs)
    this.nowMs = nowMs
    for (const connection of this.connections) this.tell(connection, "tick")
    const started = this.connections.filter(({ open, state }) => open && state.link.phase === Core.Link.Phase.Started)
    for (const batches of this.process.tick(nowMs, started.length > 0))
      for (const connection of started) this.dispatch(connection, { ...this.plain(connection, "cyclic"), batches })
    this.all("ready")
  }

  async act(action: Backend.Action): Promise<void> {
    switch (action.kind) {
      case "event":
      case "set":
        for (const setting of action.settings) {
          const place = this.process.set(setting, action.atMs)
          if (action.kind === "event") this.process.append(place, action.cause, 0, 0)
        }
        return this.all("ready")
      case "update":
        throw new Backend.NotApplicable("deadbands are the shell's")
      case "count":
        for (const setting of action.settings) {
          const { block, slot } = this.process.place(setting)
          Core.Image.count(block, slot, setting.value)
        }
        return
      case "cyclic": {
        const places = action.points.map((point) => this.process.place(point))
        const batches = places.map(({ block, slot }) => cyclic(block, [slot]))
        for (const connection of this.connections)
          if (connection.open) this.dispatch(connection, { ...this.plain(connection, "cyclic"), batches })
        return
      }
      case "commands":
      case "clock":
      case "reset":
      case "parameters":
        this.application.answers[action.kind] = action.answer
        return
      case "answer":
        return this.application.answer(action.answer)
      case "confirm":
      case "terminate":
        return this.application.resolve(action.point, action.kind === "confirm", action.negative)
      case "initialised":
        this.process.initialised(action.ca, action.cause)
        for (const connection of this.connections) this.dispatch(connection, this.plain(connection, "ready"))
        return
      case "wall":
        return this.process.setWall(action.wallMs)
      case "close":
        return this.all("shutdown")
    }
  }

  async ask(label: string, what: string): Promise<string | null> {
    const connection = this.connections.find((connection) => connection.label === label) as Connection
    const [word = "", point = ""] = what.split(" ")
    if (word === "operated") return String(this.application.operated)
    if (word === "file") return this.process.store.tell(what.slice(word.length + 1))
    if (word === "value") {
      const { block, slot } = this.process.place(Backend.pointOf(point))
      return String(Core.Image.value(block, slot))
    }
    return Told.tell(connection, this.ends(), what)
  }

  async stop(): Promise<void> {
    this.connections = []
  }

  private get world(): Core.World {
    return this.process.world
  }

  private ends(): readonly number[] {
    return [this.process.log.end]
  }

  private find(label: string): Connection {
    const found = this.connections.find((connection) => connection.label === label && connection.open)
    if (found === undefined) throw new Error(`there is no open connection${label === "" ? "" : ` ${label}`}`)
    return found
  }

  private plain(connection: Connection, kind: Core.SessionEvent.Kind): Core.SessionEvent.SessionEvent {
    return Core.SessionEvent.plain(kind, this.nowMs, this.ends(), connection.room)
  }

  private tell(connection: Connection, kind: Core.SessionEvent.Kind): void {
    if (connection.open) this.dispatch(connection, this.plain(connection, kind))
  }

  private decided(client: CoreApplication.Client, decision: Core.Decision): void {
    const connection = this.connections.find((found) => found === client)
    if (connection?.open !== true) return
    this.dispatch(connection, Core.SessionEvent.decided(this.nowMs, this.ends(), connection.room, [decision]))
    this.all("ready")
  }

  private all(kind: Core.SessionEvent.Kind): void {
    for (const connection of this.connections) this.tell(connection, kind)
  }

  /** Reduces an event and whatever follows from it: octets first, then the notices, then what there is more. */
  private dispatch(connection: Connection, event: Core.SessionEvent.SessionEvent): void {
    const before = event.chunk === null ? null : Uint8Array.from(event.chunk)
    for (let now: Core.SessionEvent.SessionEvent | null = event; now !== null; ) {
      const { state, cursor, outputs } = Core.reduce(this.world, connection.state, connection.cursor, now)
      connection.state = state
      connection.cursor = cursor
      if (now === event) giveBack(event.chunk, before)
      for (let at = outputs.start; at < outputs.end; ) {
        const end = at + (outputs.octets[at + 1] as number) + 2
        const octets = outputs.octets.slice(at, end)
        this.happened.push({ kind: "frame", label: connection.label, atMs: this.nowMs, octets })
        at = end
      }
      const decisions: Core.Decision[] = []
      const asked = outputs.notices.filter((notice) => this.heed(connection, notice, decisions))
      this.answerFiles(connection)
      if (!connection.open) return
      const kind = connection.state.link.pause === null ? "decided" : "resumed"
      if (asked.length > 0) now = Core.SessionEvent.decided(this.nowMs, this.ends(), connection.room, decisions, kind)
      else now = outputs.more ? this.plain(connection, "ready") : null
    }
  }

  /** Hands on what the file store has answered; what follows from it may be the next question. */
  private answerFiles(connection: Connection): void {
    for (let file = this.filed.shift(); file !== undefined; file = this.filed.shift())
      if (connection.open) this.dispatch(connection, { ...this.plain(connection, "file"), file })
  }

  /** Acts on a notice; true when the session waits for an answer. What is decided at once is added to `decisions`. */
  private heed(connection: Connection, notice: Core.Notice, decisions: Core.Decision[]): boolean {
    const { id } = connection.state
    switch (notice.kind) {
      case "restarting":
        this.reset()
        return false
      case "closed":
        connection.open = false
        this.happened.push({ kind: "closed", label: connection.label, atMs: this.nowMs, reason: notice.reason })
        this.process.files.release(id)
        if (this.restart === connection) this.reset()
        return false
      case "selected":
        this.process.select(Core.Held.put(this.world.selections, id, notice))
        return false
      case "released":
        this.process.select(Core.Held.drop(this.world.selections, id, notice))
        return false
      case "file": {
        const answer = this.process.files.act(id, notice)
        if (answer !== null) this.filed.push(answer)
        return false
      }
      case "refresh":
        this.dispatch(connection, { ...this.plain(connection, "refreshed"), refreshed: notice.id })
        return true
      case "freeze": {
        this.process.freeze(notice.ca, notice.group, notice.freeze, notice.reset, ["D"])
        const terminate = this.world.profile.freezeTermination
        decisions.push({ ...Core.Outcome.confirm(notice.id, "success"), terminate })
        return true
      }
      case "stopping":
        decisions.push(...this.application.stopping(connection))
        return true
      case "holding":
        return true
      case "abandon":
        decisions.push(Core.Outcome.confirm(notice.id, "failure"))
        return true
      case "command":
      case "clock":
      case "reset":
      case "parameter":
        for (const decision of [this.application.ask(connection, notice)])
          if (decision !== null) decisions.push(decision)
        return true
      default:
        return false
    }
  }

  /** The client has the confirmation of its reset, or is gone: every connection ends. */
  private reset(): void {
    this.restart = null
    this.process.resetting(false)
    this.all("shutdown")
  }
}
