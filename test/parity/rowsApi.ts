// Rows 1 to 55 of the parity list: server, points, values, messages.
import { better, type Row, same } from "./support.ts"

export const rowsApi: readonly Row[] = [
  // ---- server ----
  same(
    1,
    "API",
    "API",
    "new Server() is for 0.0.0.0:2404 with ticks and selections of 100 ms and no connection limit of its own"
  ),
  same(2, "API", "API", "a tickRateMs below 50 is refused at construction"),
  same(3, "API", "API", "start() on a port in use rejects, isRunning stays false, a later start() succeeds"),
  same(4, "API", "API", "start() while running and stop() while stopped do nothing"),
  better(
    5,
    "API",
    "API",
    "stop() lets what is written leave, closes every client without STOPDT, and both counters are 0",
    "a last event or answer arrives; the original cuts the sockets"
  ),
  same(6, "API", "API", "a stopped server starts again and serves the same stations"),
  better(
    7,
    "API",
    "BUG",
    "openConnectionCount is right after a restart with clients connected at stop",
    "defect: the original may read 255"
  ),
  same(8, "API", "API", "ip, port and tickRateMs can be read and not written"),
  same(9, "API", "API", "a host name is resolved for the address to listen on"),
  same(10, "API", "API", "with maxConnections n connection n+1 is closed, and onConnect is not called"),
  better(
    11,
    "API",
    "QUIRK",
    "maxConnections 0 takes more than 100 clients",
    "the original has 100 slots; the limit should be the user's"
  ),
  same(12, "API", "API", "lowering maxConnections keeps the clients that are there"),
  better(
    13,
    "API",
    "QUIRK",
    "maxConnections takes whole numbers beyond 255; negative and broken numbers are refused",
    "the user's document gives no upper limit; the original counts in 8 bits"
  ),
  same(14, "API", "API", "the counts of open and active connections tell stopped clients from started ones"),
  same(15, "API", "API", "addStation gives the new station, and null for an address in use"),
  same(16, "API", "API", "getStation gives null for an unknown address"),
  same(
    17,
    "API",
    "API",
    "removeStation gives true, then false; requests for the station are refused with cause 46 (UNKNOWN_CA)"
  ),
  same(18, "API", "API", "stations lists in the order of adding, and is a copy"),
  same(19, "API", "API", "stations and points come and go while clients are connected"),
  same(20, "API", "API", "a removed station has no server and is not local"),

  // ---- points ----
  better(
    21,
    "API",
    "API",
    "addPoint gives null for an address in use; only a command may share the address of a monitoring point",
    "masters exist that command and show an object at one address; two of a kind are refused as in the original"
  ),
  better(
    22,
    "API",
    "API",
    "addPoint refuses addresses outside 1 to 16777215 and types that are no points",
    "the original also takes 0, which can never be reached"
  ),
  same(23, "API", "API", "the 21 monitoring and 14 control types can be points and begin with their first values"),
  same(24, "API", "API", "types with CP24Time2a and system types are no points"),
  same(25, "API", "API", "stations may use the same object addresses"),
  same(26, "API", "API", "removePoint detaches: no station, transmit throws, cyclic transmission ends"),
  same(27, "API", "API", "reportMs is 0 or a multiple of tickRateMs, at least that"),
  better(
    28,
    "API",
    "API",
    "reportMs is refused for types 38 to 40 and for control types",
    "types 20 and 21 have a cause for it in the standard, so they are taken"
  ),
  same(29, "API", "API", "the interval of a timer obeys the same rule; null ends it and timerMs is 0"),
  same(30, "API", "API", "relatedIoAutoreturn is refused for monitoring points and without a related address"),
  better(31, "API", "BUG", "relatedIoAddress is null by default", "defect: the original reads 0"),
  same(32, "API", "API", "SELECT_AND_EXECUTE is refused for bitstring commands and monitoring points"),
  better(
    33,
    "API",
    "QUIRK",
    "addPoint refuses SELECT_AND_EXECUTE for a bitstring command, and leaves no point behind",
    "the original makes a point that nobody can command"
  ),
  same(34, "API", "API", "selectedBy is the originator of a valid selection, also 0, and null otherwise"),
  same(
    35,
    "API",
    "API",
    "callbacks are functions or null, which removes them; anything else is refused and changes nothing"
  ),

  // ---- values ----
  same(36, "API", "API", "info refuses information of another class"),
  same(37, "API", "API", "info drops the time tag for types without one, and tags now where a tagged type lacks it"),
  better(
    38,
    "API",
    "API",
    "value takes the kind and the range of its type, as plain numbers or as number classes, and nothing else",
    "JavaScript has one kind of number: its range is checked instead of its class"
  ),
  same(39, "API", "API", "setting value or quality renews recordedAt of time-tagged types only"),
  same(40, "API", "API", "setting value, quality or info sends nothing"),
  same(41, "API", "API", "processedAt changes when a point is made, receives and transmits, and at nothing else"),
  same(42, "API", "API", "information that came from a client is read-only, and so is the value of its point"),
  same(43, "API", "API", "read() of a server's point throws"),
  better(
    44,
    "API",
    "API",
    "the classes of whole numbers keep their ranges, and division truncates toward zero",
    "they are immutable, so that no other holder of the number is changed"
  ),
  same(45, "API", "API", "NormalizedFloat is -1 to 1"),
  better(
    46,
    "API",
    "BUG",
    "Byte32 takes any 32 bits as a number, and up to four octets",
    "defect: in the original every number below 2^31 gives 0"
  ),
  same(47, "API", "API", "sets of flags have or, and, xor, has (a part that is not empty), isAny, isGood and isNone"),
  better(
    48,
    "API",
    "BUG",
    "no operation changes a set: constants stay what they are",
    "defect: in the original in-place operators change the constants"
  ),

  // ---- messages ----
  same(49, "API", "API", "explainBytes gives the eleven worked examples"),
  better(
    50,
    "API",
    "API",
    "explainBytesDict gives keys, order and values of the worked examples",
    "S/E is read where it stands; the original takes a value octet of set-points for it"
  ),
  better(
    51,
    "API",
    "BUG",
    "explaining short or malformed octets says what is wrong, and never throws",
    "defect: the original reads beyond its buffer"
  ),
  same(52, "API", "QUIRK", "IncomingMessage.raw is a whole APDU with a zero control field"),
  same(53, "API", "API", "first() and next() walk through the objects of a message"),
  same(54, "API", "API", "the protocol parameters are 12, 8, 10, 15, 10, 20 by default"),
  same(55, "API", "API", "debug mode is set, read, enabled and disabled as a set of bits, and its topics are logged")
]
