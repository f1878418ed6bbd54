// A point and a station of the Effect face: settings fail typed, callbacks are Effects, values are plain numbers.
import * as Effect from "effect/Effect"
import type { Block } from "../../core/process/Block.ts"
import * as Image from "../../core/process/Image.ts"
import {
  AddressTaken,
  type IllegalCause,
  type InvalidAddress,
  type InvalidArgument,
  type InvalidValue,
  NotTaken
} from "../../shell/Errors.ts"
import type { Command, Deadband } from "../../shell/Hooks.ts"
import type { Host } from "../../shell/Host.ts"
import * as PointOps from "../../shell/PointOps.ts"
import type { Outcome } from "../../shell/ServerEvent.ts"
import type { Ticker } from "../../shell/Ticker.ts"

const SPONTANEOUS = 3

/** A point: values are numbers (single points 0/1, double points 0..3). */
export interface Point {
  readonly ioAddress: number
  readonly type: number
  /** The present value, and the quality bits as in QDS. */
  readonly value: () => number
  readonly quality: () => number
  /** Sets the value, tagged now where the type has a time tag. */
  readonly set: (value: number) => Effect.Effect<void, InvalidValue>
  readonly setQuality: (bits: number) => Effect.Effect<void>
  /** Sets value (and quality), and makes an event of it when it left the deadband, within the point's rate; whether it did. */
  readonly update: (value: number, quality?: number) => Effect.Effect<boolean, InvalidValue>
  /** Sends the present value, cause 3 unless another is given. Causes 7 and 10 answer a command that waits for them. */
  readonly transmit: (
    cause?: number,
    options?: { readonly originator?: number; readonly negative?: boolean }
  ) => Effect.Effect<void, NotTaken | IllegalCause>
  /** As `set` and `transmit` in one plain call; false when nobody took the event. Throws what they fail with. */
  readonly publishUnsafe: (value: number) => boolean
  /** Decides commands; a failure or defect of the handler confirms negatively, and a time-out interrupts it. */
  readonly onCommand: <E, R>(
    handler: (command: Command) => Effect.Effect<Outcome, E, R>
  ) => Effect.Effect<void, never, R>
  /** Refreshes the value before it is read. */
  readonly onBeforeRead: <E, R>(refresh: Effect.Effect<void, E, R>) => Effect.Effect<void, never, R>
  /** Refreshes the value before cyclic transmission. */
  readonly onBeforeAutoTransmit: <E, R>(refresh: Effect.Effect<void, E, R>) => Effect.Effect<void, never, R>
}

export interface PointOptions extends Image.Variants {
  readonly ioAddress: number
  readonly type: number
  /** Period of cyclic transmission in ms, a multiple of the tick rate. */
  readonly reportMs?: number
  /** Interrogation groups 1..16 and counter groups 1..4. */
  readonly groups?: readonly number[]
  readonly counterGroups?: readonly number[]
  /** Commands: whether they have to be selected first. */
  readonly select?: boolean
  /** Commands: the point that shows the result; it is sent as return information after success. */
  readonly feedback?: number
  /** Commands: termination with the confirmation (default), never, or by `transmit(10)`. */
  readonly actTerm?: boolean | "manual"
  readonly deadband?: Deadband
  /** `update` makes at most one event in so many ms. */
  readonly minIntervalMs?: number
}

export interface Station {
  readonly commonAddress: number
  readonly addPoint: (options: PointOptions) => Effect.Effect<Point, InvalidAddress | InvalidArgument | AddressTaken>
  /** The point at an address (its monitoring point where a command shares it), or null. */
  readonly getPoint: (ioAddress: number) => Point | null
  /** Removes the point at an address; whether there was one. */
  readonly removePoint: (ioAddress: number) => boolean
  /** Tells every client that the station was initialised (COI octet). */
  readonly initialised: (cause: number) => Effect.Effect<void>
}

/** Runs a plain function whose throws are known errors of ours. */
export const attempt = <A, E>(run: () => A): Effect.Effect<A, E> =>
  Effect.try({ try: run, catch: (cause) => cause as E })

