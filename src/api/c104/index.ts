// The entry `iec104`: an IEC 60870-5-104 server with the surface of the Python package c104.
export type { Limits } from "../../core/Limits.ts"
export type { Profile } from "../../core/Profile.ts"
export type { CloseReason } from "../../core/Violation.ts"
export {
  AddressInUse,
  AddressUnavailable,
  CallbackFailed,
  CallbackTimedOut,
  Detached,
  IllegalCause,
  InvalidAddress,
  InvalidArgument,
  InvalidValue,
  ListenFailed,
  PermissionDenied
} from "../../shell/Errors.ts"
export type { Peer, ServerEvent } from "../../shell/ServerEvent.ts"
export { DateTime } from "./DateTime.ts"
export { Coi, Cot, Double, ResponseState, Step, Type } from "./enums.ts"
export { IncomingMessage, type Information } from "./IncomingMessage.ts"
export { Point, type PointCallback, type ReceiveCallback } from "./Point.ts"
export { type ClockSyncCallback, type ConnectCallback, Server, type ServerOptions } from "./Server.ts"
export { type PointOptions, Station } from "./Station.ts"
export type { ValueOf } from "./values.ts"
