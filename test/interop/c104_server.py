"""The c104 server as a controlled station for the conformance transcripts. Argument: a port; the first line of standard
input is the description of one run as JSON: link parameters and points. It accepts commands and clock
synchronisations."""
import datetime
import json
import os
import sys
import threading

import c104


def accept(point: c104.Point, previous_info: c104.Information, message: c104.IncomingMessage) -> c104.ResponseState:
    if point.related_io_address:
        point.station.get_point(io_address=point.related_io_address).value = point.value
    return c104.ResponseState.SUCCESS


def synchronise(server: c104.Server, ip: str, date_time: datetime.datetime) -> c104.ResponseState:
    return c104.ResponseState.SUCCESS


given = json.loads(sys.stdin.readline())
server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]), select_timeout_ms=given["selectMs"])
parameters = server.protocol_parameters
link = given["link"]
parameters.send_window_size = link["k"]
parameters.receive_window_size = link["w"]
parameters.message_timeout = link["t1"]
parameters.confirm_interval = link["t2"]
parameters.keep_alive_interval = link["t3"]
server.on_clock_sync(callable=synchronise)

for ca, ioa, name, select, related in given["points"]:
    station = server.get_station(common_address=ca) or server.add_station(common_address=ca)
    mode = c104.CommandMode.SELECT_AND_EXECUTE if select else c104.CommandMode.DIRECT
    more = {"related_io_address": related, "related_io_autoreturn": True} if related else {}
    if name.startswith("C_"):
        more["command_mode"] = mode
    point = station.add_point(io_address=ioa, type=getattr(c104.Type, name), **more)
    if point is None:
        sys.exit(f"c104 has no second point at address {ioa}")
    if name.startswith("C_"):
        point.on_receive(callable=accept)

server.start()
print("ready", flush=True)
# Ends with its parent, which closes standard input.
sys.stdin.read()
threading.Timer(1, lambda: os._exit(0)).start()
server.stop()
os._exit(0)
