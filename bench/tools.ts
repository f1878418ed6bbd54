// What the benchmark needs beside Node, made on demand in .cache/bench: the load client by gcc, certificates by openssl,
// a configuration file with a million points.
import { spawnSync } from "node:child_process"
import crypto from "node:crypto"
import fs from "node:fs"
import path from "node:path"

export const root = path.resolve(import.meta.dirname, "..")
export const cache = path.join(root, ".cache/bench")

/** Something is missing that cannot be made here; the message says what to do. */
export class Missing extends Error {}

export type Say = (line: string) => void

const run = (command: string, ...words: readonly string[]) => spawnSync(command, words, { encoding: "utf8" })

/** Whether a program can be started. */
export const has = (command: string): boolean => run(command, "--version").error === undefined

export interface Client {
  readonly file: string
  readonly tls: boolean
}

/** The load client, built anew when its source has changed; with TLS where OpenSSL can be compiled against. */
export const client = (say: Say): Client => {
  const folder = path.join(root, "bench/client")
  const sources = [path.join(root, "bench/client.c"), ...fs.readdirSync(folder).map((name) => path.join(folder, name))]
  const hash = crypto.createHash("sha256")
  for (const source of sources.sort()) hash.update(fs.readFileSync(source))
  const base = path.join(cache, `client-${hash.digest("hex").slice(0, 12)}`)
  for (const [file, tls] of [
    [`${base}-tls`, true],
    [base, false]
  ] as const)
    if (fs.existsSync(file)) return { file, tls }
  if (!has("gcc"))
    throw new Missing(
      "gcc is missing: the load client is written in C (on Debian and Ubuntu: apt-get install gcc libc6-dev)"
    )
  fs.mkdirSync(cache, { recursive: true })
  const source = path.join(root, "bench/client.c")
  say("building the load client")
  const secured = run("gcc", "-O2", "-DWITH_TLS", "-o", `${base}-tls`, source, "-lssl", "-lcrypto")
  if (secured.status === 0) return { file: `${base}-tls`, tls: true }
  const plain = run("gcc", "-O2", "-o", base, source)
  if (plain.status !== 0) throw new Missing(`gcc could not build bench/client.c:\n${plain.stderr}`)
  say("without TLS: the headers of OpenSSL are missing (on Debian and Ubuntu: apt-get install libssl-dev)")
  return { file: base, tls: false }
}

/** Arguments for server and client that make both speak TLS with certificates of one authority; null without openssl. */
export const certificates = (): { readonly server: readonly string[]; readonly client: readonly string[] } | null => {
  const folder = path.join(cache, "certificates")
  const file = (name: string): string => path.join(folder, name)
  if (!fs.existsSync(file("client.pem"))) {
    if (!has("openssl")) return null
    fs.mkdirSync(folder, { recursive: true })
    const openssl = (...words: readonly string[]): void => {
      const result = run("openssl", ...words)
      if (result.status !== 0) throw new Missing(`openssl ${words[0]} failed:\n${result.stderr}`)
    }
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      file("ca.key"),
      "-out",
      file("ca.pem"),
      "-days",
      "365",
      "-subj",
      "/CN=bench"
    )
    for (const name of ["server", "client"]) {
      openssl("req", ...key, "-keyout", file(`${name}.key`), "-out", file(`${name}.csr`), "-subj", `/CN=${name}`)
      const signed = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "365"]
      openssl("x509", "-req", "-in", file(`${name}.csr`), "-out", file(`${name}.pem`), ...signed)
    }
  }
  return {
    server: ["--cert", file("server.pem"), "--key", file("server.key"), "--ca", file("ca.pem")],
    client: ["--tls", file("ca.pem"), "--cert", file("client.pem"), "--key", file("client.key")]
  }
}

/** A configuration file whose station has a million points in one row. */
export const million = (): string => {
  const file = path.join(cache, "million.yaml")
  const row = "{ address: 10000, count: 1000000, type: M_ME_NC_1 }"
  fs.mkdirSync(cache, { recursive: true })
  fs.writeFileSync(file, `stations:\n  - commonAddress: 1\n    points:\n      - ${row}\n`)
  return file
}
