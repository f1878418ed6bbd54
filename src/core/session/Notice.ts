// What a session tells the shell besides octets: decisions it needs, and facts worth knowing, of every family of procedures.

import type { AbandonRequested, CommandNotice, CommandRequested, SelectRequested } from "../command/CommandNotice.ts"
import type { FileRequested } from "../file/FileMessage.ts"
import type { FreezeRequested, ReadNotice } from "../read/ReadNotice.ts"
import type { ClockRequested, ParameterRequested, ResetRequested, SystemNotice } from "../system/SystemNotice.ts"
import type { CloseReason } from "../Violation.ts"

/** What waits for a `Decision` with its id. */
export type Requested =
  | CommandRequested
  | SelectRequested
  | AbandonRequested
  | ClockRequested
  | FreezeRequested
  | ResetRequested
  | ParameterRequested

export type Notice =
  | CommandNotice
  | ReadNotice
  | SystemNotice
  | FileRequested
  /**
   * Data transfer stops or the connection ends as soon as the application was asked what the notices before this say:
   * to be answered by a `resumed` event with what it says at once. No request may be begun after this.
   */
  | { readonly kind: "stopping" }
  /**
   * What was received is judged when the application was asked what came before it: to be answered by a `resumed` event with
   * what it says at once. Nothing ends by this.
   */
  | { readonly kind: "holding" }
  | { readonly kind: "started" }
  | { readonly kind: "stopped" }
  | { readonly kind: "closed"; readonly reason: CloseReason }
