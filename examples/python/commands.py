# Commands that are decided at once, later, after a selection, and step by step. Twin of ../commands.ts.
#   python commands.py [PORT]     (default 2404)
import sys
import threading
import time

import c104

server = c104.Server(
    ip="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404, select_timeout_ms=10_000
)
station = server.add_station(common_address=47)

# Decided at once. The related point follows, and is sent after the confirmation.
lamp = station.add_point(io_address=1, type=c104.Type.M_SP_NA_1)
lamp_command = station.add_point(
    io_address=101, type=c104.Type.C_SC_NA_1, related_io_address=1, related_io_autoreturn=True
)


def on_lamp(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    pulse = " (short pulse)" if message.info.qualifier == c104.Qoc.SHORT_PULSE else ""
    print(f"lamp: {previous_info.value} -> {point.value}{pulse}, OA {message.originator_address}", flush=True)
    lamp.value = point.value
    return c104.ResponseState.SUCCESS


lamp_command.on_receive(callable=on_lamp)

# Decided later: the callback blocks, and with it everything else of this connection.
setpoint = station.add_point(io_address=102, type=c104.Type.C_SE_NC_1)


def on_setpoint(
    point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage
) -> c104.ResponseState:
    time.sleep(0.05)
    print(f"set-point: {point.value}", flush=True)
    return c104.ResponseState.SUCCESS if 0 <= point.value <= 100 else c104.ResponseState.FAILURE


setpoint.on_receive(callable=on_setpoint)

# Executed only after it was selected, by the client that selected it.
breaker = station.add_point(io_address=3, type=c104.Type.M_DP_TB_1)
breaker_command = station.add_point(
    io_address=103, type=c104.Type.C_DC_NA_1, command_mode=c104.CommandMode.SELECT_AND_EXECUTE
)


def operate(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    state = "on" if message.info.state == c104.Double.ON else "off"
    print(f"breaker: {state}, selected by {point.selected_by}", flush=True)
    breaker.value = point.value
    breaker.transmit(cause=c104.Cot.RETURN_INFO_REMOTE)
    return c104.ResponseState.SUCCESS


breaker_command.on_receive(callable=operate)

# Answered step by step: NONE says nothing now, `transmit` confirms and terminates when the drive says so.
tap = station.add_point(io_address=4, type=c104.Type.M_ST_NA_1)
tap_command = station.add_point(io_address=104, type=c104.Type.C_RC_NA_1)


def drive(step: int) -> None:
    time.sleep(0.05)
    tap_command.transmit(cause=c104.Cot.ACTIVATION_CON)
    time.sleep(0.05)
    tap.value = c104.Int7(int(tap.value) + step)
    tap.transmit(cause=c104.Cot.RETURN_INFO_REMOTE)
    tap_command.transmit(cause=c104.Cot.ACTIVATION_TERMINATION)


def on_tap(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    step = 1 if point.value == c104.Step.HIGHER else -1
    threading.Thread(target=drive, args=(step,), daemon=True).start()
    return c104.ResponseState.NONE


tap_command.on_receive(callable=on_tap)


# Refused.
def refuse(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    return c104.ResponseState.FAILURE


station.add_point(io_address=105, type=c104.Type.C_SC_NA_1).on_receive(callable=refuse)

server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)
while server.is_running:
    time.sleep(1)
