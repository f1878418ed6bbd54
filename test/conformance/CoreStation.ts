// A station in virtual time: the pure core with image, log and sessions, driven as a shell has to drive it, and an
// application that answers as the transcript says. Time moves only in `next`, from deadline to deadline.
import * as Core from "../../src/core/index.ts"
import * as Backend from "./Backend.ts"
import * as Given from "./Given.ts"
import * as Told from "./Told.ts"

interface Connection {
  readonly label: string
  state: Core.SessionState.SessionState
  open: boolean
  /** Octets that the transport takes; 0 while the peer does not read. */
  room: number
}

const ROOM_OCTETS = 65_536
/** Time within which an execute must follow its select. */
const SELECT_MS = 10_000

/** Judges that a reduction left its chunk alone, and makes it useless for whoever kept a part of it. */
function giveBack(chunk: Uint8Array | null, before: Uint8Array | null): void {
  if (chunk === null || before === null) return
  if (chunk.some((octet, index) => octet !== before[index])) throw new Error("the reduction changed the chunk")
  chunk.fill(0xa5)
}

export class CoreStation implements Backend.Backend {
  readonly toleranceMs = 0
  private nowMs = 0
  private wallMs = Backend.WALL_EPOCH_MS
  private readonly world: Core.World
  private readonly log: Core.EventLog.EventLog
  private opened = 0
  private connections: readonly Connection[] = []
  private happened: Backend.Happening[] = []
  private commands: Backend.Answer = "accepted"
  private clock: Backend.Answer = "accepted"
  private held: { readonly connection: Connection; readonly id: number }[] = []

  constructor(given: Given.Given) {
    const profile: Core.Profile.Profile = { ...Core.Profile.presets[given.profile], controlField: given.controlField }
    let image = Core.Image.empty
    for (const { ca, from, to, type } of given.points) {
      if (Core.Image.station(image, ca) === undefined) image = Core.Image.withStation(image, ca)
      const added = Core.Image.withBlock(image, ca, Core.Image.blockType(ca, type, profile))
      image = added.image
      for (let ioa = from; ioa <= to; ioa++) added.block.add(ioa)
    }
    Core.Image.settle(image)
    this.log = Core.EventLog.make(given.log)
    const world = {
      link: Given.parametersOf(given.link),
      profile,
      limits: { ...Core.Limits.defaults, logRecords: given.log },
      image,
      logs: [this.log],
      selections: new Map(),
      selectMs: SELECT_MS,
      commandAgeMs: 0,
      packEvents: given.pack
    }
    this.world = world
  }

  async connect(label: string): Promise<void> {
    const state = Core.SessionState.open(this.world, ++this.opened, this.nowMs, [this.log.end])
    const others = this.connections.filter((connection) => connection.label !== label)
    this.connections = [...others, { label, state, open: true, room: ROOM_OCTETS }]
  }

