# The callbacks of connections, of the clock, and of points that are sent. Twin of ../callbacks.ts, which has more.
#   python callbacks.py [PORT]     (default 2404)
import datetime
import sys
import time

import c104

server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404, tick_rate_ms=50)
station = server.add_station(common_address=47)


def on_connect(server: c104.Server, ip: str) -> bool:
    return ip == "127.0.0.1"


def on_clock_sync(server: c104.Server, ip: str, date_time: datetime.datetime) -> c104.ResponseState:
    print(f"clock of {ip}: {date_time}", flush=True)
    return c104.ResponseState.SUCCESS


server.on_connect(callable=on_connect)
server.on_clock_sync(callable=on_clock_sync)

# Refreshed before an interrogation or a read command sends it.
level = station.add_point(io_address=1, type=c104.Type.M_ME_NB_1)


def measure(point: c104.Point) -> None:
    point.value = c104.Int16(42)


level.on_before_read(callable=measure)

# Sent every 100 ms, refreshed before.
counter_of_cycles = station.add_point(io_address=2, type=c104.Type.M_ME_NB_1, report_ms=100)


def count(point: c104.Point) -> None:
    point.value = c104.Int16((int(point.value) + 1) % 1000)


counter_of_cycles.on_before_auto_transmit(callable=count)

# Called every 100 ms while a client is active.
door = station.add_point(io_address=3, type=c104.Type.M_SP_TB_1)


def toggle(point: c104.Point) -> None:
    point.value = not point.value
    point.transmit(cause=c104.Cot.SPONTANEOUS)


door.on_timer(callable=toggle, interval_ms=100)

server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)
while server.is_running:
    time.sleep(1)
