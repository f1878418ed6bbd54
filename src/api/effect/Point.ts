// A point and a station of the Effect face: settings fail typed, callbacks are Effects, values are plain numbers.
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Image from "../../core/image/Image.ts"
import type { Deadband } from "../../core/image/Told.ts"
import * as Check from "../../shell/Check.ts"
import * as Commands from "../../shell/Commands.ts"
import {
  AddressTaken,
  Detached,
  type IllegalCause,
  type InvalidAddress,
  InvalidArgument,
  type InvalidValue,
  NotTaken
} from "../../shell/Errors.ts"
import { type Command, type CommandHandler, type Hooks, type PointCallback, setCallback } from "../../shell/Hooks.ts"
import type { Host } from "../../shell/Host.ts"
import type { PointKey } from "../../shell/PointKeys.ts"
import * as PointKeys from "../../shell/PointKeys.ts"
import * as PointOps from "../../shell/PointOps.ts"
import * as PointPlan from "../../shell/PointPlan.ts"
import type { Outcome, OutputStatus } from "../../shell/ServerEvent.ts"
import * as StationOps from "../../shell/StationOps.ts"
import type { Ticker } from "../../shell/Ticker.ts"
import { runWith } from "./run.ts"

const SPONTANEOUS = 3

/**
 * A point: values are numbers (single points 0/1, double points 0..3). Once it was removed everything fails with `Detached`,
 * also when another point has its address; plain functions throw it.
 */
export interface Point {
  readonly ioAddress: number
  readonly type: number
  /**
   * The present value, and the quality bits: overflow 1, elapsed time invalid 8 (protection equipment), blocked 16,
   * substituted 32, not topical 64, invalid 128; of counters carry 32, adjusted 64, invalid 128. A value that is no number makes a point invalid until the next
   * number comes, whoever reads that and writes it back meanwhile.
   */
  readonly value: () => number
  readonly quality: () => number
  /** Sets the value, tagged now where the type has a time tag. */
  readonly set: (value: number) => Effect.Effect<void, InvalidValue | Detached>
  readonly setQuality: (bits: number) => Effect.Effect<void, InvalidArgument | Detached>
  /**
   * Sets value (and quality), and makes an event of it when, in the form in which it is sent, what the point says has left the
   * deadband around what was sent last, or differs in anything else but its time and the sequence number of a counter, which
   * counts freezes; within the point's rate. Whether it did. The first
   * update of a point that the log has no event of always is. A quality that comes with a
   * number is meant as it stands, whatever the point was before.
   */
  readonly update: (
    value: number,
    quality?: number
  ) => Effect.Effect<boolean, InvalidValue | InvalidArgument | Detached>
  /**
   * Sends the present value, cause 3 unless another is given. Causes 7 and 10 answer a command that waits for them; 10 confirms
   * it before where that was not done.
   */
  readonly transmit: (
    cause?: number,
    options?: { readonly originator?: number; readonly negative?: boolean }
  ) => Effect.Effect<void, NotTaken | IllegalCause | InvalidAddress | InvalidArgument | Detached>
  /** What is known of the output of a command point; "stuck" and "unknown" refuse commands until it is released. */
  readonly outputStatus: () => OutputStatus
  /** Says that the output is free, whatever was begun at it; whether anything was. */
  readonly release: () => boolean
  /** As `set` and `transmit` in one plain call; false when nobody took the event. Throws what they fail with. */
  readonly publishUnsafe: (value: number) => boolean
  /**
   * Decides commands, in one phase or in two; a failure or defect of the handler confirms negatively. Whether a client that was
   * refused for time, cancelled, stopped or has gone interrupts it, or only aborts its signal, is the point's `abandon`.
   */
  readonly onCommand: <E, R>(
    handler: Operate<E, R> | TwoPhases<E, R>
  ) => Effect.Effect<void, InvalidArgument | Detached, R>
  /** Decides who may select a command point; whatever is not "success" confirms negatively. */
  readonly onSelect: <E, R>(handler: Operate<E, R>) => Effect.Effect<void, InvalidArgument | Detached, R>
  /** Refreshes the value before it is read. */
  readonly onBeforeRead: <E, R>(
    refresh: Effect.Effect<void, E, R>
  ) => Effect.Effect<void, InvalidArgument | Detached, R>
  /** Refreshes the value before cyclic transmission. */
  readonly onBeforeAutoTransmit: <E, R>(
    refresh: Effect.Effect<void, E, R>
  ) => Effect.Effect<void, InvalidArgument | Detached, R>
}

