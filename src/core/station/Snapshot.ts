// A station as plain data, as it is between two inputs, and a station made of such data that goes on with the same octets and facts.
// All fields of its machines are taken but those of which they say that they are given to them or follow from others; in
// the data a block is a number, a zone a name, and a session its number.

import { Block, type Zone } from "../image/Block.ts"
import { Frozen } from "../image/Frozen.ts"
import { Ordered } from "../image/Ordered.ts"
import { Told } from "../image/Told.ts"
import * as Value from "../image/Value.ts"
import type { Cursor } from "../log/Cursor.ts"
import * as EventLog from "../log/EventLog.ts"
import type { World } from "../procedure/World.ts"
import type { SessionState } from "../session/SessionState.ts"
import { Exchange } from "./Exchange.ts"
import { Copying } from "./Plain.ts"
import { type Follower, Publishing } from "./Publishing.ts"
import { Station } from "./Station.ts"

/** What a snapshot looks like: of another one no station is made. */
const VERSION = 1

type Fields = Readonly<Record<string, unknown>>

/** Data that is nobody else's: numbers, texts, records, lists, sets, maps and typed arrays. */
export interface Snapshot {
  readonly version: number
  readonly station: Fields
  /** By number of the session. */
  readonly exchanges: ReadonlyMap<number, Fields>
  /** By number: all that are in the image or spoken of. */
  readonly blocks: ReadonlyMap<number, Fields>
}

/** A session that is told what is published. */
export interface Session extends Follower {
  readonly number: number
}

/** What a station and its sessions are given that is no data. */
export interface Ports<F> {
  /** The time zone of a name. */
  readonly zone: (name: string) => Zone
  /** The session of a number, which has this exchange. The station is not whole yet. */
  readonly session: (number: number, exchange: Exchange) => F
}

/** A station that goes on where a snapshot was taken. */
export interface Restored<F extends Session> {
  readonly station: Station<F>
  /** By number of the session. */
  readonly sessions: ReadonlyMap<number, F>
}

/** What stands for something that is no data, or that is more than its fields: what it is. No other data has this key. */
const NAME = "$"

/** Machines within others. */
const machines = {
  ordered: { of: Ordered, make: (): object => new Ordered() },
  frozen: { of: Frozen, make: ({ stride }: Fields): object => new Frozen(0, stride as number) },
  told: { of: Told, make: (): object => new Told() }
}

type MachineName = keyof typeof machines

const isZone = (value: object): value is Zone => "spanAt" in value

/** Takes a station and the exchanges of its sessions. Throws where one is amid an input, and where anything of them is no data. */
export function take<F extends Session>(station: Station<F>, exchanges: Iterable<Exchange>): Snapshot {
  const { logs, sessions, due } = station.publishing
  if (due !== "nothing") throw new Error("what was published is due: a snapshot is taken when that is done")
  const met = new Map<number, Block>()
  const walk = new Copying((value, at) => {
    if (value instanceof Block) {
      const { number } = value
      if ((met.get(number) ?? value) !== value) at.refuse(`is another block ${number}`)
      met.set(number, value)
      return { [NAME]: "block", number }
    }
    if (isZone(value)) return { [NAME]: "zone", name: value.name }
    const priority = logs.indexOf(value as EventLog.EventLog)
    if (priority >= 0) return { [NAME]: "log", priority, ...at.fields(value, EventLog.ports) }
    if (sessions.has(value as F)) return { [NAME]: "session", number: (value as F).number }
    if (value instanceof Station) return at.fields(value)
    if (value instanceof Publishing) return at.fields(value, Publishing.ports)
    if (value instanceof Exchange) return at.fields(value)
    for (const name of Object.keys(machines) as MachineName[])
      if (value instanceof machines[name].of) return { [NAME]: name, ...at.fields(value) }
    return NAME in value ? at.refuse(`has a field "${NAME}"`) : undefined
  })
  const taken = new Map<number, Fields>()
  for (const exchange of exchanges) {
    const { id } = exchange.state
    if (exchange.isAmid) throw new Error(`session ${id} is amid an input: a snapshot is taken between two`)
    taken.set(id, walk.of(`session ${id}`, exchange) as Fields)
  }
  const fields = walk.of("station", station) as Fields
  const blocks = new Map<number, Fields>()
  // Blocks lead to no other blocks.
  for (const [number, block] of met) blocks.set(number, walk.fields(block, Block.derived, `block ${number}`))
  return { version: VERSION, station: fields, exchanges: taken, blocks }
}

