// The errors of the server, by blame: what the caller did wrong, what the machine refused. All are `Error`s with a
// stable `code` as well as tagged values, so that promises and Effects can speak of the same thing.
import * as Data from "effect/Data"
import { given, reason } from "./Reason.ts"

/** The address and port are in use by somebody else. */
export class AddressInUse extends Data.TaggedError("AddressInUse")<{ readonly host: string; readonly port: number }> {
  readonly code = "ADDRESS_IN_USE"
  override get message(): string {
    return `${this.host}:${this.port} is in use by another program`
  }
}

/** The host name or address is none of this machine's. */
export class AddressUnavailable extends Data.TaggedError("AddressUnavailable")<{
  readonly host: string
  readonly port: number
}> {
  readonly code = "ADDRESS_UNAVAILABLE"
  override get message(): string {
    return `${this.host}:${this.port} is not an address of this machine`
  }
}

/** The operating system does not let this process listen there. */
export class PermissionDenied extends Data.TaggedError("PermissionDenied")<{
  readonly host: string
  readonly port: number
}> {
  readonly code = "PERMISSION_DENIED"
  override get message(): string {
    return `this process may not listen on ${this.host}:${this.port}`
  }
}

/** Listening failed for another reason, which `cause` tells. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  readonly code = "LISTEN_FAILED"
  override get message(): string {
    return `cannot listen on ${this.host}:${this.port}: ${reason(this.cause)}`
  }
}

/** The server listens already, or is about to: it does so once at a time. */
export class AlreadyListening extends Data.TaggedError("AlreadyListening")<{
  readonly host: string
  readonly port: number
}> {
  readonly code = "ALREADY_LISTENING"
  override get message(): string {
    return `the server listens on ${this.host}:${this.port} already`
  }
}

/** What may go wrong when a server starts to listen. */
export type ListenError = AddressInUse | AddressUnavailable | PermissionDenied | ListenFailed | AlreadyListening

/** A common address, information object address or originator outside its range. */
export class InvalidAddress extends Data.TaggedError("InvalidAddress")<{
  readonly what: string
  readonly value: unknown
  readonly min: number
  readonly max: number
}> {
  readonly code = "INVALID_ADDRESS"
  override get message(): string {
    return `${this.what} must be a whole number from ${this.min} to ${this.max}, not ${given(this.value)}`
  }
}

/** An argument or option that cannot be used; the message says what is expected. */
export class InvalidArgument extends Data.TaggedError("InvalidArgument")<{
  readonly what: string
  readonly expected: string
  readonly value: unknown
  /** What is wrong, in words, where several values have to fit together. */
  readonly problem?: string
}> {
  readonly code = "INVALID_ARGUMENT"
  override get message(): string {
    if (this.problem !== undefined) return `${this.what}: ${this.problem}`
    return `${this.what}: ${this.expected} is required, not ${given(this.value)}`
  }
}

/** A certificate or key that cannot be used: tells the file and what is wrong with it. */
export class UnusableFile extends Data.TaggedError("UnusableFile")<{
  readonly path: string
  readonly problem: string
}> {
  readonly code = "UNUSABLE_FILE"
  override get message(): string {
    return `${this.path}: ${this.problem}`
  }
}

/** A setting that may no longer be changed, since a server works with it. */
export class Frozen extends Data.TaggedError("Frozen")<{ readonly what: string; readonly setter: string }> {
  readonly code = "FROZEN"
  override get message(): string {
    return `${this.what} is in use by a server: call ${this.setter} before`
  }
}

/** A value that a point of this type cannot have. */
export class InvalidValue extends Data.TaggedError("InvalidValue")<{
  readonly type: string
  readonly problem: string
}> {
  readonly code = "INVALID_VALUE"
  override get message(): string {
    return `${this.type}: ${this.problem}`
  }
}

/** A cause of transmission that is not legal for the type in monitor direction. */
export class IllegalCause extends Data.TaggedError("IllegalCause")<{
  readonly type: string
  readonly cause: number
  readonly legal: readonly number[]
}> {
  readonly code = "ILLEGAL_CAUSE"
  override get message(): string {
    return `cause ${given(this.cause)} is not legal for ${this.type}; legal are ${this.legal.join(", ")}`
  }
}

/** The point, or the station it belonged to, was removed. */
export class Detached extends Data.TaggedError("Detached")<{ readonly what: string }> {
  readonly code = "DETACHED"
  override get message(): string {
    return `${this.what} was removed from its server`
  }
}

/** A callback of the application failed; the connection goes on and the peer got a negative answer. */
export class CallbackFailed extends Data.TaggedError("CallbackFailed")<{
  readonly callback: string
  readonly subject: string
  readonly cause: unknown
}> {
  readonly code = "CALLBACK_FAILED"
  override get message(): string {
    return `${this.callback} of ${this.subject} failed: ${reason(this.cause)}`
  }
}

/** A callback did not answer in time; the peer got a negative answer and a later one is dropped, a later failure told. */
export class CallbackTimedOut extends Data.TaggedError("CallbackTimedOut")<{
  readonly callback: string
  readonly subject: string
  readonly limitMs: number
}> {
  readonly code = "CALLBACK_TIMED_OUT"
  override get message(): string {
    return `${this.callback} of ${this.subject} did not answer within ${this.limitMs} ms`
  }
}

/** The address is in use already: a common address on the server, or an object address on the station. */
export class AddressTaken extends Data.TaggedError("AddressTaken")<{ readonly what: string; readonly value: number }> {
  readonly code = "ADDRESS_TAKEN"
  override get message(): string {
    return `${this.what} ${this.value} is in use already`
  }
}

/** No open session and no named group took an event: nobody will be told of it. */
export class NotTaken extends Data.TaggedError("NotTaken")<{ readonly ioAddress: number }> {
  readonly code = "NOT_TAKEN"
  override get message(): string {
    return `nobody is connected who could be told of point ${this.ioAddress}`
  }
}
