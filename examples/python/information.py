# Every class of information, number and flag set of monitoring points. Twin of ../information.ts.
#   python information.py [PORT]     (default 2404)
import datetime
import sys
import time

import c104

server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404)
station = server.add_station(common_address=47)

position = c104.Int7(-3)
recorded_at = datetime.datetime(2024, 6, 15, 12, 30, 5, 250_000)
bad = c104.Quality.Invalid | c104.Quality.NonTopical

what = {
    c104.Type.M_SP_NA_1: c104.SingleInfo(on=True),
    c104.Type.M_DP_NA_1: c104.DoubleInfo(state=c104.Double.ON, quality=c104.Quality.Blocked),
    c104.Type.M_ST_NA_1: c104.StepInfo(state=position, transient=True),
    c104.Type.M_BO_NA_1: c104.BinaryInfo(blob=c104.Byte32(b"\x01\x02\x03\x04"), quality=bad),
    c104.Type.M_ME_NA_1: c104.NormalizedInfo(actual=c104.NormalizedFloat(0.5)),
    c104.Type.M_ME_NB_1: c104.ScaledInfo(actual=c104.Int16(-2), quality=c104.Quality.Overflow),
    c104.Type.M_ME_NC_1: c104.ShortInfo(actual=1.5),
    c104.Type.M_IT_NA_1: c104.BinaryCounterInfo(
        counter=-2, sequence=c104.UInt5(7), quality=c104.BinaryCounterQuality.Carry
    ),
    c104.Type.M_PS_NA_1: c104.StatusAndChanged(
        status=c104.PackedSingle.I0 | c104.PackedSingle.I9, changed=c104.PackedSingle.I9
    ),
    c104.Type.M_ME_TF_1: c104.ShortInfo(actual=2.5, recorded_at=recorded_at),
    c104.Type.M_EP_TD_1: c104.ProtectionEventInfo(
        state=c104.EventState.ON, elapsed_ms=c104.UInt16(1000), recorded_at=recorded_at
    ),
    c104.Type.M_EP_TE_1: c104.ProtectionStartInfo(
        events=c104.StartEvents.General | c104.StartEvents.PhaseL1,
        relay_duration_ms=c104.UInt16(1000),
        recorded_at=recorded_at,
    ),
    c104.Type.M_EP_TF_1: c104.ProtectionCircuitInfo(
        events=c104.OutputCircuits.General, relay_duration_ms=c104.UInt16(1000), recorded_at=recorded_at
    ),
}
points = []
for point_type, info in what.items():
    point = station.add_point(io_address=int(point_type.value), type=point_type)
    point.info = info
    points.append(point)


# Whoever synchronises the clock is sent all of them.
def on_clock_sync(server: c104.Server, ip: str, date_time: datetime.datetime) -> c104.ResponseState:
    for point in points:
        point.transmit(cause=c104.Cot.SPONTANEOUS)
    return c104.ResponseState.SUCCESS


server.on_clock_sync(callable=on_clock_sync)
server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)
for point in points:
    print(point.info, flush=True)
while server.is_running:
    time.sleep(1)
