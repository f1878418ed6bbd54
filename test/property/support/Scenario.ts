// Random plants and random controlling stations, good and bad: everything that can happen to sessions, from one seed.
import * as Core from "../../../src/core/index.ts"
import * as Frames from "./Frames.ts"
import { Plant } from "./Peer.ts"
import type { Random } from "./Random.ts"

type Session = Core.SessionState.SessionState
type Event = Core.SessionEvent.SessionEvent

/** What a controlling station knows of its connection; a value, so that it can be kept beside an old state. */
export interface Client {
  readonly ns: number
  readonly nr: number
  readonly acknowledged: number
  readonly started: boolean
  /** Octets that were sent but have not arrived. */
  readonly late: Uint8Array
  readonly decisions: readonly number[]
  readonly refreshes: readonly number[]
  /** Whether the session waits for what the application says at once. */
  readonly paused: boolean
}

export const newClient: Client = {
  ns: 0,
  nr: 0,
  acknowledged: 0,
  started: false,
  late: new Uint8Array(0),
  decisions: [],
  refreshes: [],
  paused: false
}

const types = [1, 3, 5, 7, 9, 11, 13, 15, 21, 30, 31, 32, 33, 34, 35, 36, 37]
const commandTypes = [45, 46, 47, 48, 49, 50, 51, 58, 59, 60, 61, 62, 63, 64]

/** Several stations, with blocks of contiguous and of scattered addresses and of two priority classes. */
export const randomPlant = (random: Random): Plant => {
  const k = random.pick([1, 2, 3, 12, 12, 12, 100, 32_767])
  const plant = new Plant({
    profile: {
      ...random.pick([Core.Profile.iec, Core.Profile.c104]),
      maxApduLength: random.pick([253, 253, 100, 40]),
      controlField: random.pick(["strict", "strict", "lenient"])
    },
    link: { k, w: random.pick([1, 2, 8, 8, 20]), t1Ms: 15_000, t2Ms: 10_000, t3Ms: 20_000 },
    limits: {
      repliesPerSession: random.pick([16, 64, 1024]),
      decisionsPerSession: random.pick([2, 64]),
      decisionMs: 5000
    },
    logs: random.chance(50) ? [64] : [256, 64],
    packEvents: random.chance(75)
  })
  const stations = 1 + random.below(3)
  for (let ca = 1; ca <= stations; ca++) {
    let first = 1 + random.below(1000)
    for (let n = 2 + random.below(5); n > 0; n--) {
      const block = plant.block(ca, random.pick(types), random.below(plant.logs.length))
      const count = 1 + random.below(60)
      const step = random.pick([1, 1, 3, 1000])
      const addresses = Array.from(
        { length: count },
        (_, index) => first + index * step + (step > 1 ? random.below(2) : 0)
      )
      if (random.chance(25)) addresses.reverse()
      plant.add(block, ...addresses)
      first += count * step + random.below(50)
      if (random.chance(20))
        block.refresh = Uint8Array.from({ length: block.ioa.length }, () => (random.chance(30) ? 1 : 0))
    }
    for (let n = 0; n < 3; n++) plant.add(plant.block(ca, random.pick(commandTypes)), first++)
  }
  plant.image = Core.Image.settle(plant.image)
  return plant
}

const randomBlock = (random: Random, plant: Plant): Core.Block =>
  random.pick(random.pick(Core.Image.all(plant.image)).blocks)

const liveSlots = (block: Core.Block): readonly number[] =>
  Array.from({ length: block.length }, (_, slot) => slot).filter((slot) => (block.ioa[slot] ?? -1) >= 0)

/** What the application does between reductions: new values and events, and sometimes other points. */
export const disturb = (random: Random, plant: Plant): void => {
  for (let n = random.pick([0, 0, 1, 1, 3, 20, 100]); n > 0; n--) {
    const block = randomBlock(random, plant)
    const slots = liveSlots(block)
    if (slots.length === 0 || Core.Value.isCommand(block.of.type)) continue
    const slot = random.pick(slots)
    Core.Image.setQuality(block, slot, random.pick([0, 0, 0x80, 0xf1]))
    Core.Image.setTime(block, slot, random.next() | 0, random.next() & 0xffffff)
    const cause = random.pick([3, 3, 3, 3, 11, 1, 5, 20])
    plant.publish({ block, slot }, random.below(2), cause, random.below(3), random.below(4))
  }
  if (random.chance(2)) {
    const block = randomBlock(random, plant)
    const slots = liveSlots(block)
    if (random.chance(50) && slots.length > 1) block.remove(random.pick(slots))
    else {
      const ioa = 1 + random.below(0xffffff)
      if (block.find(ioa) < 0) block.add(ioa)
    }
    block.settle()
  }
}

