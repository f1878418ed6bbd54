# Many values in few frames: points of one type and station are sent together. Twin of ../batch.ts.
#   python batch.py [PORT]     (default 2404)
import sys
import time

import c104

server = c104.Server(ip="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 2404)
station = server.add_station(common_address=47)
values = [station.add_point(io_address=1000 + index, type=c104.Type.M_ME_NC_1) for index in range(100)]

# A batch can be sent as often as one likes; it sends what its points say at that moment.
batch = c104.Batch(c104.Cot.SPONTANEOUS, values[1:])
batch.add_point(values[0])

server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)
print(f"{batch.number_of_objects} points, consecutive: {batch.is_sequence}", flush=True)

number = 1
while server.is_running:
    for index, point in enumerate(values):
        point.value = number + index / 100
    server.transmit_batch(batch)
    number += 1
    time.sleep(0.2)