/** Decides or carries out a command. */
export type Operate<E, R> = (command: Command) => Effect.Effect<Outcome, E, R>

/** A command in two phases: what is accepted is confirmed to the client before it is carried out. */
export interface TwoPhases<E, R> {
  /** Accepts ("success") or refuses (everything else) the command, within `limits.decisionMs`. */
  readonly accept: Operate<E, R>
  /**
   * Carries it out once the client was told so, within `limits.operationMs`: "success" terminates positively, "failure", a
   * failure or a defect negatively, and "none" leaves the termination to `transmit`. The client may cancel it: `signal`.
   */
  readonly execute: Operate<E, R>
}

export interface PointOptions extends Omit<Image.Variants, "priority"> {
  /** Information object address, 1..16777215. */
  readonly ioAddress: number
  readonly type: number
  /** Period of cyclic transmission in ms, a multiple of the tick rate. */
  readonly reportMs?: number
  /** Interrogation groups 1..16 and counter groups 1..4. */
  readonly groups?: readonly number[]
  readonly counterGroups?: readonly number[]
  /** Commands: whether they have to be selected first. */
  readonly select?: boolean
  /**
   * Commands: the point that shows the result, which is there already; it is sent as return information after success. Without
   * a handler it decides the command by taking its value. Where several points have its address its type is needed.
   */
  readonly feedback?: number | PointKey
  /** Commands: termination with the confirmation (default), never, or by `transmit(10)`. */
  readonly actTerm?: boolean | "manual"
  /** Commands: whether a handler that nobody waits for any more is told by its signal (default), or interrupted. */
  readonly abandon?: "signal" | "interrupt"
  readonly deadband?: Deadband
  /** `update` makes at most one event in so many ms, 0..2147483647; default 0 = no limit. */
  readonly minIntervalMs?: number
}

const NAMES = Check.namesOf<PointOptions>({
  ioAddress: true,
  type: true,
  eventType: true,
  interrogationType: true,
  tags: true,
  reportMs: true,
  groups: true,
  counterGroups: true,
  select: true,
  feedback: true,
  actTerm: true,
  abandon: true,
  deadband: true,
  minIntervalMs: true
})

/** A station. Once it was removed it has no points, and what can fail fails with `Detached`. */
export interface Station {
  readonly commonAddress: number
  readonly addPoint: (
    options: PointOptions
  ) => Effect.Effect<Point, InvalidAddress | InvalidArgument | AddressTaken | Detached>
  /**
   * The point at an address (its monitoring point where a command shares it), or with a type; null when there is none. Throws
   * `InvalidArgument` where several points have the address and none is named.
   */
  readonly getPoint: (key: number | PointKey) => Point | null
  /** Removes the point at an address, or with a type; whether there was one. Throws as `getPoint` does. */
  readonly removePoint: (key: number | PointKey) => boolean
  /** Tells every client that the station was initialised (COI octet, 0..255). */
  readonly initialised: (cause: number) => Effect.Effect<void, InvalidArgument | Detached>
}

/** Runs a plain function whose throws are known errors of ours. */
export const attempt = <A, E>(run: () => A): Effect.Effect<A, E> =>
  Effect.try({ try: run, catch: (cause) => cause as E })

/** An Effect as a handler. When nobody waits for it any more it is interrupted, where the point says so. */
function operate<E, R>(hooks: Hooks, context: Context.Context<R>, handler: Operate<E, R>): CommandHandler {
  const run = runWith(context)
  return (command) => run(handler(command), hooks.interrupts ? command.signal : undefined)
}