  async send(label: string, octets: Uint8Array): Promise<void> {
    const connection = this.find(label)
    // A chunk is what a socket gives: a Buffer, whose slice shares memory, and which is somebody else's afterwards.
    const chunk = Buffer.from(octets)
    this.dispatch(connection, Core.SessionEvent.received(this.nowMs, [this.log.end], connection.room, chunk))
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
      const dueMs = Math.min(...this.connections.map(({ state }) => Core.SessionState.deadline(this.world, state)))
      // One call a moment before the deadline shows whether something would come too early.
      if (dueMs - 1 > this.nowMs && dueMs - 1 <= untilMs) this.tick(dueMs - 1)
      else if (dueMs <= untilMs) {
        this.tick(Math.max(dueMs, this.nowMs))
        const laterMs = Math.min(...this.connections.map(({ state }) => Core.SessionState.deadline(this.world, state)))
        if (laterMs <= this.nowMs && this.happened.length === 0)
          throw new Error(`the deadline ${dueMs} ms stands still`)
      } else if (untilMs > this.nowMs) this.tick(untilMs)
      else return null
    }
  }

  private tick(nowMs: number): void {
    this.wallMs += nowMs - this.nowMs
    this.nowMs = nowMs
    for (const connection of this.connections) this.tell(connection, "tick")
  }

  async act(action: Backend.Action): Promise<void> {
    switch (action.kind) {
      case "event":
      case "set":
        for (const setting of action.settings) this.change(setting, action.kind === "event" ? action.cause : -1)
        return this.all("ready")
      case "cyclic":
        return this.cyclic(action.points)
      case "commands":
      case "clock":
        this[action.kind] = action.answer
        return
      case "answer":
        return this.answerHeld(action.answer)
      case "initialised":
        for (const connection of this.connections)
          this.dispatch(connection, { ...this.plain(connection, "initialised"), initialised: action })
        return
      case "close":
        return this.all("shutdown")
    }
  }

  async ask(label: string, what: string): Promise<string | null> {
    const { state } = this.connections.find((connection) => connection.label === label) as Connection
    return Told.tell(state, [this.log.end], what)
  }

  async stop(): Promise<void> {
    this.connections = []
  }

  private find(label: string): Connection {
    const found = this.connections.find((connection) => connection.label === label && connection.open)
    if (found === undefined) throw new Error(`there is no open connection${label === "" ? "" : ` ${label}`}`)
    return found
  }

  private readonly plain = (connection: Connection, kind: Core.SessionEvent.Kind): Core.SessionEvent.SessionEvent =>
    Core.SessionEvent.plain(kind, this.nowMs, [this.log.end], connection.room)

  private tell(connection: Connection, kind: Core.SessionEvent.Kind): void {
    if (connection.open) this.dispatch(connection, this.plain(connection, kind))
  }

  private all(kind: Core.SessionEvent.Kind): void {
    for (const connection of this.connections) this.tell(connection, kind)
  }

  /** Reduces an event and whatever follows from it: octets first, then the notices, then what there is more. */
  private dispatch(connection: Connection, event: Core.SessionEvent.SessionEvent): void {
    const before = event.chunk === null ? null : Uint8Array.from(event.chunk)
    for (let now: Core.SessionEvent.SessionEvent | null = event; now !== null; ) {
      const { state, outputs } = Core.reduce(this.world, connection.state, now)
      connection.state = state
      if (now === event) giveBack(event.chunk, before)
      for (let at = outputs.start; at < outputs.end; ) {
        const end = at + (outputs.octets[at + 1] as number) + 2
        const octets = outputs.octets.slice(at, end)
        this.happened.push({ kind: "frame", label: connection.label, atMs: this.nowMs, octets })
        at = end
      }
      const decisions = this.answer(connection, outputs.notices)
      if (!connection.open) return
      if (decisions !== null) now = Core.SessionEvent.decided(this.nowMs, [this.log.end], connection.room, decisions)
      else now = outputs.more ? this.plain(connection, "ready") : null
    }
  }

  /** What the application says at once to what it is asked; null when nothing was asked. */
  private answer(connection: Connection, notices: readonly Core.Notice[]): readonly Core.Decision[] | null {
    const decisions: Core.Decision[] = []
    let asked = false
    for (const notice of notices) {
      if (notice.kind === "closed") {
        connection.open = false
        const { reason } = notice
        this.happened.push({ kind: "closed", label: connection.label, atMs: this.nowMs, reason })
      } else if (notice.kind === "refresh") {
        asked = true
        this.dispatch(connection, { ...this.plain(connection, "refreshed"), refreshed: notice.id })
      } else if (notice.kind === "command" || notice.kind === "clock") {
        asked = true
        const how = notice.kind === "command" ? this.commands : this.clock
        if (how === "held") this.held.push({ connection, id: notice.id })
        else decisions.push(this.decision(notice.id, how, notice.kind === "command"))
        if (notice.kind === "clock" && how === "accepted")
          this.wallMs = Core.Time.cp56ToEpochMs(notice.timeLow, notice.timeHigh)
      }
    }
    return asked ? decisions : null
  }

  private decision(id: number, how: Backend.Answer, isCommand: boolean): Core.Decision {
    const accepted = how === "accepted"
    return {
      id,
      confirm: accepted ? 1 : -1,
      terminate: accepted && isCommand,
      keep: false,
      barrier: -1,
      timeLow: Core.Time.cp56Low(this.wallMs),
      timeHigh: Core.Time.cp56High(this.wallMs)
    }
  }

  private answerHeld(how: Backend.Answer): void {
    const { held } = this
    this.held = []
    for (const { connection, id } of held) {
      const decisions = [this.decision(id, how, true)]
      if (connection.open)
        this.dispatch(connection, Core.SessionEvent.decided(this.nowMs, [this.log.end], connection.room, decisions))
    }
  }

  private place(ca: number | null, ioa: number): Core.Image.Place {
    const { image } = this.world
    const station = ca === null ? image.stations[0] : Core.Image.station(image, ca)
    const place = station === undefined ? null : Core.Image.find(station, ioa)
    if (place === null) throw new Error(`there is no point ${ca ?? "(first station)"}:${ioa}`)
    return place
  }

  private change({ ca, ioa, value }: Backend.Setting, cause: number): void {
    const { block, slot } = this.place(ca, ioa)
    const problem = Core.Value.problem(block.layout, value)
    if (problem !== null) throw new Error(problem)
    Core.Image.setValue(block, slot, value)
    Core.Image.setTime(block, slot, Core.Time.cp56Low(this.wallMs), Core.Time.cp56High(this.wallMs))
    if (cause >= 0) Core.EventLog.append(this.log, block, slot, cause, 0, 0)
  }

  private cyclic(points: readonly Omit<Backend.Setting, "value">[]): void {
    const batches: Core.CyclicBatch[] = points.map(({ ca, ioa }) => {
      const { block, slot } = this.place(ca, ioa)
      return { block, slots: Int32Array.of(slot), type: block.of.cyclicType, cause: block.of.cyclicCause }
    })
    for (const connection of this.connections)
      if (connection.open) this.dispatch(connection, { ...this.plain(connection, "cyclic"), batches })
  }
}
