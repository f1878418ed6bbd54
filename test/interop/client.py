# The controlling side of the interoperability run: the real c104 client against the server under test.
# Prints `ok NAME` or `not ok NAME: why` for each check. Needs --port, --profile (c104, iec), --plan (stations as JSON).
import argparse
import collections
import datetime
import json
import sys
import time

import c104

import wire

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--profile", choices=("c104", "iec"), required=True)
arguments.add_argument("--plan", required=True)
options = arguments.parse_args()

COMMAND_TIMEOUT_MS = 5000
TAGGED = {30: 1, 31: 3, 34: 9, 35: 11, 36: 13}
STILL, COMMANDS, MOVING = 47, 48, 49
REPLY = (7, 44, 45, 46, 47)  # causes that answer a request: confirmation, or the mirror that says what is unknown
OWN_TYPES = options.profile == "c104"


def check(name, why):
    print(f"not ok {name}: {why}" if why else f"ok {name}", flush=True)


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def plain(value):
    """A c104 value as a plain number, so that it compares with the configuration file."""
    return float(value) if isinstance(value, (float, c104.NormalizedFloat)) else int(value)


# What the file promises: {common address: {address: (type id, row)}}
with open(options.plan, encoding="utf-8") as plan_file:
    plan = {
        station["commonAddress"]: {
            address: (int(getattr(c104.Type, row["type"]).value), row)
            for row in station["points"]
            for address in range(row["address"], row["address"] + row.get("count", 1))
        }
        for station in json.load(plan_file)["stations"]
    }
monitored = {ca: {a: p for a, p in points.items() if p[0] < 45} for ca, points in plan.items()}

Arrival = collections.namedtuple("Arrival", "cause value recorded_at")
arrivals = collections.defaultdict(list)  # (ca, address) -> [Arrival], through Point.on_receive
asdus, u_frames = [], []  # everything received, from the octets themselves
unexpected = collections.Counter()


def register(station, address, kind):
    # Both threads register, this one and the client's, and add_point() gives None to the second.
    point = station.get_point(address) or station.add_point(address, kind) or station.get_point(address)
    point.on_receive(callable=on_receive)
    return point


def station_of(ca):
    return connection.get_station(ca) or connection.add_station(ca) or connection.get_station(ca)


