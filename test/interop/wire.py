# What the client can say about received octets without c104: enough of the frame and ASDU layout to count objects.
import collections
import struct

Asdu = collections.namedtuple("Asdu", "type cause negative ca addresses")

# Octets of one object behind its address, by type. Any other type carries one object here and is not split.
ELEMENT = {1: 1, 3: 1, 9: 3, 11: 3, 13: 5, 30: 8, 31: 8, 34: 10, 35: 10, 36: 12}


def note(data, asdus, u_frames):
    """Appends an I frame's ASDU to asdus, a U frame's control octet to u_frames; S frames carry nothing to note."""
    if data[2] & 3 == 3:
        u_frames.append(data[2])
    if data[2] & 1:
        return
    kind, vsq, cause, _, ca = struct.unpack_from("<BBBBH", data, 6)
    count, body = vsq & 127, data[12:]
    if kind not in ELEMENT or vsq & 128:
        first = int.from_bytes(body[:3], "little")
        addresses = range(first, first + (count if vsq & 128 else 1))
    else:
        size = 3 + ELEMENT[kind]
        addresses = [int.from_bytes(body[i * size : i * size + 3], "little") for i in range(count)]
    asdus.append(Asdu(kind, cause & 63, bool(cause & 64), ca, addresses))