/** What decides a command, or accepts it, and what then carries it out: null where that is one. */
function phasesOf<E, R>(handler: Operate<E, R> | TwoPhases<E, R>): readonly [Operate<E, R>, Operate<E, R> | null] {
  if (typeof handler !== "object" || handler === null) {
    Check.callable("onCommand", handler)
    return [handler, null]
  }
  const { accept, execute } = handler
  Check.callable("accept", accept)
  Check.callable("execute", execute)
  return [accept, execute]
}

/** An Effect that is run again and again. */
function refresher<E, R>(what: string, refresh: Effect.Effect<void, E, R>, context: Context.Context<R>): PointCallback {
  if (!Effect.isEffect(refresh)) throw new InvalidArgument({ what, expected: "an Effect", value: refresh })
  const run = runWith(context)
  return () => run(refresh)
}

/** The point of a reference. */
export function makePoint(host: Host, point: Image.PointRef): Point {
  const { block, slot } = point
  const ioAddress = block.ioa[slot] as number
  const verify = (): void => {
    if (!Image.lives(point)) throw new Detached({ what: `point ${ioAddress}` })
  }
  /** What is done to the point while it is there. */
  const act = <A, E = never>(run: () => A): Effect.Effect<A, E | Detached> =>
    attempt<A, E | Detached>(() => {
      verify()
      return run()
    })
  const set = (value: number): void => {
    // A block that no point was ever removed from has nothing to look at.
    if (block.guarded) verify()
    Check.number(block.layout.name, value)
    host.setValue(block, slot, value)
  }
  const register = <R, E = never>(use: (context: Context.Context<R>) => void): Effect.Effect<void, E | Detached, R> =>
    Effect.flatMap(Effect.context<R>(), (context) => act<void, E>(() => use(context)))
  return {
    ioAddress,
    type: block.of.type,
    value: () => {
      verify()
      return Image.value(block, slot)
    },
    quality: () => {
      verify()
      return Image.quality(block, slot)
    },
    set: (value) => attempt(() => set(value)),
    setQuality: (bits) =>
      act<void, InvalidArgument>(() => {
        Check.qualityBits(bits)
        host.setQuality(block, slot, bits)
      }),
    update: (value, quality) =>
      act<boolean, InvalidValue | InvalidArgument>(() => {
        Check.number(block.layout.name, value)
        if (quality !== undefined) Check.qualityBits(quality)
        return host.update(block, slot, value, quality ?? null)
      }),
    transmit: (cause = SPONTANEOUS, options = {}) =>
      act<boolean, IllegalCause | InvalidAddress | InvalidArgument>(() => {
        PointOps.checkTransmit(options)
        const { originator = 0, negative = false } = options
        return host.publish(block, slot, cause, originator, negative)
      }).pipe(Effect.flatMap((taken) => (taken ? Effect.void : Effect.fail(new NotTaken({ ioAddress }))))),
    publishUnsafe: (value) => {
      set(value)
      return host.publish(block, slot, SPONTANEOUS, 0)
    },
    outputStatus: () => {
      verify()
      return Commands.status(host, block, slot)
    },
    release: () => {
      verify()
      return Commands.release(host, block, slot)
    },
    onCommand: <E, R>(handler: Operate<E, R> | TwoPhases<E, R>) =>
      register<R, InvalidArgument>((context) => {
        PointOps.checkCommand("onCommand", block)
        const [accept, execute] = phasesOf(handler)
        const hooks = host.hooks.of(block, slot)
        hooks.onCommand = operate(hooks, context, accept)
        hooks.onExecute = execute === null ? null : operate(hooks, context, execute)
      }),
    onSelect: <E, R>(handler: Operate<E, R>) =>
      register<R, InvalidArgument>((context) => {
        PointOps.checkCommand("onSelect", block)
        Check.callable("onSelect", handler)
        const hooks = host.hooks.of(block, slot)
        hooks.onSelect = operate(hooks, context, handler)
        host.setSelectAsked(block, slot, true)
      }),
    onBeforeRead: <E, R>(refresh: Effect.Effect<void, E, R>) =>
      register<R, InvalidArgument>((context) => {
        setCallback(host.hooks.of(block, slot), "onBeforeRead", refresher("onBeforeRead", refresh, context))
        host.markRefresh(block, slot, true)
      }),
    onBeforeAutoTransmit: <E, R>(refresh: Effect.Effect<void, E, R>) =>
      register<R, InvalidArgument>((context) => {
        const callback = refresher("onBeforeAutoTransmit", refresh, context)
        setCallback(host.hooks.of(block, slot), "onBeforeAutoTransmit", callback)
      })
  }
}

