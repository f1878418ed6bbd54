// Rows 56 to 110 of the parity list: link, interrogation (GI), counters (CI).
import { better, type Row, same } from "./support.ts"

export const rowsLink: readonly Row[] = [
  // ---- link ----
  same(56, "LINK", "STD", "STARTDT act is confirmed and makes the client active"),
  same(57, "LINK", "STD", "a second STARTDT act is confirmed and changes no count"),
  same(58, "LINK", "STD", "STOPDT act is confirmed at once when nothing is unacknowledged"),
  same(59, "LINK", "STD", "STOPDT con waits until all own I frames are acknowledged"),
  same(60, "LINK", "STD", "received I frames are acknowledged by S before STOPDT con"),
  same(61, "LINK", "STD", "TESTFR act is confirmed in both states"),
  same(62, "LINK", "STD", "an I frame while stopped closes the connection"),
  same(63, "LINK", "QUIRK", "an S frame while stopped closes the connection"),
  same(64, "LINK", "STD", "a wrong N(S) closes the connection"),
  same(65, "LINK", "STD", "an N(R) outside the sent window closes the connection"),
  same(66, "LINK", "STD", "a wrong start octet or length closes the connection"),
  better(
    67,
    "LINK",
    "QUIRK",
    "an unknown U function, or several at once, closes the connection",
    "the peer speaks something else, and waiting only hides that"
  ),
  same(68, "LINK", "STD", "at most k unacknowledged I frames are sent"),
  same(69, "LINK", "STD", "w received I frames are acknowledged by S"),
  same(70, "LINK", "STD", "an unacknowledged I frame is acknowledged by S after t2"),
  same(71, "LINK", "STD", "an I frame that is sent carries the acknowledgement, and no S follows"),
  same(72, "LINK", "STD", "an I frame not acknowledged within t1 ends the connection"),
  same(73, "LINK", "STD", "TESTFR act is sent after t3 of silence, and without its con the connection ends after t1"),
  same(74, "LINK", "STD", "the numbers of both directions go on with 0 after 32767"),
  same(75, "LINK", "API", "several clients are active at a time, each with its own numbers"),
  same(76, "LINK", "API", "false from onConnect closes the connection without an octet"),
  same(77, "LINK", "API", "onConnect gets the bare address"),
  better(
    78,
    "LINK",
    "BUG",
    "an onConnect that fails refuses the client, and stays",
    "a broken guard must not open the door"
  ),
  same(79, "LINK", "API", "the raw callbacks see every APDU of every format, each way"),
  same(80, "LINK", "API", "changed w, t1, t2 and t3 count for open connections, k for new ones"),
  same(81, "LINK", "STD", "APDUs are put together from whatever pieces arrive"),
  better(
    82,
    "LINK",
    "QUIRK",
    "an event leaves at once, well within 100 ms",
    "the original sends with its next poll, 0 to 100 ms later"
  ),

  // ---- interrogation ----
  same(83, "GI", "STD", "QOI 20 gives ACTCON, data with cause 20 and ACTTERM, in this order"),
  same(84, "GI", "API", "the originator of the request stands in confirmation, data and termination"),
  same(85, "GI", "STD", "the answer goes to the client that asked, and to no other"),
  better(
    86,
    "GI",
    "QUIRK",
    "types 1 to 13, 20, 21 and 30 to 36 are reported; counters, protection events and commands are not",
    "the standard gives types 20 and 21 cause 20; the original leaves them out"
  ),
  same(87, "GI", "API", "stations come in the order of adding, their points by type, then by address"),
  better(
    88,
    "GI",
    "API",
    "long runs of neighbours go with SQ = 1, everything else with SQ = 0",
    "short runs that the original sends apart share one list"
  ),
  better(89, "GI", "QUIRK", "a single object goes with SQ = 0", "a sequence of one object says nothing"),
  better(
    90,
    "GI",
    "QUIRK",
    "time-tagged points answer with their own type, and never with SQ = 1",
    "the standard has no sequences of time-tagged objects"
  ),
  same(91, "GI", "STD", "ASDUs end at 249 octets or 127 objects: the capacity of each type is used"),
  same(92, "GI", "API", "onBeforeRead runs once for each reported point, and what it sets is sent"),
  same(93, "GI", "STD", "the global address: a confirmation and a termination for each station, and the data of all"),
  better(
    94,
    "GI",
    "QUIRK",
    "the global address without any station is answered with cause 46",
    "a request has an answer"
  ),
  better(
    95,
    "GI",
    "API",
    "a QOI without points is confirmed negatively and nothing else follows (UNIMPLEMENTED_GROUP)",
    "groups that have points are answered"
  ),
  better(
    96,
    "GI",
    "BUG",
    "a deactivation ends the running interrogation with DEACTCON; negative when nothing runs",
    "defect: the original runs a whole interrogation"
  ),
  better(
    97,
    "GI",
    "STD",
    "a cause other than 6 and 8 is answered with cause 45, and no point is asked",
    "the application is told by onUnexpectedMessage, which the original keeps to itself"
  ),
  better(
    98,
    "GI",
    "STD",
    "an object address other than 0 is answered with cause 47, and no point is asked",
    "the application is told by onUnexpectedMessage, which the original keeps to itself"
  ),
  better(
    99,
    "GI",
    "QUIRK",
    "an unknown common address is answered once, with cause 46 (UNKNOWN_CA)",
    "one answer to one request; the original adds a negative confirmation"
  ),
  better(
    100,
    "GI",
    "QUIRK",
    "T of the request stands in confirmation, termination and data",
    "test data must be recognisable"
  ),
  better(
    101,
    "GI",
    "QUIRK",
    "P/N of the request means nothing: confirmation and termination are positive",
    "nothing failed; the original terminates negatively"
  ),
  better(
    102,
    "GI",
    "QUIRK",
    "SQ = 1 or several objects are confirmed negatively",
    "a request has an answer; the original is silent"
  ),
  same(103, "GI", "QUIRK", "a truncated request closes the connection"),
  better(
    104,
    "GI",
    "BUG",
    "an answer of any size is complete",
    "defect: the original loses what exceeds 25.8 kB, and terminates positively"
  ),
  better(
    105,
    "GI",
    "QUIRK",
    "an interrogation does not move the cyclic period of the points",
    '"every second" means that, however often a client asks'
  ),

  // ---- counters ----
  same(106, "CI", "STD", "RQT 5 without freeze gives ACTCON, types 15 and 37 with cause 37, and ACTTERM"),
  better(
    107,
    "CI",
    "API",
    "RQT 1 to 4 without counters is confirmed negatively (UNIMPLEMENTED_GROUP)",
    "counter groups that have counters are answered"
  ),
  better(
    108,
    "CI",
    "QUIRK",
    "FRZ 1 to 3 is confirmed and terminated, and reports nothing",
    "the standard reads frozen counters by a request of their own; the original reports all of them whatever the group"
  ),
  better(
    109,
    "CI",
    "QUIRK",
    "a freeze holds the readings, a reset sets the counters to 0",
    "the original confirms both and does neither"
  ),
  same(110, "CI", "STD", "wrong cause, object address and common address are answered with 45, 47 and 46")
]
