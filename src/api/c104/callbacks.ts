// The server's callbacks: their positional signatures, and how each is called from what happens in the shell.

import * as Image from "../../core/image/Image.ts"
import type { ParameterRequested } from "../../core/system/SystemNotice.ts"
import type { CloseReason } from "../../core/Violation.ts"
import * as Asdu from "../../core/wire/Asdu.ts"
import type { CallbackFailed, CallbackTimedOut } from "../../shell/Errors.ts"
import type { ClockHandler, Host, ParameterHandler, ResetHandler } from "../../shell/Host.ts"
import type { Peer, ServerEvent } from "../../shell/ServerEvent.ts"
import { DateTime, fromWords } from "./DateTime.ts"
import type { ResponseState, Umc } from "./enums.ts"
import { IncomingMessage } from "./IncomingMessage.ts"
import { outcomeOf } from "./Point.ts"
import type { Server } from "./Server.ts"
import * as Unexpected from "./Unexpected.ts"

type Response = ResponseState | Promise<ResponseState>

/** Accepts (true) or refuses a connection. */
export type ConnectCallback = (server: Server, ip: string) => boolean | Promise<boolean>
/** Accepts or refuses a clock synchronisation. */
export type ClockSyncCallback = (server: Server, ip: string, dateTime: DateTime) => Response
/** Accepts or refuses a reset: qualifier 1 of the process, 2 of the pending time-tagged events. */
export type ResetCallback = (server: Server, ip: string, commonAddress: number, qualifier: number) => Response
/** Accepts or refuses a parameter that is loaded or activated. */
export type ParameterCallback = (server: Server, ip: string, request: ParameterRequest) => Response
export type RawCallback = (server: Server, data: Uint8Array) => void
export type UnexpectedMessageCallback = (server: Server, message: IncomingMessage, cause: Umc) => void
export type DisconnectCallback = (server: Server, peer: Peer, reason: CloseReason, why: string | null) => void
export type ErrorCallback = (server: Server, error: CallbackFailed | CallbackTimedOut) => void

/** A parameter of a measured value (60870-5-101 7.2.6.24, 7.2.6.25). */
export interface ParameterRequest {
  readonly commonAddress: number
  /** Address of the measured value; null: all loaded parameters. */
  readonly ioAddress: number | null
  /** P_ME_NA_1, P_ME_NB_1, P_ME_NC_1 or P_AC_NA_1. */
  readonly type: number
  /** QPM or QPA octet. */
  readonly qualifier: number
  /** The loaded value; 0 for P_AC_NA_1. */
  readonly value: number
  readonly deactivate: boolean
}

const described = ({ ca, block, ioa, type, qualifier, value, deactivate }: ParameterRequested): ParameterRequest => ({
  commonAddress: ca,
  ioAddress: block === null ? null : ioa,
  type,
  qualifier,
  value,
  deactivate
})

export const clockSync =
  (server: Server, callback: ClockSyncCallback): ClockHandler =>
  (peer, low, high, epochMs) =>
    outcomeOf(callback(server, peer.address, new DateTime({ ...fromWords(low, high), epochMs })))

export const reset =
  (server: Server, callback: ResetCallback): ResetHandler =>
  (peer, ca, qualifier) =>
    outcomeOf(callback(server, peer.address, ca, qualifier))

export const parameter =
  (server: Server, callback: ParameterCallback): ParameterHandler =>
  (peer, request) =>
    outcomeOf(callback(server, peer.address, described(request)))

/** Its result is the callback's, which may be a promise that fails. */
type Observer = (event: ServerEvent) => void

export const unexpectedMessage =
  (server: Server, host: Host, callback: UnexpectedMessageCallback): Observer =>
  (event) => {
    if (event.event !== "rejected") return undefined
    const cause = Unexpected.causeOf(host.world.image, event.situation, event.apdu)
    const zone = Image.station(host.world.image, Asdu.ca(event.apdu, 0))?.zone
    return cause === null ? undefined : callback(server, new IncomingMessage(event.apdu, undefined, zone), cause)
  }

export const disconnect =
  (server: Server, callback: DisconnectCallback): Observer =>
  (event) =>
    event.event === "closed" ? callback(server, event.peer, event.reason, event.why ?? null) : undefined

export const error =
  (server: Server, callback: ErrorCallback): Observer =>
  (event) =>
    event.event === "error" ? callback(server, event.error) : undefined
