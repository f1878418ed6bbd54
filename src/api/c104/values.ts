// Values as a program writes them, and as the core keeps them: single points are booleans, everything else numbers.
import * as Value from "../../core/process/Value.ts"
import { InvalidValue } from "../../shell/Errors.ts"
import type { Type } from "./enums.ts"

/** Types whose value is a boolean. */
export type BooleanType = typeof Type.M_SP_NA_1 | typeof Type.M_SP_TB_1 | typeof Type.C_SC_NA_1 | typeof Type.C_SC_TA_1

/** The value of a point of type `T`. */
export type ValueOf<T extends Type> = T extends BooleanType ? boolean : number

const isBoolean = (kind: Value.Kind): boolean => kind === Value.Kind.Single || kind === Value.Kind.SingleCommand

/** The number behind a value. Throws {@link InvalidValue} for a value of the wrong kind. */
export function toNumber(layout: Value.Layout, value: unknown): number {
  if (isBoolean(layout.kind)) {
    if (typeof value === "boolean") return value ? 1 : 0
    throw new InvalidValue({ type: layout.name, problem: `its value is true or false, not ${String(value)}` })
  }
  if (typeof value === "number") return value
  throw new InvalidValue({ type: layout.name, problem: `its value is a number, not ${typeof value} ${String(value)}` })
}

/** The value behind a number. */
export const fromNumber = (layout: Value.Layout, number: number): boolean | number =>
  isBoolean(layout.kind) ? number !== 0 : number
