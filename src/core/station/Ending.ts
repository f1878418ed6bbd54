// Whether all ends: a reset of the process was accepted, or the server is about to stop. From then on nothing is begun, and
// requests are refused; when the reset is carried out, or every connection has ended, all is as before. A literal table.

/** What is about to end everything. */
export interface Ending {
  /** The session whose reset of the process was accepted and is not carried out yet; 0 = there is none. */
  readonly resetting: number
  /** Whether the application has said that the server stops, until it has. */
  readonly stopping: boolean
}

export const none: Ending = { resetting: 0, stopping: false }

/** Whether nothing is begun any more. */
export const isEnding = ({ resetting, stopping }: Ending): boolean => resetting !== 0 || stopping

/** A session's reset of the process was accepted: of two that were, the later one is waited for. */
export const reset = (ending: Ending, session: number): Ending => ({ ...ending, resetting: session })

/** The client has the confirmation of its reset, or is gone: the reset is carried out. */
export const carriedOut = (ending: Ending): Ending => (ending.resetting === 0 ? ending : { ...ending, resetting: 0 })

/** The application says that the server stops; one that is not `served` has nothing to stop. */
export const stop = (ending: Ending, served: boolean): Ending =>
  !served || ending.stopping ? ending : { ...ending, stopping: true }

/** Every connection has ended: it may be served anew. */
export const stopped = (ending: Ending): Ending => (ending.stopping ? { ...ending, stopping: false } : ending)

/** The same as sessions read it. */
export const toWorld = ({
  resetting,
  stopping
}: Ending): { readonly resetting: boolean; readonly stopping: boolean } => ({
  resetting: resetting !== 0,
  stopping
})