/** The settings of a point by the names of the plan. */
const settingsOf = (options: PointOptions): PointPlan.PointSettings => {
  const {
    reportMs = 0,
    groups,
    counterGroups,
    select = false,
    feedback,
    actTerm,
    abandon,
    deadband,
    minIntervalMs
  } = options
  const grouped = groups !== undefined || counterGroups !== undefined
  return {
    ...(reportMs === 0 ? {} : { reportMs }),
    ...(feedback === undefined ? {} : { related: { key: feedback, must: true }, autoreturn: true }),
    ...(select === false ? {} : { select }),
    ...(grouped ? { groups: { interrogation: groups ?? [], counters: counterGroups ?? [] } } : {}),
    ...(deadband === undefined ? {} : { deadband }),
    ...(minIntervalMs === undefined ? {} : { minIntervalMs }),
    ...(actTerm === undefined ? {} : { actTerm }),
    ...(abandon === undefined ? {} : { abandon })
  }
}

/** Adds a point and its settings; nothing is left behind when one of them is refused. */
export function addPoint(host: Host, ticker: Ticker, ca: number, options: PointOptions): Image.PointRef | null {
  Check.options("addPoint", options, NAMES)
  const { ioAddress, type } = options
  // Not declared, but who gives it would otherwise believe in it.
  const { priority }: Image.Variants = options
  if (priority !== undefined)
    throw new InvalidArgument({ what: "priority", expected: "nothing (all events are of one class)", value: priority })
  const settings = settingsOf(options)
  return PointPlan.add(host, ticker, ca, {
    ioAddress,
    type,
    count: 1,
    variants: PointOps.variantsOf(options),
    settings
  })
}

/** The station that has a common address now. */
export function makeStation(host: Host, ticker: Ticker, commonAddress: number): Station {
  const born = Image.station(host.world.image, commonAddress)?.born
  const present = (): Image.Station | undefined => {
    const station = Image.station(host.world.image, commonAddress)
    return station?.born === born ? station : undefined
  }
  const act = <A, E = never>(run: () => A): Effect.Effect<A, E | Detached> =>
    attempt<A, E | Detached>(() => {
      if (present() === undefined) throw new Detached({ what: `station ${commonAddress}` })
      return run()
    })
  const find = (key: number | PointKey): Image.PointRef | null => {
    const asked = PointKeys.asked(key)
    const station = present()
    return station === undefined ? null : PointKeys.find("getPoint", station, asked)
  }
  return {
    commonAddress,
    addPoint: (options) =>
      act<Image.PointRef | null, InvalidAddress | InvalidArgument>(() =>
        addPoint(host, ticker, commonAddress, options)
      ).pipe(
        Effect.flatMap((point) =>
          point === null
            ? Effect.fail(new AddressTaken({ what: "object address", value: options.ioAddress }))
            : Effect.succeed(makePoint(host, point))
        )
      ),
    getPoint: (key) => {
      const point = find(key)
      return point === null ? null : makePoint(host, point)
    },
    removePoint: (key) => {
      const point = find(key)
      if (point === null) return false
      PointPlan.remove(host, ticker, point.block, point.slot)
      return true
    },
    initialised: (cause) =>
      act<void, InvalidArgument>(() => {
        StationOps.checkInitialised(cause)
        host.initialised(commonAddress, cause)
      })
  }
}
