// What the compiler knows of the c104 surface: the types of fields, and what it refuses. Checked by tsc, never run.
import type { Type } from "../../src/api/c104/enums.ts"
import { BinaryCounterQuality, Quality, StartEvents } from "../../src/api/c104/flags.ts"
import * as I from "../../src/api/c104/information/index.ts"
import { type Byte32, Int7 } from "../../src/api/c104/numbers.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_T extends true>(): void => undefined

export const fields = (): void => {
  same<Same<I.SingleInfo["on"], boolean>>()
  same<Same<I.StepInfo["position"], Int7>>()
  same<Same<I.DoubleInfo["state"], 0 | 1 | 2 | 3>>()
  same<Same<I.BinaryCounterInfo["quality"], BinaryCounterQuality>>()
  same<Same<I.SingleCmd["quality"], null>>()
  same<Same<I.ValueOf<typeof Type.M_BO_TB_1>, Byte32>>()
  same<Same<I.ValueOf<typeof Type.M_EP_TE_1>, StartEvents>>()
  same<Same<I.QualityOf<typeof Type.M_IT_NA_1>, BinaryCounterQuality>>()
}

export const accepted: readonly I.AnyInformation[] = [
  new I.StepInfo({ position: 5 }),
  new I.StepInfo({ position: new Int7(5), transient: true, quality: Quality.Invalid, recordedAt: new Date(0) }),
  new I.BinaryInfo({ blob: Uint8Array.of(1) })
]

export const refused = (info: I.SingleInfo): readonly unknown[] => [
  // @ts-expect-error: the value has to be given
  () => new I.SingleInfo({}),
  // @ts-expect-error: a single point is true or false
  () => new I.SingleInfo({ on: 1 }),
  // @ts-expect-error: a field of another class
  () => new I.SingleInfo({ on: true, transient: true }),
  // @ts-expect-error: counters have a quality of their own
  () => new I.BinaryCounterInfo({ counter: 1, quality: Quality.Invalid }),
  // @ts-expect-error: a command has no quality
  () => new I.SingleCmd({ on: true, quality: Quality.Invalid }),
  // @ts-expect-error: a double point has four states
  () => new I.DoubleInfo({ state: 4 }),
  // @ts-expect-error: sets of different classes do not mix
  () => Quality.Invalid.or(BinaryCounterQuality.Invalid),
  // @ts-expect-error: nor are they assigned to each other
  (): Quality => BinaryCounterQuality.Invalid,
  // @ts-expect-error: sets are not made but taken
  () => new StartEvents(1),
  // @ts-expect-error: information is read-only
  () => (info.on = false)
]
