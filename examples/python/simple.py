# A feeder bay: measured values that change every second, and a breaker that obeys a command. Twin of ../simple.ts.
#   python simple.py [PORT]     (default 2404)
import math
import sys
import time

import c104

server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404)
station = server.add_station(common_address=47)
currents = [station.add_point(io_address=address, type=c104.Type.M_ME_TF_1) for address in (1, 2, 3)]
breaker = station.add_point(io_address=10, type=c104.Type.M_SP_TB_1)
command = station.add_point(io_address=20, type=c104.Type.C_SC_NA_1)
command.related_io_address = breaker.io_address
command.related_io_autoreturn = True


def on_receive(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    breaker.value = point.value
    return c104.ResponseState.SUCCESS


command.on_receive(callable=on_receive)

server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)

second = 0
while server.is_running:
    for phase, current in enumerate(currents):
        current.value = 200 + 50 * math.sin(second / 10 + phase) if breaker.value else 0.0
        current.transmit(cause=c104.Cot.SPONTANEOUS)
    second += 1
    time.sleep(1)
