// Values as a program writes them, and as the core keeps them: single points are booleans, flag sets of protection
// equipment and packed points are sets, everything else is a number. Number classes stand for their numbers.
import * as Value from "../../core/image/Value.ts"
import { InvalidValue } from "../../shell/Errors.ts"
import { given } from "../../shell/Reason.ts"
import type { Type } from "./enums.ts"
import { Flags, OutputCircuits, PackedSingle, StartEvents } from "./flags.ts"
import { type NumberLike, Numeric } from "./numbers.ts"

type BooleanType = typeof Type.M_SP_NA_1 | typeof Type.M_SP_TB_1 | typeof Type.C_SC_NA_1 | typeof Type.C_SC_TA_1

/** The value of a point of type `T` as it is read. */
export type ValueOf<T extends Type> = T extends BooleanType
  ? boolean
  : T extends typeof Type.M_PS_NA_1
    ? PackedSingle
    : T extends typeof Type.M_EP_TE_1
      ? StartEvents
      : T extends typeof Type.M_EP_TF_1
        ? OutputCircuits
        : number

/** What may be assigned to a point of type `T`: its value, or a number class for its number. */
export type Assignable<T extends Type> = T extends BooleanType
  ? boolean
  : ValueOf<T> extends number
    ? NumberLike
    : ValueOf<T>

const isBoolean = (kind: Value.Kind): boolean => kind === Value.Kind.Single || kind === Value.Kind.SingleCommand

const sets: ReadonlyMap<Value.Kind, { from(value: number): Flags<never> }> = new Map<
  Value.Kind,
  { from(value: number): Flags<never> }
>([
  [Value.Kind.PackedSingles, PackedSingle as unknown as { from(value: number): Flags<never> }],
  [Value.Kind.ProtectionStart, StartEvents as unknown as { from(value: number): Flags<never> }],
  [Value.Kind.ProtectionCircuit, OutputCircuits as unknown as { from(value: number): Flags<never> }]
])

/** The number behind a value. Throws {@link InvalidValue} for a value of the wrong kind. */
export const toNumber = (layout: Value.Layout, value: unknown): number =>
  typeof value === "number" && !isBoolean(layout.kind) ? value : converted(layout, value)

/** Whatever is not a number already; apart, since functions that are called for every event should be small. */
function converted(layout: Value.Layout, value: unknown): number {
  if (isBoolean(layout.kind)) {
    if (typeof value === "boolean") return value ? 1 : 0
    throw new InvalidValue({ type: layout.name, problem: `its value is true or false, not ${given(value)}` })
  }
  const set = sets.get(layout.kind)
  if (set === undefined && value instanceof Numeric) return value.valueOf()
  if (set !== undefined && value instanceof Flags && value === set.from(value.value)) return value.value
  const expected = set === undefined ? "a number" : "a set of its flags, or its bits"
  throw new InvalidValue({
    type: layout.name,
    problem: `its value is ${expected}, not ${typeof value} ${given(value)}`
  })
}

/** The numbers behind several values, as by {@link toNumber}. */
export function toNumbers(layout: Value.Layout, values: ArrayLike<unknown>, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = toNumber(layout, values[i])
}

/** The value behind a number. */
export function fromNumber(layout: Value.Layout, number: number): boolean | number | Flags<never> {
  if (isBoolean(layout.kind)) return number !== 0
  return sets.get(layout.kind)?.from(number) ?? number
}
