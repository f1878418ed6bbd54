// What a session remembers of the system functions: a reset of the process.

import type * as Procedure from "../procedure/Turn.ts"
import type { Work } from "../procedure/Work.ts"
import type { SystemNotice } from "./SystemNotice.ts"

/** An accepted reset of the process (C_RP_NA_1 with QRP 1): it is carried out when its confirmation was acknowledged. */
export interface Restart {
  /** When it is not waited for any longer. */
  readonly untilMs: number
  /** N(S) behind the confirmation; -1 = it was not sent yet. */
  readonly behind: number
}

export interface SystemWork extends Work {
  /** The reset of the process that this session has asked for; null when it has not. */
  readonly restart: Restart | null
}

/** A reduction as system functions see it. */
export type Turn = Procedure.Turn<SystemWork, SystemNotice>
