// Why a connection ends: one table of reasons with who is to blame and the clause that asks for it.

/** Who caused the end of a connection. */
export type Blame = "peer" | "timeout" | "local" | "transport"

export interface ReasonRow {
  readonly blame: Blame
  readonly clause: string
  readonly text: string
}

export const reasons: {
  readonly BAD_START: ReasonRow
  readonly BAD_LENGTH: ReasonRow
  readonly BAD_CONTROL_FIELD: ReasonRow
  readonly SEQUENCE_NS: ReasonRow
  readonly SEQUENCE_NR: ReasonRow
  readonly DATA_IN_STOPPED: ReasonRow
  readonly MALFORMED_ASDU: ReasonRow
  readonly REPLY_OVERFLOW: ReasonRow
  readonly T1_IFRAME: ReasonRow
  readonly T1_TESTFR: ReasonRow
  readonly SUPERSEDED: ReasonRow
  readonly LOCAL: ReasonRow
  readonly PEER_CLOSED: ReasonRow
  readonly TRANSPORT: ReasonRow
} = {
  BAD_START: { blame: "peer", clause: "60870-5-104 5", text: "an APDU must start with 0x68" },
  BAD_LENGTH: {
    blame: "peer",
    clause: "60870-5-104 5",
    text: "the APDU length must be 4..253, and 4 for S and U frames"
  },
  BAD_CONTROL_FIELD: {
    blame: "peer",
    clause: "60870-5-104 5",
    text: "the control field has reserved or contradicting bits"
  },
  SEQUENCE_NS: { blame: "peer", clause: "60870-5-104 5.1", text: "N(S) is not the number expected next" },
  SEQUENCE_NR: {
    blame: "peer",
    clause: "60870-5-104 5.1",
    text: "N(R) acknowledges what was never sent, or moves backwards"
  },
  DATA_IN_STOPPED: {
    blame: "peer",
    clause: "60870-5-104 5.3",
    text: "an I or S frame came while data transfer is stopped"
  },
  MALFORMED_ASDU: {
    blame: "peer",
    clause: "60870-5-101 7.1",
    text: "the ASDU is shorter than its header says, or holds no object"
  },
  REPLY_OVERFLOW: {
    blame: "peer",
    clause: "local limit",
    text: "too many requests whose answers were not acknowledged"
  },
  T1_IFRAME: { blame: "timeout", clause: "60870-5-104 5.2", text: "an I frame was not acknowledged within t1" },
  T1_TESTFR: { blame: "timeout", clause: "60870-5-104 5.2", text: "TESTFR act was not confirmed within t1" },
  SUPERSEDED: {
    blame: "local",
    clause: "60870-5-104 10.4",
    text: "another connection of the redundancy group was started"
  },
  LOCAL: { blame: "local", clause: "-", text: "the server closed the connection" },
  PEER_CLOSED: { blame: "peer", clause: "-", text: "the peer closed the connection" },
  TRANSPORT: { blame: "transport", clause: "-", text: "the connection broke" }
}

/** A reason by its stable name. */
export type CloseReason = keyof typeof reasons
