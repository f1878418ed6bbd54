// The rules of this station where the standard, implementations and practice meet: what is done, and what shows it.

export interface Rule {
  readonly text: string
  /** Cases of the checklist and test files that show it; empty = nothing shows it yet. */
  readonly tests: readonly string[]
}

export interface RuleGroup {
  readonly title: string
  readonly rules: readonly Rule[]
}

const rule = (text: string, ...tests: readonly string[]): Rule => ({ text, tests })

const backlog = "test/shell/backlog.test.ts"
const commands = "test/api/c104/commands.test.ts"
const callbacks = "test/api/c104/callbacks.test.ts"
const operations = "test/api/c104/operations.test.ts"
const phases = "test/api/c104/phases.test.ts"
const station = "test/api/c104/station.test.ts"
const decisions = "test/core/procedure/Decisions.test.ts"
const events = "test/core/procedure/Events.test.ts"
const eventLog = "test/core/log/EventLog.test.ts"
const healing = "test/api/c104/healing.test.ts"
const interrogation = "test/core/procedure/Interrogation.test.ts"
const session = "test/property/session.test.ts"

export const groups: readonly RuleGroup[] = [
  {
    title: "Profile",
    rules: [
      rule(
        "An address names one monitoring and one command point; with addressing perType a point of each type (a tagged twin is the same type), C_RD is answered by every monitoring one by ascending type, and where an address alone means several a type is asked for",
        "test/api/perType.test.ts"
      ),
      rule(
        "Time-tagged points answer an interrogation with the type without time tag (profile c104: their own type; a point may say otherwise)",
        "I9"
      ),
      rule(
        "Cyclic transmission: measured values with cause 1, states, steps and bitstrings with 2, counters with 3, never with a time tag (profile c104: cause 1 and the point's own type)",
        "H27",
        "H28"
      ),
      rule("Return information of types whose table does not list cause 11 has cause 3 (profile c104: 11)", "H29"),
      rule("QU 4 to 31 and QL 64 to 127 are refused (profile c104: passed to the handler)", "K17", "K25"),
      rule(
        "Everything in monitor direction obeys the longest APDU of the profile: events, interrogations, mirrors, segments",
        "M5",
        "test/core/log/Packing.test.ts"
      )
    ]
  },
  {
    title: "Procedures",
    rules: [
      rule(
        "One interrogation runs and one is queued for each session, common address and type; a global one counts once; a further one is refused; C_IC_NA_1 and C_CI_NA_1 do not disturb each other",
        "I16",
        interrogation
      ),
      rule("A queued interrogation is confirmed when it begins", "I16"),
      rule("Deactivation with nothing running is confirmed negatively (9)", "I18", "K14"),
      rule("A global request: all confirmations first, then data and termination station by station", "I11"),
      rule(
        "What holds a point dies with it: selections, handles, reads, refreshes, cycles and events put off are never another point's, be it at the same address",
        "test/api/c104/removedPoints.test.ts",
        "test/api/effect/detached.test.ts"
      ),
      rule(
        "Who waits for a callback of a point that is removed waits no longer: a read is refused (47), interrogations and cycles go on",
        "test/api/c104/removedPoints.test.ts"
      ),
      rule(
        "An interrogation goes on behind the last address it sent: points that are added or removed meanwhile neither skip nor repeat others",
        interrogation
      ),
      rule(
        "A station that is removed while it is interrogated, or before its turn in a global interrogation: what is built already and its logged events are sent, nothing more of its points, then ACTTERM with P/N = 1",
        "test/api/c104/cursors.test.ts"
      ),
      rule(
        "Files of a station that is removed are not transferred on: what is under way ends as if it could not go on, and is closed; its directory and its end of initialisation are not sent",
        "test/shell/fileStations.test.ts",
        "test/api/c104/station.test.ts"
      ),
      rule(
        "A global request is answered for however many stations there are, by a cursor; a global freeze happens in all of them at one instant, a global clock command sets the clock once",
        "test/api/c104/cursors.test.ts"
      ),
      rule(
        "Healing, interrogations and cycles tell the last value of every point that is still there, whatever stations and points come and go meanwhile",
        "test/api/c104/cursors.test.ts"
      ),
      rule("Values are refreshed in one batch for each ASDU, with a time limit, and sent as they are then", callbacks),
      rule("A counter that was never frozen answers with its present value", "I20"),
      rule(
        "A counter answers with its own type in both presets: the time tag of M_IT_TB_1 is when it was frozen",
        "I25",
        "test/api/c104/counters.test.ts"
      ),
      rule(
        "A counter interrogation tells the readings of the moment in which it began, also when counters are frozen or reset meanwhile; where that happens twice to a counter that is not told yet, or something of it was sent that is newer, it ends there with a negative ACTTERM. So it does where older readings of the counter wait as events that its sequence number does not put in front: those of 16 freezes ago or more (from 8 on it may), or of a counter that had the address before. A counter that was never frozen tells its present value until its first freeze",
        "test/property/counterFreeze.test.ts",
        "test/api/c104/counters.test.ts"
      ),
      rule(
        "Local freezes, cycles and background scans whose period divides a day are aligned to the clocks of the station, also when these change; others count from when they were set. What of cycles and scans was due while nobody was started is sent once at STARTDT. Clocks that are set back repeat nothing that was done less than half a period before, and do what was not; clocks that are set ahead over what was due do it once. What they show twice within a period, at the end of summer time, is done once. A local freeze resets where that is chosen",
        "I28",
        "test/api/c104/counters.test.ts"
      ),
      rule(
        "A confirmation that says all takes ACTTERM with it in one write; after select and execute there is always one",
        "K1",
        "K4"
      ),
      rule(
        "Requests to one object are decided in the order of arrival; different objects may overtake",
        "K21",
        "test/api/c104/commandOrder.test.ts"
      ),
      rule(
        "Any cut of the octets of a client into segments comes to the same: what the application says at once is said before what stands behind is judged",
        "test/api/c104/segments.test.ts",
        "test/api/c104/borders.test.ts",
        "test/api/c104/selectOrder.test.ts"
      ),
      rule(
        "A decision that takes too long: negative confirmation, the handler's signal is aborted, its late answer is a fact and never a frame",
        decisions,
        operations
      ),
      rule(
        "A command that was begun has its output until its handler has settled, whatever becomes of its client: gone, stopped, or refused for time",
        operations
      ),
      rule(
        "A command that the application answers later (NONE) has its output until cause 10, a negative cause 7 or release (profile c104: until its handler has ended)",
        operations
      ),
      rule("After operationMs an output is unknown: told, and refusing until it is released", operations),
      rule(
        "A busy output refuses at once (profile c104: up to commandsPerPoint commands wait for commandWaitMs); what was refused is never begun",
        operations,
        "test/api/c104/outputs.test.ts"
      ),
      rule(
        "A command that nobody decides is refused (profile c104: confirmed), and said once in the log when the server listens; a feedback point has to be able to show what the command did",
        "test/api/c104/undecided.test.ts"
      ),
      rule(
        "A command in two phases is confirmed when it was accepted and terminated when it was carried out, with P/N = 1 if that failed; cause 8 cancels what is carried out",
        phases
      ),
      rule(
        "Once a reset of the process was accepted nothing is begun any more, whenever it was asked for: requests that come, wait, stand in line or are being decided (a select, the first of two phases) are refused; what is carried out goes on",
        "test/api/c104/reset.test.ts"
      ),
      rule(
        "The application may decide selects; selects, cancellations and the ends of selections are told as facts",
        "test/api/c104/selects.test.ts"
      ),
      rule(
        "A point may take commands without time tag, with one, or both at one address; the answer has the type of the request; a select of one type does not allow an execute of the other",
        "test/api/c104/commandTags.test.ts"
      ),
      rule(
        "transmit with cause 7 or 10 answers the request that waits for it, on its session, with its octets; negatively, it refuses, or terminates with P/N = 1",
        callbacks,
        operations
      ),
      rule("Events with cause 5 and 20 to 41 go to live sessions only and are never sent again", events),
      rule("End of initialisation goes ahead of replies and events", "I1"),
      rule(
        "STOPDT discards replies, interrogations, pending confirmations and selections of the session; a repeated STARTDT in STARTED discards nothing",
        "B2",
        "B3",
        "I14"
      ),
      rule("One refusal, one answer: a negative confirmation or a mirror, never both", "G17", "G20"),
      rule(
        "In an intact frame, a truncated ASDU or one without object closes; SQ = 1, several objects or surplus octets of a command are confirmed negatively",
        "G27",
        "G28",
        "G29",
        "G30"
      ),
      rule("DCS and RCS 0 and 3 are refused", "K18"),
      rule("F_SC_NB_1 is taken with cause 5 and 13", "M22"),
      rule("C_CS_NA_1 is not sent spontaneously", "J8"),
      rule(
        "The time of a selection starts when its confirmation is sent, and stands still while an execute is being decided",
        "K4"
      ),
      rule(
        "Only with the clock of the client (c_cs) are time tags invalid until it was set, and tagged commands refused where their age is judged",
        "H17",
        "J1",
        "K31"
      ),
      rule(
        "Once clients have set the clock, neither it nor its validity follows what the machine's clock is set to",
        "J9"
      ),
      rule(
        "A clock that clients set is set by the time at which their frame came, however late the application agrees; of two the one that came last stands. A confirmation carries the time at which the frame came, by the clock as it was then",
        "J2",
        "test/api/c104/clockSet.test.ts"
      ),
      rule(
        "A received civil time is the instant at which clocks of the station's zone showed it, whatever they were changed by and how often; SU decides between two. A time that was never shown is invalid, and so is SU = 1 outside summer time; whether SU = 0 in summer is, is the profile's choice `summerFlag`",
        "J5",
        "test/property/civilTime.test.ts"
      ),
      rule(
        "An instant outside 2000-01-01 to 2099-12-31 of the station's civil time is sent as the nearest bound with IV = 1, and counted",
        "test/api/c104/timeTags.test.ts"
      ),
      rule(
        "A command whose time tag is no time, with IV = 1 or without, is confirmed negatively in profile `iec`, and left to the application in `c104` (`impossibleCommandTime`)",
        "K30"
      ),
      rule(
        "The age of commands is judged when a limit is configured, as a difference of instants; the tag is not compared between select and execute",
        "K28",
        "K27"
      )
    ]
  },
  {
    title: "Delivery and order",
    rules: [
      rule(
        "The log holds spontaneous events, return information and spontaneous counters; cyclic and background values and answers are taken from the image when they are sent, and never sent again",
        "H33",
        events
      ),
      rule(
        "A sent frame's acknowledgement moves exactly the events that were in it",
        "test/core/log/Ledger.test.ts",
        session
      ),
      rule(
        "Objects of one ASDU share type, cause with P/N and T, originator, common address and class; without time tag never the same address twice",
        "test/core/log/Packing.test.ts",
        "H24",
        "H26"
      ),
      rule(
        "An interrogated, read or cyclic value never overtakes a pending event of its point, and has its share of the frames whatever the backlog: of a point that is far behind, what its oldest pending event says is told",
        "I12",
        interrogation,
        "test/shell/overload.test.ts",
        backlog
      ),
      rule(
        "What is read from the image takes turns (reads, interrogations, cycles, healing): none waits for another that goes on without end or is asked for again and again",
        "test/property/shares.test.ts"
      ),
      rule(
        "What a client asks behind a backlog costs no way through all of it each time, and what is left out at STARTDT keeps nobody waiting",
        backlog
      ),
      rule("ACTTERM never overtakes what it terminates", "K1", events),
      rule(
        "STOPDT and STARTDT never send events again; the window survives a restart during STOPDT",
        "B15",
        "B16",
        "C22"
      ),
      rule(
        "Events of a point that was removed keep their order with what is told of a point added anew at its address, and those that are superseded stay so; an interrogation in which one of them has to stand for the new point, of which no event waits, ends with a negative ACTTERM",
        backlog
      ),
      rule(
        "While nobody listens, untagged events of a point that wait coalesce to the newest, also those of before that; tagged ones never do; an answer says what will be told next",
        "B30",
        events,
        backlog
      ),
      rule(
        "A dropped event is healed: the point's present value is sent when there is room; under an overload that lasts every point has its turn. Dropped events are counted, also those that would have been left out (purged, or superseded while nobody listened)",
        events,
        eventLog,
        healing
      ),
      rule(
        "A lost counter reading is sent as it was frozen, under its own sequence number, and never behind what its counter said later, or not at all: then the loss is named",
        healing
      ),
      rule(
        "The originator address is written when an event is sent: the client that asked sees its own, others see 0",
        "G22",
        "G23",
        commands
      ),
      rule(
        "Each connection is a group of its own, which ends with it; an event is taken when at least one session is open",
        "B29",
        station
      ),
      rule(
        "QRP 2 skips pending time-tagged events of the station that it is sent to, by the global address those of all. Where they were dropped they are not healed either; an event without time tag that was dropped before them is healed without one",
        "J13",
        "test/api/c104/reset.test.ts",
        healing
      )
    ]
  },
  {
    title: "Link",
    rules: [
      rule("Over TLS the last record of every write holds exactly one APDU", "test/shell/tlsRecords.test.ts"),
      rule(
        "Whoever waits for room in a socket is told when it is taken: all that a window allows is sent without a further word",
        "test/shell/waiting.test.ts"
      ),
      rule(
        "A late wake-up is no dead peer: input that waits is processed before t1, TESTFR and whatever else waits for the peer are judged, and what left late is judged from when it left",
        "test/shell/stall.test.ts",
        "test/shell/sockets.test.ts",
        "test/shell/fairness.test.ts"
      ),
      rule(
        "Reading never stops, but for one turn of the event loop when a connection has had its share; answers are bounded, and past the bound the session is closed",
        "N20",
        "test/shell/fairness.test.ts"
      ),
      rule(
        "Silent handshakes of TLS keep nobody out: each address has a share of the places, and who goes on goes first",
        "N7",
        "test/shell/tlsPlaces.test.ts"
      ),
      rule("U confirmations, S frames and TESTFR act ignore k and go ahead of queued I frames", "B19", "D5", "D6"),
      rule("Octets that were handed to the socket and not drained are bounded whatever k is", "A23"),
      rule("Sending stops when the distance reaches or exceeds k", "D1", "D4"),
      rule(
        "Lenient mode ignores reserved bits; several or no function bits always close",
        "B22",
        "B23",
        "B24",
        "C20",
        "C21"
      )
    ]
  }
]
