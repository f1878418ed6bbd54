// Rows 111 to 179 of the parity list: read, clock, test, reset, commands, selection, refusals.
import { better, type Row, same } from "./support.ts"

const ONE_ANSWER = "c104 answers twice, and a client could take the second for the answer to its next request"
const TOLD = "c104 answers below the application, which then knows nothing of it"

export const rowsControl: readonly Row[] = [
  same(111, "RD", "STD", "read returns the object with cause 5 and the requester's originator"),
  better(112, "RD", "QUIRK", "the object is the only answer to a read", "c104 mirrors the request with cause 7, too"),
  better(113, "RD", "BUG", "read data reach the requester only", "c104 sends them to every active client"),
  better(
    114,
    "RD",
    "API",
    "read of a counter, protection event or command: cause 47, INVALID_TYPE_ID",
    `cause 47: there is nothing to be read at this address. ${ONE_ANSWER}`
  ),
  same(115, "RD", "API", "read of M_PS_NA_1 and M_ME_ND_1 is allowed"),
  better(116, "RD", "API", "read of an unknown object: cause 47, UNKNOWN_IOA", ONE_ANSWER),
  same(117, "RD", "API", "read with an unknown common address: cause 46, UNKNOWN_CA"),
  better(118, "RD", "STD", "read with the address 65535: cause 46, nothing is refreshed, UNKNOWN_CA is told", TOLD),
  better(119, "RD", "STD", "read with a cause other than 5: cause 45, nothing is refreshed, INVALID_COT is told", TOLD),
  same(120, "RD", "API", "onBeforeRead runs before the answer"),
  better(
    121,
    "CS",
    "QUIRK",
    "clock synchronisation is confirmed with the station's own time before it",
    "the standard; c104 repeats the client's time, which tells the client nothing"
  ),
  better(
    122,
    "CS",
    "API",
    "the callback gets server, bare address and an instant with its flags",
    "the same address as onConnect, and a time that means the same in every zone"
  ),
  same(123, "CS", "API", "FAILURE gives a negative confirmation, NONE no reply"),
  same(124, "CS", "API", "without a callback clock synchronisation is confirmed positively"),
  same(125, "CS", "API", "to the global address: one callback, one confirmation from each station"),
  same(126, "CS", "STD", "clock synchronisation with a cause other than 6: cause 45"),
  better(
    127,
    "CS",
    "QUIRK",
    "impossible and invalid times are confirmed negatively, an object address gives cause 47, SU reaches the callback",
    "a wrong clock is worse than none"
  ),
  better(
    128,
    "CS",
    "BUG",
    "truncated or empty clock synchronisation closes its connection and nothing else",
    "c104 crashes"
  ),
  better(129, "CS", "QUIRK", "clock synchronisation with an unknown common address: cause 46, UNKNOWN_CA", ONE_ANSWER),
  better(
    130,
    "TS",
    "QUIRK",
    "C_TS_TA_1 is mirrored positively by a station that exists; for others cause 46",
    "a test of a station that does not exist may not succeed"
  ),
  same(131, "TS", "STD", "C_TS_TA_1 with a wrong cause: 45, to the global address: 46, with an object address: 47"),
  better(132, "TS", "QUIRK", "C_TS_NA_1: cause 44", "a request has an answer; the type belongs to 60870-5-101"),
  better(
    133,
    "RP",
    "API",
    "C_RP_NA_1 is decided by onReset; without one it is confirmed negatively",
    "c104 has no reset and calls it an unknown object"
  ),
  same(134, "RP", "STD", "C_RP_NA_1 with a cause other than 6: cause 45"),
  better(
    135,
    "CD",
    "QUIRK",
    "C_CD_NA_1: cause 44; to the global address cause 46",
    "a request has an answer; the type belongs to 60870-5-101"
  ),
  same(136, "CMD", "API", "each of the 14 control types updates point.info and calls onReceive with the previous info"),
  same(137, "CMD", "API", "SUCCESS, FAILURE and NONE give a positive, a negative and no confirmation"),
  same(138, "CMD", "API", "without a callback a command succeeds"),
  better(139, "CMD", "QUIRK", "a direct command is terminated after success; actTerm turns it off", "the standard"),
  better(
    140,
    "CMD",
    "QUIRK",
    "after FAILURE the point has its previous info",
    "what was refused was not done; c104 keeps the refused value"
  ),
  better(
    141,
    "CMD",
    "API",
    "the confirmation mirrors value, qualifier, time tag, T bit and originator; T = 1 operates nothing",
    "a test is no operation; c104 executes it"
  ),
  better(142, "CMD", "API", "a type that differs from the point's: cause 47, MISMATCHED_TYPE_ID", ONE_ANSWER),
  better(143, "CMD", "API", "a tagged command to an untagged point is a mismatch: cause 47", ONE_ANSWER),
  better(144, "CMD", "API", "a command to a monitoring point is a mismatch: cause 47", ONE_ANSWER),
  better(145, "CMD", "API", "a command to an unknown object: cause 47, UNKNOWN_IOA", ONE_ANSWER),
  better(146, "CMD", "API", "a command with an unknown common address: cause 46, UNKNOWN_CA", ONE_ANSWER),
  better(147, "CMD", "QUIRK", "a command to the address 65535: cause 46, UNKNOWN_CA", ONE_ANSWER),
  same(148, "CMD", "API", "the common address 0 is an ordinary unknown address"),
  better(
    149,
    "CMD",
    "QUIRK",
    "SQ = 1 or several objects: negative confirmation",
    "c104 drops them; a request has an answer"
  ),
  better(150, "CMD", "QUIRK", "a truncated element closes the connection", "the frame is broken, and so is its sender"),
  better(151, "CMD", "QUIRK", "surplus octets: negative confirmation, nothing is done", "it may not be what it seems"),
  better(152, "CMD", "BUG", "deactivation executes nothing: negative DEACTCON", "c104 executes the command"),
  better(
    153,
    "CMD",
    "BUG",
    "any other cause executes nothing: cause 45; causes 44 to 47 are ignored",
    "c104 executes the command without a confirmation"
  ),
  better(
    154,
    "CMD",
    "BUG",
    "a callback that throws gives a negative confirmation, is reported and stays",
    "c104 confirms positively and removes it; whatever is not a clear yes is a no"
  ),
  better(
    155,
    "CMD",
    "API",
    "after NONE, transmit with causes 7 and 10 answers the waiting request with its octets",
    "c104 sends it to all clients, with whatever originator it is given"
  ),
  better(
    156,
    "CMD",
    "API",
    "autoreturn sends the related point with cause 11 and the command's originator before the termination",
    "termination says that it is over; c104 sends it some time later"
  ),
  better(
    157,
    "CMD",
    "QUIRK",
    "autoreturn goes to all active clients; only the one that asked sees the originator",
    "it is the originator's address, not theirs"
  ),
  same(158, "CMD", "API", "autoreturn is left out on FAILURE, NONE, select and without a related point"),
  same(159, "SBO", "API", "select on a DIRECT point is refused negatively, and is not unexpected"),
  same(160, "SBO", "API", "select on a free point is confirmed positively, onReceive is not called"),
  same(161, "SBO", "API", "execute without selection is refused negatively, and is not unexpected"),
  better(
    162,
    "SBO",
    "QUIRK",
    "execute after select by the same client is processed and terminated with its own octets",
    "c104 terminates with the octets of the select"
  ),
  better(163, "SBO", "QUIRK", "there is no termination after FAILURE and NONE", "nothing was activated; the standard"),
  same(164, "SBO", "API", "select by another client during a valid selection is refused"),
  same(165, "SBO", "API", "execute by another client is refused"),
  same(166, "SBO", "API", "a new select by the owner extends the selection"),
  better(
    167,
    "SBO",
    "QUIRK",
    "the selection expires after selectTimeoutMs without a termination",
    "nothing was activated that could be terminated; the standard"
  ),
  same(168, "SBO", "API", "disconnection of the owner releases the selection without a termination"),
  better(
    169,
    "SBO",
    "QUIRK",
    "an execute with another value or originator is refused and ends the selection",
    "the purpose of a select is that the same is executed"
  ),
  better(170, "SBO", "BUG", "select with cause 8 cancels the selection, confirmed with cause 9", "c104 selects"),
  same(171, "SBO", "API", "a selection belongs to one common address and object address"),
  better(
    172,
    "SBO",
    "BUG",
    "once a selection is over another client can select and execute at once",
    "c104 confirms its select and refuses its execute until the next tick"
  ),
  better(
    173,
    "UNK",
    "API",
    "types 110 to 113 are accepted by onParameter only: else a negative confirmation, or cause 47 without a match",
    "parameters exist here, and nobody but the application accepts them"
  ),
  better(
    174,
    "UNK",
    "QUIRK",
    "types 120 to 255 and those with CP24 time: cause 44",
    "c104 drops them; a request has an answer"
  ),
  better(175, "UNK", "API", "undefined types below 45: cause 44, INVALID_TYPE_ID", ONE_ANSWER),
  better(
    176,
    "UNK",
    "QUIRK",
    "undefined types from 52 to 119: cause 44, INVALID_TYPE_ID",
    "it is the type that is unknown; c104 calls it an unknown object, twice"
  ),
  same(177, "UNK", "API", "a monitoring ASDU with cause 3: cause 44, INVALID_TYPE_ID"),
  better(
    178,
    "UNK",
    "API",
    "a tagged monitoring ASDU with cause 6: cause 44, INVALID_TYPE_ID",
    `no cause would make it right. ${ONE_ANSWER}`
  ),
  same(179, "UNK", "API", "onUnexpectedMessage runs after the reply, with message and cause")
]
