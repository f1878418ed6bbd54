# Looking at a running server: link parameters, counts of connections, debug output, frames in words.
# Twin of ../diagnostics.ts, which has more.
#   python diagnostics.py [PORT]     (default 2404)
import sys
import time

import c104

server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404)
station = server.add_station(common_address=47)
station.add_point(io_address=1, type=c104.Type.M_ME_NC_1)

server.protocol_parameters.send_window_size = 20
server.protocol_parameters.message_timeout = 20
server.protocol_parameters.confirm_interval = 15
server.protocol_parameters.keep_alive_interval = 30


def received(server: c104.Server, data: bytes) -> None:
    print(f"--> {c104.explain_bytes_dict(apdu=data)}", flush=True)


def sent(server: c104.Server, data: bytes) -> None:
    print(f"<-- {c104.explain_bytes_dict(apdu=data)}", flush=True)


server.on_receive_raw(callable=received)
server.on_send_raw(callable=sent)

server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)
print(f"parameters: {server.protocol_parameters}", flush=True)
c104.enable_debug(c104.Debug.Server | c104.Debug.Connection)
while server.is_running:
    print(f"{server.open_connection_count} connections, {server.active_connection_count} active", flush=True)
    time.sleep(0.2)
