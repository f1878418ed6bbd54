// The entry `iec104`: an IEC 60870-5-104 server with the surface of the Python package c104.

export type { Tags } from "../../core/image/Image.ts"
export type { Deadband } from "../../core/image/Told.ts"
export type { Limits } from "../../core/Limits.ts"
export { type Profile, presets as profiles } from "../../core/Profile.ts"
export type { CounterMode } from "../../core/read/Freeze.ts"
export type { CloseReason } from "../../core/Violation.ts"
export {
  AddressInUse,
  AddressUnavailable,
  CallbackFailed,
  CallbackTimedOut,
  Detached,
  Frozen,
  IllegalCause,
  InvalidAddress,
  InvalidArgument,
  InvalidValue,
  ListenFailed,
  PermissionDenied,
  UnusableFile
} from "../../shell/Errors.ts"
export { FolderStore } from "../../shell/files/FileFolder.ts"
export type { FileStore } from "../../shell/files/FileStore.ts"
export type { LogLevel, LogWriter } from "../../shell/Log.ts"
export type { Metrics } from "../../shell/Metrics.ts"
export type { Peer, ServerEvent } from "../../shell/ServerEvent.ts"
export type { Certificate } from "../../shell/Session.ts"
export { Batch, type BatchOptions } from "./Batch.ts"
export { Connection, type ConnectionCounters, type ConnectionState } from "./Connection.ts"
export type {
  ClockSyncCallback,
  ConnectCallback,
  DisconnectCallback,
  ErrorCallback,
  ParameterCallback,
  ParameterRequest,
  RawCallback,
  ResetCallback,
  UnexpectedMessageCallback
} from "./callbacks.ts"
export { DateTime } from "./DateTime.ts"
export { disableDebug, enableDebug, getDebugMode, setDebugMode } from "./debug.ts"
export {
  Coi,
  CommandMode,
  Cot,
  Double,
  EventState,
  Frz,
  Qoc,
  Qoi,
  ResponseState,
  Rqt,
  Step,
  TlsCipher,
  TlsVersion,
  Type,
  Umc
} from "./enums.ts"
export { type ExplainedApdu, explainBytes, explainBytesDict } from "./explain.ts"
export {
  BinaryCounterQuality,
  Debug,
  OutputCircuits,
  PackedSingle,
  Quality,
  StartEvents
} from "./flags.ts"
export { IncomingMessage } from "./IncomingMessage.ts"
export {
  BinaryCmd,
  BinaryCounterInfo,
  BinaryInfo,
  DoubleCmd,
  DoubleInfo,
  Information,
  NormalizedCmd,
  NormalizedInfo,
  ProtectionCircuitInfo,
  ProtectionEventInfo,
  ProtectionStartInfo,
  ScaledCmd,
  ScaledInfo,
  ShortCmd,
  ShortInfo,
  SingleCmd,
  SingleInfo,
  StatusAndChanged,
  StepCmd,
  StepInfo
} from "./information/index.ts"
export { Byte32, Int7, Int16, NormalizedFloat, UInt5, UInt7, UInt16 } from "./numbers.ts"
export type { ServerOptions } from "./options.ts"
export {
  Point,
  type PointCallback,
  type ReceiveCallback,
  type SelectCallback,
  type TransmitOptions,
  type TwoPhases
} from "./Point.ts"
export { ProtocolParameters, type ProtocolParameterValues } from "./ProtocolParameters.ts"
export { Server, type StationOptions } from "./Server.ts"
export { type CounterOptions, type PointKey, type PointOptions, Station } from "./Station.ts"
export { TransportSecurity } from "./TransportSecurity.ts"
export type { Assignable, ValueOf } from "./values.ts"
