# TLS with mutual authentication: the server shows its certificate, clients theirs. Twin of ../tls.ts.
#   python tls.py [PORT [FOLDER]]     (default 2404)
# FOLDER (default: the present one) holds ca.pem, server.pem, server.key, and first.pem, the client that is let in.
import datetime
import pathlib
import sys
import time

import c104

port = int(sys.argv[1]) if len(sys.argv) > 1 else 2404
folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".")

tls = c104.TransportSecurity(validate=True, only_known=True)
tls.set_certificate(cert=str(folder / "server.pem"), key=str(folder / "server.key"))
tls.set_ca_certificate(cert=str(folder / "ca.pem"))
tls.add_allowed_remote_certificate(cert=str(folder / "first.pem"))
tls.set_version(min=c104.TlsVersion.TLS_1_2, max=c104.TlsVersion.TLS_1_2)
tls.set_ciphers(ciphers=[c104.TlsCipher.ECDHE_RSA_WITH_AES_256_GCM_SHA384])
tls.set_resumption_interval(interval=datetime.timedelta(hours=1))

server = c104.Server(ip="127.0.0.1", port=port, transport_security=tls)
server.add_station(common_address=47).add_point(io_address=1, type=c104.Type.M_SP_NA_1).value = True

server.start()
print(f"listening on {server.ip}:{server.port}", flush=True)
while server.is_running:
    time.sleep(1)
