// The entry `iec104/effect`: the server as an Effect service.
export type { Limits } from "../../core/Limits.ts"
export type { Profile } from "../../core/Profile.ts"
export { c104, iec } from "../../core/Profile.ts"
export type { CounterMode } from "../../core/read/Freeze.ts"
export {
  AddressInUse,
  AddressTaken,
  AddressUnavailable,
  AlreadyListening,
  CallbackFailed,
  CallbackTimedOut,
  Detached,
  IllegalCause,
  InvalidAddress,
  InvalidArgument,
  InvalidValue,
  type ListenError,
  ListenFailed,
  NotTaken,
  PermissionDenied
} from "../../shell/Errors.ts"
export type { Command } from "../../shell/Hooks.ts"
export type { PartialOptions } from "../../shell/Options.ts"
export type { PointKey } from "../../shell/PointKeys.ts"
export type { Gap, Outcome, Peer, ServerEvent } from "../../shell/ServerEvent.ts"
export { type Address, Iec104Server, make, type Shape, type StationOptions } from "./Iec104Server.ts"
export type { Operate, Point, PointOptions, Station, TwoPhases } from "./Point.ts"
