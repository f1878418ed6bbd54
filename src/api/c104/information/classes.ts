// The classes of information: what the points of each type say, and what commands tell them.
import { Double, EventState, Qoc, Step } from "../enums.ts"
import { BinaryCounterQuality, fromWire, OutputCircuits, PackedSingle, Quality, StartEvents, toWire } from "../flags.ts"
import { Byte32, Int7, Int16, NormalizedFloat, UInt5, UInt7, UInt16 } from "../numbers.ts"
import { commandQualifier, flags, float32, int32, member, numeric, truth } from "./fields.ts"
import { define, other, value } from "./Information.ts"

const quality = other("quality", flags(Quality), Quality.none)
const milliseconds = other("extra", numeric(UInt16), new UInt16(0))
const qoc = other("qualifier", commandQualifier, Qoc.NONE)
const ql = other("qualifier", numeric(UInt7), new UInt7(0))
const packed = flags(PackedSingle)

/** Single point (60870-5-101 7.2.6.1). */
export const SingleInfo = define("SingleInfo", { on: value(truth), quality })
export type SingleInfo = InstanceType<typeof SingleInfo>

/** Double point (60870-5-101 7.2.6.2). */
export const DoubleInfo = define("DoubleInfo", { state: value(member(Double)), quality })
export type DoubleInfo = InstanceType<typeof DoubleInfo>

/** Step position (60870-5-101 7.2.6.5). */
export const StepInfo = define("StepInfo", {
  /** -64..63. */
  position: value(numeric(Int7)),
  /** Whether the equipment is moving. Default false. */
  transient: other("extra", truth, false),
  quality
})
export type StepInfo = InstanceType<typeof StepInfo>

/** Bitstring of 32 bits (60870-5-101 7.2.6.13). */
export const BinaryInfo = define("BinaryInfo", { blob: value(numeric(Byte32)), quality })
export type BinaryInfo = InstanceType<typeof BinaryInfo>

/** Measured value, normalized (60870-5-101 7.2.6.6). */
export const NormalizedInfo = define("NormalizedInfo", { actual: value(numeric(NormalizedFloat)), quality })
export type NormalizedInfo = InstanceType<typeof NormalizedInfo>

/** Measured value, scaled (60870-5-101 7.2.6.7). */
export const ScaledInfo = define("ScaledInfo", { actual: value(numeric(Int16)), quality })
export type ScaledInfo = InstanceType<typeof ScaledInfo>

/** Measured value, 32 bit float (60870-5-101 7.2.6.8). */
export const ShortInfo = define("ShortInfo", { actual: value(float32), quality })
export type ShortInfo = InstanceType<typeof ShortInfo>

/** Integrated total (60870-5-101 7.2.6.9). */
export const BinaryCounterInfo = define("BinaryCounterInfo", {
  /** -2147483648..2147483647. */
  counter: value(int32),
  /** 0..31. Default 0. */
  sequence: other("extra", numeric(UInt5), new UInt5(0)),
  quality: other("quality", flags(BinaryCounterQuality, toWire, fromWire), BinaryCounterQuality.none)
})
export type BinaryCounterInfo = InstanceType<typeof BinaryCounterInfo>

/** Event of protection equipment (60870-5-101 7.2.6.10). */
export const ProtectionEventInfo = define("ProtectionEventInfo", {
  state: value(member(EventState)),
  /** 0..65535 ms. Default 0. */
  elapsedMs: milliseconds,
  quality
})
export type ProtectionEventInfo = InstanceType<typeof ProtectionEventInfo>

/** Start events of protection equipment (60870-5-101 7.2.6.11). */
export const ProtectionStartInfo = define("ProtectionStartInfo", {
  events: value(flags(StartEvents)),
  /** 0..65535 ms. Default 0. */
  relayDurationMs: milliseconds,
  quality
})
export type ProtectionStartInfo = InstanceType<typeof ProtectionStartInfo>

/** Output circuits of protection equipment (60870-5-101 7.2.6.12). */
export const ProtectionCircuitInfo = define("ProtectionCircuitInfo", {
  circuits: value(flags(OutputCircuits)),
  /** 0..65535 ms. Default 0. */
  relayOperatingMs: milliseconds,
  quality
})
export type ProtectionCircuitInfo = InstanceType<typeof ProtectionCircuitInfo>

/** Sixteen single points, and which of them changed (60870-5-101 7.2.6.40). */
export const StatusAndChanged = define("StatusAndChanged", {
  status: value(packed),
  /** Default none. */
  changed: other("extra", packed, PackedSingle.none),
  quality
})
export type StatusAndChanged = InstanceType<typeof StatusAndChanged>

/** Single command (60870-5-101 7.2.6.15). */
export const SingleCmd = define("SingleCmd", { on: value(truth), qualifier: qoc })
export type SingleCmd = InstanceType<typeof SingleCmd>

/** Double command (60870-5-101 7.2.6.16). */
export const DoubleCmd = define("DoubleCmd", { state: value(member(Double)), qualifier: qoc })
export type DoubleCmd = InstanceType<typeof DoubleCmd>

/** Regulating step command (60870-5-101 7.2.6.17). */
export const StepCmd = define("StepCmd", { direction: value(member(Step)), qualifier: qoc })
export type StepCmd = InstanceType<typeof StepCmd>

/** Bitstring of 32 bits as a command (60870-5-101 7.2.6.13). */
export const BinaryCmd = define("BinaryCmd", { blob: value(numeric(Byte32)) })
export type BinaryCmd = InstanceType<typeof BinaryCmd>

/** Set-point command, normalized (60870-5-101 7.2.6.6). */
export const NormalizedCmd = define("NormalizedCmd", { target: value(numeric(NormalizedFloat)), qualifier: ql })
export type NormalizedCmd = InstanceType<typeof NormalizedCmd>

/** Set-point command, scaled (60870-5-101 7.2.6.7). */
export const ScaledCmd = define("ScaledCmd", { target: value(numeric(Int16)), qualifier: ql })
export type ScaledCmd = InstanceType<typeof ScaledCmd>

/** Set-point command, 32 bit float (60870-5-101 7.2.6.8). */
export const ShortCmd = define("ShortCmd", { target: value(float32), qualifier: ql })
export type ShortCmd = InstanceType<typeof ShortCmd>
