// What happens in a server, as facts for logs, live views and tests. Nothing here is on the way of a frame.

import type { Unselected } from "../core/command/CommandNotice.ts"
import type { Status as OutputStatus } from "../core/command/Output.ts"
import type { Outcome } from "../core/procedure/Outcome.ts"
import type { Situation } from "../core/procedure/Rejection.ts"
import type { CloseReason } from "../core/Violation.ts"
import type { CallbackFailed, CallbackTimedOut } from "./Errors.ts"

/** A connection as the outside sees it. */
export interface Peer {
  /** Number of the session in this server. */
  readonly session: number
  readonly address: string
  readonly port: number
}

/** `host:port` of a peer, IPv6 in brackets. */
export function endpoint({ address, port }: Pick<Peer, "address" | "port">): string {
  if (address === "") return "an unknown client"
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`
}

export type { Outcome, OutputStatus }

export type ServerEvent =
  | { readonly event: "connected"; readonly peer: Peer }
  | {
      /** `address` is empty and `port` 0 where nobody knows any more who it was. */
      readonly event: "refused"
      readonly address: string
      readonly port: number
      readonly why: string
    }
  | { readonly event: "started"; readonly peer: Peer }
  | { readonly event: "stopped"; readonly peer: Peer }
  | {
      readonly event: "closed"
      readonly peer: Peer
      readonly reason: CloseReason
      /** In the words of whoever closed it on our side. */
      readonly why?: string
    }
  | {
      readonly event: "command"
      readonly peer: Peer
      readonly commonAddress: number
      readonly address: number
      readonly type: string
      readonly value: number
      readonly outcome: Outcome
      /**
       * Whether the answer is for its client; false when it was refused for time before, has stopped or has gone. An answer that
       * the client's window then never lets out is told as `unanswered`.
       */
      readonly answered: boolean
    }
  | {
      /** The second phase of a command has ended. */
      readonly event: "executed"
      readonly peer: Peer
      readonly commonAddress: number
      readonly address: number
      readonly type: string
      readonly value: number
      readonly outcome: Outcome
      readonly answered: boolean
    }
  | {
      /** A command point was selected, or a select was refused by the application, or a selection ended without an execute. */
      readonly event: "selection"
      readonly peer: Peer
      readonly commonAddress: number
      readonly address: number
      readonly type: string
      readonly state: "selected" | "refused" | Exclude<Unselected, "executed">
    }
  | {
      /** An output became stuck or unknown, or is free again after that. */
      readonly event: "output"
      readonly commonAddress: number
      readonly address: number
      readonly type: string
      readonly status: OutputStatus
    }
  | {
      /**
       * So many command points, this one the first, have neither a handler nor a feedback point that can show what they did and
       * decides them, which in the profile c104 none does (undecided), or a related point that is not there or of another kind
       * (unrelated). Told when the server listens.
       */
      readonly event: "undecided" | "unrelated"
      readonly count: number
      readonly commonAddress: number
      readonly address: number
      readonly type: string
      /** Whether the profile refuses commands that nobody decides; else they are confirmed positively. */
      readonly refused: boolean
    }
  | { readonly event: "clock"; readonly peer: Peer; readonly timeMs: number; readonly outcome: Outcome }
  | {
      readonly event: "interrogated"
      readonly peer: Peer
      readonly type: string
      readonly commonAddress: number
      readonly qualifier: number
    }
  | { readonly event: "rejected"; readonly peer: Peer; readonly situation: Situation; readonly apdu: Uint8Array }
  | {
      /**
       * The client was not told what became of its request: it stopped data transfer, or the connection ended, before its
       * window allowed the confirmation. `none`: nor had the application decided; or it left the command open and can answer it no
       * more: it left too many open, or another one to the same point, or the point was removed.
       */
      readonly event: "unanswered"
      readonly peer: Peer
      readonly commonAddress: number
      readonly address: number
      readonly type: string
      readonly outcome: Outcome
    }
  | {
      readonly event: "overflow"
      readonly peer: Peer
      /** Events that were dropped, also such as would have been left out: purged, or superseded while nobody listened. */
      readonly lost: number
      /** Counters whose reading was among those dropped earlier and cannot be told any more. */
      readonly counters: number
    }
  | { readonly event: "error"; readonly error: CallbackFailed | CallbackTimedOut }

/** Among events that somebody takes slowly: here so many are missing, which were dropped. */
export interface Gap {
  readonly event: "gap"
  readonly lost: number
}