/** Makes a station and its sessions of a snapshot, which stays as it is. Throws where that is of another version, or none. */
export function restore<F extends Session>(snapshot: Snapshot, ports: Ports<F>): Restored<F> {
  if (snapshot.version !== VERSION) throw new Error(`the snapshot is of version ${snapshot.version}, not ${VERSION}`)
  const sessions = new Map<number, F>()
  const blocks = new Map<number, Block>()
  let logs: readonly EventLog.EventLog[] = []

  const blockOf = (number: number): Block => {
    const known = blocks.get(number)
    if (known !== undefined) return known
    const block = blockWith(walk.fields(some(snapshot.blocks, "block", number)))
    blocks.set(number, block)
    return block
  }
  const sessionOf = (number: number): F => {
    const known = sessions.get(number)
    if (known !== undefined) return known
    const fields = walk.fields(some(snapshot.exchanges, "session", number))
    const exchange = put(new Exchange(fields["state"] as SessionState, fields["cursor"] as Cursor, 0), fields)
    const session = ports.session(number, exchange)
    sessions.set(number, session)
    return session
  }
  const walk = new Copying((value) => {
    if (!(NAME in value)) return undefined
    const { [NAME]: what, number, name, priority, ...fields } = value as Fields
    switch (what) {
      case "block":
        return blockOf(number as number)
      case "session":
        return sessionOf(number as number)
      case "zone":
        return ports.zone(name as string)
      case "log":
        return put(logs[priority as number] as EventLog.EventLog, walk.fields(fields), EventLog.ports)
      default: {
        const machine = machines[what as MachineName]
        const parts = walk.fields(fields)
        return put(machine.make(parts), parts)
      }
    }
  })

  const {
    world: around,
    publishing,
    ...rest
  } = snapshot.station as { readonly world: Fields; readonly publishing: Fields }
  const { logs: _, ...read } = around
  const world = walk.of("world", read) as World
  const station = new Station<F>({ ...world, clockByClients: false, clockValidMs: 0 })
  logs = station.publishing.logs
  put(station.publishing, walk.fields(publishing), Publishing.ports)
  put(station, { ...walk.fields(rest), world: { ...world, logs } }, ["publishing"])
  return { station, sessions }
}

/** A block that has these fields, and what follows from them. */
function blockWith(fields: Fields): Block {
  const { of, zone, number } = fields as { readonly of: Block["of"]; readonly zone: Zone; readonly number: number }
  const block = put(new Block(of, Value.layoutOf(of.type) as Value.Layout, zone, number), fields, Block.derived)
  block.view = new DataView(block.octets.buffer)
  return block
}

/** Gives a machine the fields of a snapshot: all that it has, and no others. */
function put<M extends object>(machine: M, fields: Fields, leftOut: readonly string[] = []): M {
  const own = Object.keys(machine).filter((key) => !leftOut.includes(key))
  const strange = Object.keys(fields).find((key) => !own.includes(key))
  const missing = own.find((key) => !(key in fields))
  const kind = machine.constructor.name
  if (missing !== undefined) throw new Error(`${kind} has a field "${missing}", which the snapshot has not`)
  if (strange !== undefined) throw new Error(`the snapshot has a field "${strange}" of ${kind}, which that has not`)
  return Object.assign(machine, fields)
}

function some<A>(of: ReadonlyMap<number, A>, what: string, number: number): A {
  const found = of.get(number)
  if (found === undefined) throw new Error(`the snapshot speaks of ${what} ${number}, which it has not`)
  return found
}
