# What c104's documentation shows for its class Server, example by example. Twin of ../server.ts.
#   python server.py [PORT]     (default 2404)
import datetime
import sys
import time

import c104

# class Server
my_server = c104.Server(
    ip="127.0.0.1",
    port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404,
    tick_rate_ms=100,
    select_timeout_ms=100,
    max_connections=0,
)

# add_station, get_station
station_1 = my_server.add_station(common_address=15)
station_2 = my_server.get_station(common_address=14)


# on_clock_sync
def sv_on_clock_sync(server: c104.Server, ip: str, date_time: datetime.datetime) -> c104.ResponseState:
    print(f"->@| Time {date_time} from {ip} | SERVER {server.ip}:{server.port}", flush=True)
    # transmit_batch: there is somebody to tell
    success = my_server.transmit_batch(c104.Batch(c104.Cot.SPONTANEOUS, [point_1, point_2, point_3]))
    print(f"batch: {success}", flush=True)
    return c104.ResponseState.SUCCESS


my_server.on_clock_sync(callable=sv_on_clock_sync)


# on_connect
def sv_on_connect(server: c104.Server, ip: str) -> bool:
    print(f"<->| {ip} | SERVER {server.ip}:{server.port}", flush=True)
    return ip == "127.0.0.1"


my_server.on_connect(callable=sv_on_connect)


# on_receive_raw
def sv_on_receive_raw(server: c104.Server, data: bytes) -> None:
    print(f"-->| {c104.explain_bytes(apdu=data)} [{data.hex()}] | SERVER {server.ip}:{server.port}", flush=True)


my_server.on_receive_raw(callable=sv_on_receive_raw)


# on_send_raw
def sv_on_send_raw(server: c104.Server, data: bytes) -> None:
    print(f"<--| {c104.explain_bytes(apdu=data)} [{data.hex()}] | SERVER {server.ip}:{server.port}", flush=True)


my_server.on_send_raw(callable=sv_on_send_raw)


# on_unexpected_message
def sv_on_unexpected_message(server: c104.Server, message: c104.IncomingMessage, cause: c104.Umc) -> None:
    print(f"->?| {cause} from CLIENT OA {message.originator_address} | SERVER {server.ip}:{server.port}", flush=True)


my_server.on_unexpected_message(callable=sv_on_unexpected_message)

# remove_station
removed = my_server.remove_station(common_address=12)

# start
point_1, point_2, point_3 = (station_1.add_point(io_address=a, type=c104.Type.M_ME_NC_1) for a in (11, 12, 13))
my_server.start()
print(f"listening on {my_server.ip}:{my_server.port}", flush=True)
print(f"station 14: {station_2}, station 12 removed: {removed}", flush=True)

try:
    while my_server.is_running:
        time.sleep(1)
except KeyboardInterrupt:
    # stop
    my_server.stop()
    print(f"running: {my_server.is_running}", flush=True)
