// A received message as callbacks see it, and the information that it, or a point, carries.
import { MASK, NEGATIVE, TEST } from "../../core/asdu/Cause.ts"
import * as Request from "../../core/procedure/Request.ts"
import type { DateTime } from "./DateTime.ts"
import type { Cot, Type } from "./enums.ts"

/** A value with its time tag. */
export interface Information<V extends boolean | number = boolean | number> {
  readonly value: V
  /** Time tag of a time-tagged type, else null. */
  readonly recordedAt: DateTime | null
}

export class IncomingMessage {
  /** The whole APDU; the control field is zeroed. */
  readonly raw: Uint8Array
  readonly info: Information | null

  constructor(raw: Uint8Array, info: Information | null) {
    this.raw = raw
    this.info = info
  }

  get type(): Type {
    return Request.type(this.raw, 0) as Type
  }
  get cot(): Cot {
    return ((this.raw[Request.CAUSE_AT] as number) & MASK) as Cot
  }
  get commonAddress(): number {
    return Request.ca(this.raw, 0)
  }
  get originatorAddress(): number {
    return Request.originator(this.raw, 0)
  }
  get ioAddress(): number {
    return Request.ioa(this.raw, 0)
  }
  get isTest(): boolean {
    return ((this.raw[Request.CAUSE_AT] as number) & TEST) !== 0
  }
  get isNegative(): boolean {
    return ((this.raw[Request.CAUSE_AT] as number) & NEGATIVE) !== 0
  }
  get isSequence(): boolean {
    return (Request.vsq(this.raw, 0) & 0x80) !== 0
  }
  get numberOfObjects(): number {
    return Request.vsq(this.raw, 0) & 0x7f
  }
}
