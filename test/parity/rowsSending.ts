// Rows 180 to 217 of the parity list: transmission, batches, cycles, TLS.
import { better, type Row, same } from "./support.ts"

export const rowsSending: readonly Row[] = [
  better(
    180,
    "TX",
    "API",
    "transmit returns false without an open client or when stopped, true when one is open but not started",
    "a client between connect and STARTDT misses nothing"
  ),
  better(
    181,
    "TX",
    "API",
    "transmit returns true and sends one object with SQ = 0 to every active client; events that wait together share one",
    "the window is k frames, not k events; packEvents turns it off"
  ),
  better(
    182,
    "TX",
    "API",
    "every cause that the type can have and any originator 0 to 255 is written as given; other causes are refused",
    "clients drop such ASDUs, or worse"
  ),
  better(
    183,
    "TX",
    "API",
    "transmit of a control point has S/E = 0; without a waiting request nothing is sent",
    "a confirmation that nobody asked for could confirm another's command"
  ),
  better(
    184,
    "TX",
    "API",
    "a client that is not started gets after STARTDT what happened since it connected, untagged points once",
    "the picture at STARTDT should not depend on other clients, nor be a flood of old states"
  ),
  same(185, "TX", "API", "events before the connection are not delivered"),
  same(186, "TX", "QUIRK", "events that were not acknowledged are not sent again after a reconnection"),
  better(
    187,
    "TX",
    "QUIRK",
    "overflow drops the oldest events, counts and reports them, and heals them with the present values",
    "no event is lost silently"
  ),
  same(188, "TX", "API", "replies to commands overtake queued events"),
  same(189, "TX", "STD", "the encodings of all 35 point types"),
  better(190, "TX", "BUG", "the quality of M_BO_NA_1 and M_BO_TB_1 is encoded", "c104 sends 0"),
  same(191, "TX", "STD", "counter quality on the wire: Carry 0x20, Adjusted 0x40"),
  same(192, "TX", "API", "time tags are UTC with ms resolution, flags 0, day of week 0"),
  better(
    193,
    "TX",
    "API",
    "signalInitialized sends M_EI_NA_1 with cause 4 to all clients, ahead of everything that waits",
    "it says that what follows is new; c104 queues it behind older events"
  ),
  better(194, "TX", "BUG", "signalInitialized before start tells nobody", "c104 crashes"),
  same(195, "BAT", "API", "a batch takes one type and one station only, refuses duplicates and control points"),
  same(196, "BAT", "API", "an empty batch transmits nothing and returns false"),
  same(197, "BAT", "API", "a batch sorts by address and reports isSequence correctly"),
  same(198, "BAT", "API", "a batch uses its originatorAddress"),
  same(199, "BAT", "API", "removed points are left out"),
  same(200, "BAT", "API", "cause 1 calls onBeforeAutoTransmit, other causes onBeforeRead"),
  same(201, "BAT", "API", "a large batch is split over several ASDUs"),
  same(202, "CYC", "API", "cyclic points are sent with cause 1, originator 0, together by station and type"),
  same(203, "CYC", "API", "overdue cyclic points are sent at the first tick after STARTDT"),
  same(204, "CYC", "API", "no cyclic traffic and no timer callbacks without an active client"),
  better(
    205,
    "CYC",
    "QUIRK",
    "other transmissions of a point do not move its period",
    '"every 5 seconds" should mean that; c104 starts anew with each'
  ),
  same(206, "CYC", "API", "onBeforeAutoTransmit may change the value sent"),
  same(207, "CYC", "API", "onTimer fires with a fixed delay, with the resolution of one tick"),
  same(208, "TLS", "API", "a client certificate is always required"),
  same(209, "TLS", "API", "which client certificates are admitted under validate, onlyKnown and the allowed ones"),
  same(210, "TLS", "API", "an expired client certificate is refused with validate, accepted without"),
  better(
    211,
    "TLS",
    "API",
    "minimum and maximum version are enforced, 1.2 to 1.3 by default; older minimum versions are refused at once",
    "c104 takes them, and then no handshake succeeds"
  ),
  same(212, "TLS", "API", "the cipher list restricts the suites"),
  same(213, "TLS", "QUIRK", "hostname verification applies to the client certificate"),
  same(214, "TLS", "API", "the configuration is frozen once a server has it"),
  same(215, "TLS", "API", "an encrypted key needs the right passphrase"),
  same(216, "TLS", "API", "limits: renegotiation 5 min to 24 h, resumption 5 min to 7 d"),
  better(217, "TLS", "BUG", "a silent TLS peer blocks nobody and is cut in time", "c104 blocks everybody")
]