def on_receive(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    key = (point.station.common_address, point.io_address)
    arrivals[key].append(Arrival(int(message.cot.value), plain(point.value), point.recorded_at))
    return c104.ResponseState.SUCCESS


def on_new_station(client: c104.Client, connection: c104.Connection, common_address: int) -> None:
    connection.add_station(common_address=common_address)


def on_new_point(client: c104.Client, station: c104.Station, io_address: int, point_type: c104.Type) -> None:
    register(station, io_address, point_type)


def on_unexpected(connection: c104.Connection, message: c104.IncomingMessage, cause: c104.Umc) -> None:
    unexpected[str(cause)] += 1


def on_raw(connection: c104.Connection, data: bytes) -> None:
    wire.note(data, asdus, u_frames)


def answers(since, kinds, causes, ca):
    return [a for a in asdus[since:] if a.type in kinds and a.cause in causes and a.ca == ca]


client = c104.Client(tick_rate_ms=50, command_timeout_ms=COMMAND_TIMEOUT_MS)
client.originator_address = 7
client.on_new_station(callable=on_new_station)
client.on_new_point(callable=on_new_point)
connection = client.add_connection(ip="127.0.0.1", port=options.port, init=c104.Init.MUTED)
connection.protocol_parameters.keep_alive_interval = 1
connection.on_unexpected_message(callable=on_unexpected)
connection.on_receive_raw(callable=on_raw)


def is_state(name):
    return lambda: connection.state == getattr(c104.ConnectionState, name)


def starts(name):
    # STARTDT is asked for here and not by Init.NONE: the client's own start sometimes leaves the connection muted.
    opened = wait_until(is_state("OPEN_MUTED"), 5)
    connection.unmute()
    started = opened and wait_until(is_state("OPEN"), 3)
    check(name, None if started else f"the connection is {connection.state}, U frames {[hex(u) for u in u_frames]}")
    if not started:
        sys.exit(1)


def still_points_arrive():
    expected = monitored[STILL]
    # The client misses a quick confirmation now and then, with c104's own server too: it may ask again.
    for _ in range(4):
        since, begun = len(asdus), time.monotonic()
        confirmed = connection.interrogation(common_address=STILL, wait_for_response=True)
        if confirmed or not answers(since, (100,), (7,), STILL):
            break
        wait_until(lambda: answers(since, (100,), (10,), STILL), 10)
        time.sleep(1)
        for key in [key for key in list(arrivals) if key[0] == STILL]:
            del arrivals[key]
    ended = wait_until(lambda: answers(since, (100,), (10,), STILL), 10)
    seconds = time.monotonic() - begun
    check("interrogation of station 47 is confirmed", None if confirmed else "interrogation() gave False")
    check("interrogation of station 47 is terminated", None if ended else "no ACTTERM within 10 s")
    wait_until(lambda: sum(1 for k in list(arrivals) if k[0] == STILL) >= len(expected), 2)
    seen = {a: [x for x in v if x.cause == 20] for (ca, a), v in list(arrivals.items()) if ca == STILL}
    distinct = {a for a, v in seen.items() if v}
    missing, foreign = sorted(set(expected) - distinct), sorted(distinct - set(expected))
    name = f"all {len(expected)} distinct points of station 47 reach the client's callbacks"
    check(
        name,
        f"{len(missing)} missing {missing[:5]}, {len(foreign)} foreign {foreign[:5]}" if missing or foreign else None,
    )
    print(f"# {len(distinct)} distinct points in {seconds:.2f} s")
    other = [a for a in expected if len(seen.get(a, ())) != 1]
    check(
        "each point of station 47 arrives once in one interrogation",
        f"{len(other)} do not: {sorted(other)[:5]}" if other else None,
    )
    wrong = [
        f"{a} ({row['type']}): {[x.value for x in seen.get(a, ())]} for {row['value']}"
        for a, (_, row) in sorted(expected.items())
        if not seen.get(a) or abs(seen[a][-1].value - float(row["value"])) > 1e-6
    ]
    check("every interrogated value is the configured one", f"{len(wrong)} wrong, {wrong[:3]}" if wrong else None)
    kinds = collections.Counter()
    for a in answers(since, wire.ELEMENT, (20,), STILL):
        kinds[a.type] += len(a.addresses)
    due = collections.Counter(t if OWN_TYPES else TAGGED.get(t, t) for t, _ in expected.values())
    check(
        "interrogated types are " + ("the points' own" if OWN_TYPES else "the untagged twins"),
        None if kinds == due else f"objects by type: got {dict(kinds)}, expected {dict(due)}",
    )


def moving_points_move():
    # Registered as their events come; cyclic values of an `iec` server are untagged, and their points send no others.
    for address, (kind, row) in monitored[MOVING].items():
        as_sent = kind if OWN_TYPES or "cyclic" not in row else TAGGED.get(kind, kind)
        register(station_of(MOVING), address, c104.Type(as_sent))
    begun = {key: len(v) for key, v in list(arrivals.items())}

    def of(address):
        return arrivals[(MOVING, address)][begun.get((MOVING, address), 0) :]

    simulated = {a: p for a, p in monitored[MOVING].items() if "simulate" in p[1]}
    cyclic = {a: p for a, p in monitored[MOVING].items() if "cyclic" in p[1]}

    def cyclic_cause(kind):
        return 1 if OWN_TYPES or TAGGED.get(kind, kind) >= 9 else 2

    def still(address):
        return len({x.value for x in of(address) if x.cause == 3}) < 2

    def rare(address, kind):
        return sum(1 for x in of(address) if x.cause == cyclic_cause(kind)) < 2

    wait_until(lambda: not any(map(still, simulated)) and not any(rare(a, p[0]) for a, p in cyclic.items()), 6)
    dull = [a for a in simulated if still(a)]
    check(
        f"{len(simulated)} simulated points send changing spontaneous values",
        f"{len(dull)} do not: {dull[:5]}" if dull else None,
    )
    seldom = [(a, [x.cause for x in of(a)]) for a, p in cyclic.items() if rare(a, p[0])]
    check(
        f"{len(cyclic)} cyclic points come again and again", f"{len(seldom)} do not: {seldom[:5]}" if seldom else None
    )
    wrong = [(a, of(a)) for a, p in cyclic.items() if not of(a) or abs(of(a)[-1].value - float(p[1]["value"])) > 1e-6]
    check("cyclic values are the configured ones", f"{wrong[:5]}" if wrong else None)
    # The client runs in UTC, as time tags do; both processes read the clock of this machine.
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    tags = {a: [x.recorded_at for x in of(a)] for a, p in simulated.items() if p[0] in TAGGED}
    present = lambda tag: tag is not None and -2 < (now - tag).total_seconds() < 30
    late = [
        (a, [str(t) for t in of_point][:2])
        for a, of_point in tags.items()
        if not of_point or not all(map(present, of_point))
    ]
    check("time-tagged events carry the present time", f"{late[:3]}" if late else None)


def commands_are_answered():
    station = station_of(COMMANDS)
    # The point that gives the feedback is registered with its own type: events keep their time tag in either profile.
    for address, (kind, _) in monitored[COMMANDS].items():
        register(station, address, c104.Type(kind))
    on, double = True, c104.Double.ON
    accepted = (
        (3000, "C_SC_NA_1", on, 1, 101),
        (3001, "C_DC_NA_1", double, 2, 102),
        (3002, "C_SE_NA_1", c104.NormalizedFloat(0.25), 0.25, 103),
        (3003, "C_SE_NB_1", c104.Int16(-1234), -1234, 104),
        (3004, "C_SE_NC_1", 12.5, 12.5, 105),
        (3005, "C_SC_TA_1", on, 1, 106),
        (3006, "C_DC_TA_1", double, 2, 107),
        (3007, "C_SE_TC_1", -12.5, -12.5, 108),
        (3010, "C_SE_NC_1", 1.0, None, None),
    )

    def send(station, address, kind, value):
        point = station.get_point(address) or station.add_point(io_address=address, type=getattr(c104.Type, kind))
        type_id = int(point.type.value)
        # As with interrogations: what it has missed although it came, it may ask for again.
        for _ in range(4):
            point.value = value
            since, begun = len(asdus), time.monotonic()
            result = point.transmit(cause=c104.Cot.ACTIVATION)
            seconds = time.monotonic() - begun
            missed = not result and seconds > COMMAND_TIMEOUT_MS / 2000
            if not missed or not answers(since, (type_id,), REPLY, station.common_address):
                break
        return result, since, seconds, type_id

    for address, kind, value, number, feedback in accepted:
        before = len(arrivals[(COMMANDS, feedback)])
        result, since, _, type_id = send(station, address, kind, value)
        check(f"{kind} {address} is accepted", None if result else f"transmit() gave False; answers: {asdus[since:]}")
        if feedback is not None:
            back = lambda: [
                x for x in arrivals[(COMMANDS, feedback)][before:] if x.cause in (3, 11) and x.value == number
            ]
            done = wait_until(back, 2)
            check(
                f"{kind} {address} is fed back by {feedback}",
                None if done else f"got {arrivals[(COMMANDS, feedback)][before:]}",
            )
            causes = {x.cause for x in back()}
            # Measured values know no cause 11 in the standard; c104 sends it for every type.
            due = (
                {11}
                if OWN_TYPES or TAGGED.get(monitored[COMMANDS][feedback][0], monitored[COMMANDS][feedback][0]) < 9
                else {3}
            )
            check(f"{kind} {address} is fed back with cause {min(due)}", None if causes == due else f"causes {causes}")

    elsewhere = station_of(4711)
    refused = (
        ("by configuration", station, 3008, "C_SC_NA_1", on),
        ("by configuration", station, 3009, "C_SE_NC_1", 1.0),
        ("another type", station, 3011, "C_DC_NA_1", double),
        ("unknown address", station, 999, "C_SC_NA_1", on),
        ("unknown station", elsewhere, 1, "C_SC_NA_1", on),
    )
    for reason, where, address, kind, value in refused:
        result, since, seconds, type_id = send(where, address, kind, value)
        # The client may return before it has handed the octets to on_receive_raw.
        wait_until(lambda: answers(since, (type_id,), REPLY, where.common_address), 1)
        replies = answers(since, (type_id,), REPLY, where.common_address)
        why = "transmit() gave True" if result else None
        if not result and seconds > COMMAND_TIMEOUT_MS / 2000:
            why = f"no answer that the client understands within {seconds:.1f} s; it received {replies}"
        elif not result and (len(replies) != 1 or (replies[0].cause == 7 and not replies[0].negative)):
            why = f"expected one refusal, received {replies}"
        check(f"{kind} {address} is refused ({reason})", why)
    moved = [x for x in arrivals[(COMMANDS, 109)] if x.value]
    check("a refused command leaves its feedback alone", f"109 became {moved}" if moved else None)


def services_are_answered():
    for ca in (STILL, 65535):
        since = len(asdus)
        done = connection.clock_sync(common_address=ca, wait_for_response=True)
        stations = [STILL] if ca == STILL else list(plan)
        confirmed = wait_until(lambda: all(answers(since, (103,), (7,), s) for s in stations), 2)
        why = (
            None if done and confirmed else f"clock_sync() gave {done}, answers {answers(since, (103,), range(64), ca)}"
        )
        check(f"clock synchronisation of {'every station' if ca == 65535 else ca} is confirmed", why)
    since = len(asdus)
    result = connection.interrogation(common_address=999)
    wait_until(lambda: answers(since, (100,), REPLY, 999), 1)
    replies = answers(since, (100,), REPLY, 999)
    check(
        "interrogation of an unknown station is refused",
        None if not result and replies else f"gave {result}, {replies}",
    )
    since = len(asdus)
    result = connection.interrogation(common_address=65535)
    done = wait_until(lambda: all(answers(since, (100,), (10,), ca) for ca in plan), 10)
    check(
        "interrogation of every station ends at every station",
        None if result and done else f"gave {result}, ended {done}",
    )
    for ca, points in monitored.items():
        got = collections.Counter(a for x in answers(since, wire.ELEMENT, (20,), ca) for a in x.addresses)
        missing, foreign = set(points) - set(got), set(got) - set(points)
        twice = [a for a, n in got.items() if n > 1]
        why = f"{len(missing)} missing, {len(twice)} more than once, {len(foreign)} foreign"
        check(
            f"its answer holds each point of station {ca} once",
            None if got == collections.Counter(points.keys()) else why,
        )
    # Whether a service is offered is the server's choice; silence or a lost link is not.
    for name, kind, request in (
        ("test command C_TS_TA_1", 107, lambda: connection.test(common_address=STILL, with_time=True)),
        ("counter interrogation C_CI_NA_1", 101, lambda: connection.counter_interrogation(common_address=STILL)),
        ("read command C_RD_NA_1", 102, lambda: connection.get_station(STILL).get_point(1).read()),
    ):
        since = len(asdus)
        result = request()
        said = lambda: answers(since, (kind,), REPLY, STILL) or answers(since, wire.ELEMENT, (5,), STILL)
        answered = wait_until(said, 2)
        check(f"{name} is answered", None if answered else "silence")
        print(f"# {name}: {result}, cause {said()[0].cause if answered else None}")
    check(
        "the link is still open after all of it",
        None if connection.state == c104.ConnectionState.OPEN else str(connection.state),
    )


def link_stops_and_starts():
    connection.mute()
    muted = wait_until(is_state("OPEN_MUTED"), 3)
    check("STOPDT is confirmed", None if muted and 0x23 in u_frames else f"{connection.state}, U frames {u_frames}")
    time.sleep(0.3)
    since = len(asdus)
    u_frames.clear()
    tested = wait_until(lambda: 0x83 in u_frames, 4)
    check("TESTFR is confirmed", None if tested else f"no TESTFR con, U frames {u_frames}")
    quiet = muted and len(asdus) == since
    check("no I frame arrives while data transfer is stopped", None if quiet else f"muted {muted}, {asdus[since:][:3]}")
    connection.unmute()
    started = wait_until(lambda: is_state("OPEN")() and 0x0B in u_frames, 3)
    check("STARTDT is confirmed again", None if started else f"{connection.state}, U frames {u_frames}")
    check("events flow again after STARTDT", None if wait_until(lambda: len(asdus) > since, 3) else "none within 3 s")


def disconnects(name):
    # STOPDT first, as a controlling station should; the client can also hang in disconnect() while events arrive.
    connection.mute()
    wait_until(is_state("OPEN_MUTED"), 3)
    connection.disconnect()
    check(name, None if wait_until(is_state("CLOSED"), 3) else f"the connection is {connection.state}")


client.start()
starts("the client connects and starts data transfer")
still_points_arrive()
moving_points_move()
commands_are_answered()
services_are_answered()
link_stops_and_starts()
disconnects("the client disconnects")
time.sleep(0.3)
connection.connect()
starts("the client connects and starts a second time")
second = len(asdus)
connection.interrogation(common_address=COMMANDS)
again = wait_until(lambda: answers(second, (100,), (10,), COMMANDS), 3)
check("the second connection is interrogated", None if again else "no ACTTERM within 3 s")
disconnects("the client disconnects a second time")
client.stop()
print(f"# unexpected messages as the client sees them: {dict(unexpected)}", flush=True)