const randomCommand = (random: Random, plant: Plant): Uint8Array => {
  const ca = random.chance(90) ? random.pick(Core.Image.all(plant.image)).ca : random.pick([0, 99, 65_535])
  const found = Core.Image.station(plant.image, ca)?.blocks.filter(({ of }) => Core.Value.isCommand(of.type)) ?? []
  const block = found.length > 0 ? random.pick(found) : undefined
  const type = block?.of.type ?? 45
  const octets = Core.TypeTable.byId[type]?.octets ?? 1
  const ioa = random.chance(90) ? (block?.ioa[0] ?? 1) : random.below(0xffffff)
  const element = random.octets(octets)
  if (random.chance(80)) for (let at = 0; at < octets; at++) element[at] = at === 0 ? 1 : 0
  const cause = random.pick([6, 6, 6, 6, 0x86, 8, 3, 47, 20])
  return Frames.asdu(type, cause, random.below(3), ca, ioa, ...element, ...(random.chance(3) ? [0] : []))
}

const randomAsdu = (random: Random, plant: Plant): Uint8Array => {
  const ca = random.pick([...Core.Image.all(plant.image).map((station) => station.ca), 65_535])
  switch (random.below(8)) {
    case 0:
    case 1:
      return Frames.interrogation(
        ca,
        random.pick([6, 6, 6, 6, 8, 0x86, 3]),
        random.pick([20, 20, 20, 20, 21, 0]),
        random.below(3)
      )
    case 2:
      return random.chance(80) ? Frames.clock(ca) : Frames.asdu(103, 6, 0, ca, 0, ...random.octets(7))
    case 3:
      return Frames.asdu(
        random.below(256),
        random.below(256),
        0,
        ca,
        random.below(100),
        ...random.octets(random.below(12))
      )
    case 4:
      return random.chance(10) ? random.octets(random.below(30)) : randomCommand(random, plant)
    default:
      return randomCommand(random, plant)
  }
}

interface Sent {
  readonly octets: Uint8Array
  readonly client: Client
}

const sendOne = (random: Random, plant: Plant, client: Client): Sent => {
  const flight = (client.nr - client.acknowledged) & 0x7fff
  const ack = random.chance(70) ? client.nr : (client.acknowledged + random.below(flight + 1)) & 0x7fff
  if (!client.started || random.chance(1))
    return {
      octets: Frames.u(random.chance(95) ? Frames.U.startdt : random.below(256)),
      client: { ...client, started: true }
    }
  const dice = random.below(100)
  if (dice < 45) return { octets: Frames.s(ack), client: { ...client, acknowledged: ack } }
  if (dice < 90) {
    const octets = Frames.i(client.ns, ack, randomAsdu(random, plant))
    return { octets, client: { ...client, ns: (client.ns + 1) & 0x7fff, acknowledged: ack } }
  }
  if (dice < 94) return { octets: Frames.u(Frames.U.testfr), client }
  if (dice < 96) return { octets: Frames.u(Frames.U.testfrCon), client }
  if (dice < 97) return { octets: Frames.u(Frames.U.stopdt), client: { ...client, started: false } }
  if (random.chance(85)) return { octets: new Uint8Array(0), client }
  return {
    octets: random.pick([
      Frames.s(random.below(32_768)),
      random.octets(8),
      Frames.i(random.below(9), ack, random.octets(9))
    ]),
    client
  }
}

/** The octets that a client sends next, as whole frames. */
export const say = (random: Random, plant: Plant, client: Client, frames: number): Sent => {
  const parts: Uint8Array[] = []
  let now = client
  for (let n = 0; n < frames; n++) {
    const sent = sendOne(random, plant, now)
    parts.push(sent.octets)
    now = sent.client
  }
  return { octets: Frames.join(...parts), client: now }
}