/** The point at a place. */
export function makePoint(host: Host, block: Block, slot: number): Point {
  const ioAddress = block.ioa[slot] as number
  const set = (value: number): void => host.setValue(block, slot, value)
  const callback = <E, R>(refresh: Effect.Effect<void, E, R>, use: (run: () => Promise<void>) => void) =>
    Effect.map(Effect.context<R>(), (context) => use(() => Effect.runPromiseWith(context)(refresh)))
  return {
    ioAddress,
    type: block.of.type,
    value: () => Image.value(block, slot),
    quality: () => Image.quality(block, slot),
    set: (value) => attempt(() => set(value)),
    setQuality: (bits) => Effect.sync(() => host.setQuality(block, slot, bits)),
    update: (value, quality = Image.quality(block, slot)) => attempt(() => host.update(block, slot, value, quality)),
    transmit: (cause = SPONTANEOUS, { originator = 0, negative = false } = {}) =>
      attempt<boolean, IllegalCause>(() => host.publish(block, slot, cause, originator, negative)).pipe(
        Effect.flatMap((taken) => (taken ? Effect.void : Effect.fail(new NotTaken({ ioAddress }))))
      ),
    publishUnsafe: (value) => {
      set(value)
      return host.publish(block, slot, SPONTANEOUS, 0)
    },
    onCommand: <E, R>(handler: (command: Command) => Effect.Effect<Outcome, E, R>) =>
      Effect.map(Effect.context<R>(), (context) => {
        const run = Effect.runPromiseWith(context)
        host.hooks.of(block, slot).onCommand = (command) => run(handler(command), { signal: command.signal })
      }),
    onBeforeRead: (refresh) =>
      callback(refresh, (run) => {
        host.hooks.of(block, slot).onBeforeRead = run
        host.markRefresh(block, slot, true)
      }),
    onBeforeAutoTransmit: (refresh) =>
      callback(refresh, (run) => {
        host.hooks.of(block, slot).onBeforeAutoTransmit = run
      })
  }
}

function configure(host: Host, ticker: Ticker, { block, slot }: Image.Place, options: PointOptions): void {
  const {
    reportMs = 0,
    groups = [],
    counterGroups = [],
    select = false,
    feedback,
    actTerm,
    deadband,
    minIntervalMs
  } = options
  if (reportMs !== 0) PointOps.setReport(host, ticker, block, slot, reportMs)
  if (groups.length > 0 || counterGroups.length > 0) host.setGroups(block, slot, groups, counterGroups)
  if (select) PointOps.setSelect(host, block, slot, true)
  if (feedback !== undefined) {
    PointOps.setRelated(host, block, slot, feedback)
    PointOps.setAutoreturn(host, block, slot, true)
  }
  if (actTerm !== undefined) host.hooks.of(block, slot).actTerm = actTerm
  if (deadband !== undefined) PointOps.setDeadband(host, block, slot, deadband)
  if (minIntervalMs !== undefined) PointOps.setMinInterval(host, block, slot, minIntervalMs)
}

/** Adds a point and its settings; nothing is left behind when one of them is refused. */
export function addPoint(host: Host, ticker: Ticker, ca: number, options: PointOptions): Image.Place | null {
  const place = host.addPoints(ca, options.ioAddress, options.type, 1, options)
  if (place === null) return null
  try {
    configure(host, ticker, place, options)
    return place
  } catch (cause) {
    ticker.forget(place.block, place.slot)
    host.removePoint(place)
    throw cause
  }
}

/** A station. */
export function makeStation(host: Host, ticker: Ticker, commonAddress: number): Station {
  const find = (ioAddress: number): Image.Place | null => {
    const station = Image.station(host.world.image, commonAddress)
    return station === undefined ? null : Image.find(station, ioAddress)
  }
  return {
    commonAddress,
    addPoint: (options) =>
      attempt<Image.Place | null, InvalidAddress | InvalidArgument>(() =>
        addPoint(host, ticker, commonAddress, options)
      ).pipe(
        Effect.flatMap((place) =>
          place === null
            ? Effect.fail(new AddressTaken({ what: "object address", value: options.ioAddress }))
            : Effect.succeed(makePoint(host, place.block, place.slot))
        )
      ),
    getPoint: (ioAddress) => {
      const place = find(ioAddress)
      return place === null ? null : makePoint(host, place.block, place.slot)
    },
    removePoint: (ioAddress) => {
      const place = find(ioAddress)
      if (place === null) return false
      ticker.forget(place.block, place.slot)
      host.removePoint(place)
      return true
    },
    initialised: (cause) => Effect.sync(() => host.initialised(commonAddress, cause))
  }
}
