# The same server over the Python package c104, by its public interface: the same triggers as bench/server.ts.
import argparse
import array
import os
import sys
import threading
import time

import c104

options = argparse.ArgumentParser()
for name, default in (("port", 2404), ("n", 100000), ("pack", 1), ("k", 12), ("gi", 0), ("points", 1000), ("select", 0), ("rate", 0)):
    options.add_argument(f"--{name}", type=int, default=default)
for name in ("stamps", "cert", "key", "ca"):
    options.add_argument(f"--{name}", default="")
o = options.parse_args()

transport = {}
if o.cert:
    security = c104.TransportSecurity(validate=True, only_known=False)
    security.set_certificate(cert=o.cert, key=o.key)
    security.set_ca_certificate(cert=o.ca)
    transport = {"transport_security": security}
server = c104.Server(ip="127.0.0.1", port=o.port, **transport)
server.protocol_parameters.send_window_size = o.k
station = server.add_station(common_address=1)
triggered = threading.Event()
which = 0


def on_trigger(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    global which
    which = point.io_address
    triggered.set()
    return c104.ResponseState.SUCCESS


def on_command(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    return c104.ResponseState.SUCCESS


for address in (1, 2):
    station.add_point(io_address=address, type=c104.Type.C_SC_NA_1).on_receive(callable=on_trigger)
mode = c104.CommandMode.SELECT_AND_EXECUTE if o.select else c104.CommandMode.DIRECT
station.add_point(io_address=5000, type=c104.Type.C_SC_NA_1, command_mode=mode).on_receive(callable=on_command)
points = [station.add_point(io_address=8000000 + i, type=c104.Type.M_ME_TF_1) for i in range(o.points)]
for i in range(o.gi):
    station.add_point(io_address=10000 + i, type=c104.Type.M_ME_NC_1).value = float(i)
batches = [points[i : i + o.pack] for i in range(0, len(points) - o.pack + 1, o.pack)]


def publish() -> None:
    begin = time.monotonic()
    for i in range(0, o.n, o.pack):
        if o.rate and i % 100 == 0:
            while time.monotonic() - begin < i / o.rate:
                time.sleep(0.00005)
        if o.pack == 1:
            point = points[i % len(points)]
            point.value = float(i)
            point.transmit(c104.Cot.SPONTANEOUS)
        else:
            members = batches[(i // o.pack) % len(batches)]
            for j, point in enumerate(members):
                point.value = float(i + j)
            server.transmit_batch(c104.Batch(cause=c104.Cot.SPONTANEOUS, points=members))


def latency() -> None:
    stamps = array.array("q", bytes(8 * o.n))
    random = 12345
    for i in range(o.n):
        random = (random * 1103515245 + 12345) & 0xFFFFFFFF
        point = points[i % len(points)]
        point.value = float(i)
        time.sleep((7 + (random >> 8) % 20) / 1000)
        stamps[i] = time.monotonic_ns()
        point.transmit(c104.Cot.SPONTANEOUS)
    with open(o.stamps, "wb") as file:
        stamps.tofile(file)


server.start()
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print("READY", flush=True)
while True:
    triggered.wait()
    triggered.clear()
    if which == 1:
        publish()
    elif which == 2:
        latency()