const decision = (random: Random, plant: Plant, id: number): Core.Decision => {
  const priority = random.below(plant.logs.length)
  const barrier = random.chance(70) ? -1 : Core.Ledger.mark(plant.ends[priority] ?? 0, priority)
  return {
    id,
    confirm: random.pick([1, 1, 1, 0, -1]),
    terminate: random.chance(70),
    keep: random.chance(10),
    barrier,
    timeLow: random.next() | 0,
    timeHigh: random.next() & 0xffffff
  }
}

/** How many batches were made: no two have the same purpose. */
let purposes = 0

const batch = (random: Random, plant: Plant): Core.CyclicBatch => {
  const block = randomBlock(random, plant)
  return {
    block,
    key: ++purposes,
    version: block.version,
    slots: block.slots().filter(() => random.chance(80)),
    type: block.of.cyclicType,
    cause: block.of.cyclicCause
  }
}

export interface Step {
  readonly event: Event
  readonly client: Client
}

/** The next event of a session, and what its client knows then. */
export const step = (random: Random, plant: Plant, client: Client, nowMs: number): Step => {
  const room = random.pick([0, 300, 4096, 65_536, 65_536, 65_536])
  const plain = (kind: Core.SessionEvent.Kind): Event => Core.SessionEvent.plain(kind, nowMs, plant.ends, room)
  const dice = random.below(1000)
  if (client.paused && random.chance(80)) {
    const answered = client.decisions.filter(() => random.chance(50))
    const decisions = answered.map((id) => decision(random, plant, id))
    return {
      event: Core.SessionEvent.decided(nowMs, plant.ends, room, decisions, "resumed"),
      client: { ...client, paused: false, decisions: client.decisions.filter((id) => !answered.includes(id)) }
    }
  }
  if (dice < 500) {
    const sent = say(random, plant, client, 1 + random.below(5))
    const all = Frames.join(client.late, sent.octets)
    const cut = random.chance(60) ? all.length : random.below(all.length + 1)
    return {
      event: Core.SessionEvent.received(nowMs, plant.ends, room, all.slice(0, cut)),
      client: { ...sent.client, late: all.slice(cut) }
    }
  }
  if (dice < 700) return { event: plain("ready"), client }
  if (dice < 800) return { event: plain("tick"), client }
  if (dice < 900) {
    const answered = client.decisions.filter(() => random.chance(70))
    const ids = random.chance(10) ? [...answered, 9999] : answered
    const event = Core.SessionEvent.decided(
      nowMs,
      plant.ends,
      room,
      ids.map((id) => decision(random, plant, id))
    )
    return { event, client: { ...client, decisions: client.decisions.filter((id) => !answered.includes(id)) } }
  }
  if (dice < 940)
    return {
      event: { ...plain("refreshed"), refreshed: client.refreshes[0] ?? 1 },
      client: { ...client, refreshes: client.refreshes.slice(1) }
    }
  if (dice < 985) {
    const due = Array.from({ length: 1 + random.below(2) }, () => batch(random, plant))
    return {
      event: { ...plain("cyclic"), batches: due.filter(({ block }) => !Core.Value.isCommand(block.of.type)) },
      client
    }
  }
  if (dice < 998) {
    const { ca } = random.pick(Core.Image.all(plant.image))
    plant.initialised = Core.Initialised.noted(plant.initialised, plant.image, ca, random.below(3))
    return { event: plain("ready"), client }
  }
  return { event: plain(random.pick(["shutdown", "peerClosed", "broken"])), client }
}

/** What a client knows after the outputs of a reduction have arrived. */
export const hear = (client: Client, outputs: Core.SessionOutputs): Client => {
  let { nr } = client
  for (const { format, ns } of Frames.split(outputs.octets.slice(outputs.start, outputs.end)))
    if (format === "I") nr = (ns + 1) & 0x7fff
  const decisions = [...client.decisions]
  const refreshes = [...client.refreshes]
  const paused = client.paused || outputs.notices.some(({ kind }) => kind === "stopping" || kind === "holding")
  for (const notice of outputs.notices) {
    if (notice.kind === "command" || notice.kind === "clock") decisions.push(notice.id)
    if (notice.kind === "refresh") refreshes.push(notice.id)
  }
  return { ...client, nr, decisions, refreshes, paused }
}

/** Milliseconds until the next event. */
export const pause = (random: Random): number =>
  random.below(400) === 0 ? 16_000 : random.pick([0, 0, 0, 1, 1, 20, 200, 2000])

export const isClosed = (state: Session): boolean => state.link.phase === Core.Link.Phase.Closed
