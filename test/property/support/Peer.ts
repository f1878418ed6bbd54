// A world with a builder, and a controlling station that keeps its own numbers against one session of it.
import * as Core from "../../../src/core/index.ts"
import * as Frames from "./Frames.ts"

export interface Options {
  readonly profile?: Partial<Core.Profile.Profile>
  readonly link?: Partial<Core.Parameters.Parameters>
  readonly limits?: Partial<Core.Limits.Limits>
  readonly logs?: readonly number[]
  readonly packEvents?: boolean
}

export interface Point {
  readonly block: Core.Block
  readonly slot: number
}

/** What the shell would own: image and logs that change between reductions. */
export class Plant {
  initialised: Core.Initialised.Initialisations = Core.Initialised.none
  image: Core.Image.Image = Core.Image.empty
  readonly logs: readonly Core.EventLog.EventLog[]
  readonly options: Options
  selections: Core.World["selections"] = null
  readonly profile: Core.Profile.Profile

  constructor(
    options: Options = {},
    logs: readonly Core.EventLog.EventLog[] = (options.logs ?? [131_072]).map((records) => Core.EventLog.make(records))
  ) {
    this.options = options
    this.logs = logs
    this.profile = { ...Core.Profile.iec, ...options.profile }
  }

  /** The same image and logs under other link parameters. */
  with(link: Partial<Core.Parameters.Parameters>): Plant {
    const other = new Plant({ ...this.options, link }, this.logs)
    other.image = this.image
    other.initialised = this.initialised
    return other
  }

  get world(): Core.World {
    const { link, limits, packEvents } = this.options
    return {
      link: { ...Core.Parameters.defaults, ...link },
      profile: this.profile,
      limits: { ...Core.Limits.defaults, ...limits },
      image: this.image,
      logs: this.logs,
      selections: this.selections,
      selectMs: 10_000,
      commandAgeMs: 0,
      packEvents: packEvents ?? true,
      files: false,
      freezes: { count: 0 },
      initialised: this.initialised,
      resetting: false,
      stopping: false,
      trace: false
    }
  }

  get ends(): readonly number[] {
    return this.logs.map(({ end }) => end)
  }

  block(ca: number, type: number, priority = 0): Core.Block {
    if (Core.Image.station(this.image, ca) === undefined) this.image = Core.Image.withStation(this.image, ca)
    const found = Core.Image.withBlock(this.image, ca, { ...Core.Image.blockType(ca, type, this.profile), priority })
    this.image = found.image
    return found.block
  }

  add(block: Core.Block, ...addresses: readonly number[]): readonly Point[] {
    const points = addresses.map((ioa) => ({ block, slot: block.add(ioa) }))
    block.settle()
    return points
  }

  /** Sets the value of a point and appends it as an event. */
  publish({ block, slot }: Point, value: number, cause = 3, originator = 0, asker = 0): number {
    Core.Image.setValue(block, slot, value)
    const log = this.logs[block.of.priority]
    if (log === undefined) throw new Error(`no log of class ${block.of.priority}`)
    return Core.EventLog.append(log, block, slot, cause, originator, asker)
  }
}

/** One session seen from the other end of the wire. Answers are acknowledged only by what the test sends. */
export class Peer {
  readonly plant: Plant
  state: Core.SessionState.SessionState
  cursor: Core.Cursor.Cursor
  nowMs = 0
  room = 65_536
  /** The number of the next I frame to send, and the number expected next. */
  ns = 0
  nr = 0
  notices: Core.Notice[] = []

  constructor(plant: Plant, id = 1) {
    this.plant = plant
    this.state = Core.SessionState.open(plant.world, id, 0)
    this.cursor = Core.Cursor.at(plant.ends, plant.world.initialised.count)
  }

  /** Reduces an event, and `ready` as long as there is more. */
  reduce(event: Core.SessionEvent.SessionEvent): readonly Frames.Frame[] {
    const frames: Frames.Frame[] = []
    let next = event
    for (;;) {
      const { state, cursor, outputs } = Core.reduce(this.plant.world, this.state, this.cursor, next)
      this.state = state
      this.cursor = cursor
      this.notices.push(...outputs.notices)
      frames.push(...Frames.split(outputs.octets.slice(outputs.start, outputs.end)))
      // Nobody answers at once: what a pause waits for is decided later, or never.
      if (outputs.notices.some(({ kind }) => kind === "stopping" || kind === "holding"))
        next = Core.SessionEvent.decided(this.nowMs, this.plant.ends, this.room, [], "resumed")
      else if (outputs.more) next = this.event("ready")
      else break
    }
    for (const { format, ns } of frames) if (format === "I") this.nr = (ns + 1) & 0x7fff
    return frames
  }

  event(kind: Core.SessionEvent.Kind): Core.SessionEvent.SessionEvent {
    return Core.SessionEvent.plain(kind, this.nowMs, this.plant.ends, this.room)
  }

  octets(...parts: readonly Uint8Array[]): readonly Frames.Frame[] {
    return this.reduce(Core.SessionEvent.received(this.nowMs, this.plant.ends, this.room, Frames.join(...parts)))
  }

  start(): readonly Frames.Frame[] {
    return this.octets(Frames.u(Frames.U.startdt))
  }

  stop(): readonly Frames.Frame[] {
    return this.octets(Frames.u(Frames.U.stopdt))
  }

  /** The next I frame, which acknowledges all that was received. */
  frame(asdu: Uint8Array): Uint8Array {
    const octets = Frames.i(this.ns, this.nr, asdu)
    this.ns = (this.ns + 1) & 0x7fff
    return octets
  }

  send(...asdus: readonly Uint8Array[]): readonly Frames.Frame[] {
    return this.octets(...asdus.map((asdu) => this.frame(asdu)))
  }

  /** Acknowledges all but the last `behind` frames. */
  acknowledge(behind = 0): readonly Frames.Frame[] {
    return this.octets(Frames.s((this.nr - behind) & 0x7fff))
  }

  /** Acknowledges until nothing more comes. */
  drain(): readonly Frames.Frame[] {
    const all: Frames.Frame[] = []
    for (let found = this.acknowledge(); found.length > 0; found = this.acknowledge()) all.push(...found)
    return all
  }

  ready(): readonly Frames.Frame[] {
    return this.reduce(this.event("ready"))
  }

  tick(afterMs: number): readonly Frames.Frame[] {
    this.nowMs += afterMs
    return this.reduce(this.event("tick"))
  }

  decide(id: number, decision: Partial<Core.Decision> = {}): readonly Frames.Frame[] {
    const whole = {
      confirm: 1,
      terminate: true,
      keep: false,
      barrier: -1,
      timeLow: 0,
      timeHigh: 0,
      ...decision,
      id
    } as const
    return this.reduce(Core.SessionEvent.decided(this.nowMs, this.plant.ends, this.room, [whole]))
  }

  refreshed(id: number): readonly Frames.Frame[] {
    return this.reduce({ ...this.event("refreshed"), refreshed: id })
  }

  cyclic(...batches: readonly Core.CyclicBatch[]): readonly Frames.Frame[] {
    return this.reduce({ ...this.event("cyclic"), batches })
  }

  of<K extends Core.Notice["kind"]>(kind: K): readonly Extract<Core.Notice, { kind: K }>[] {
    return this.notices.filter((notice): notice is Extract<Core.Notice, { kind: K }> => notice.kind === kind)
  }

  get closed(): string {
    return this.of("closed")[0]?.reason ?? ""
  }
}

export const started = (plant: Plant): Peer => {
  const peer = new Peer(plant)
  peer.start()
  return peer
}
