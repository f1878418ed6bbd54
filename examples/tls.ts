// TLS with mutual authentication: the server shows its certificate, clients theirs. The same in Python: python/tls.py.
//   npm run build && npx node examples/tls.ts [PORT [FOLDER]]     (default 2404, 0 = any free port)
// FOLDER (default: the present one) holds ca.pem, server.pem, server.key, and first.pem, the client that is let in.
import { join } from "node:path"
import { Server, TlsCipher, TlsVersion, TransportSecurity, Type } from "iec104"

const [port = "2404", folder = "."] = process.argv.slice(2)
const file = (name: string): string => join(folder, name)

// Every file is read and checked here: a missing file, a wrong passphrase or another's key is an error at once.
const tls = new TransportSecurity({ validate: true, onlyKnown: true })
tls.setCertificate({ cert: file("server.pem"), key: file("server.key") }) // and a passphrase, if the key has one
tls.setCaCertificate(file("ca.pem"))
tls.addAllowedRemoteCertificate(file("first.pem")) // onlyKnown: this client and no other
tls.setVersion({ min: TlsVersion.TLS_1_2, max: TlsVersion.TLS_1_3 })
tls.setCiphers([TlsCipher.TLS1_3_AES_256_GCM_SHA384, TlsCipher.ECDHE_RSA_WITH_AES_256_GCM_SHA384])
tls.setResumptionInterval(60 * 60 * 1000)

const server = new Server({ ip: "127.0.0.1", port: Number(port), transportSecurity: tls }) // from here on tls is fixed
server.addStation(47)!.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })!.value = true

server.observe((event) => {
  if (event.event === "refused") process.stdout.write(`refused: ${event.why}\n`)
  if (event.event === "started")
    for (const { certificate } of server.connections) process.stdout.write(`client: ${certificate?.subject}\n`)
})

await server.start()
process.stdout.write(`listening on ${server.ip}:${server.port}\n`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())
