// Certificates and keys from files, PEM or DER, read and checked when they are named: an error tells the path and why.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import * as fs from "node:fs"
import { UnusableFile } from "../Errors.ts"

/** A server's certificate, followed by those of intermediate authorities that were in its file, and its private key. */
export interface Identity {
  readonly chain: readonly X509Certificate[]
  readonly key: KeyObject
}

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function read(path: string): Buffer {
  if (typeof path !== "string" || path === "")
    throw new UnusableFile({ path, problem: "the path of a file is required" })
  try {
    return fs.readFileSync(path)
  } catch (cause) {
    throw new UnusableFile({ path, problem: isMissing(cause) ? "there is no such file" : messageOf(cause) })
  }
}

const isPem = (octets: Buffer): boolean => octets.includes("-----BEGIN ")
const pemCertificate =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

/** All certificates in a file, at least one. Throws {@link UnusableFile}. */
export function certificates(path: string): readonly X509Certificate[] {
  const octets = read(path)
  const parts = isPem(octets) ? (octets.toString("latin1").match(pemCertificate) ?? []) : [octets]
  if (parts.length === 0) throw new UnusableFile({ path, problem: "there is no certificate in it" })
  return parts.map((part) => {
    try {
      return new X509Certificate(part)
    } catch (cause) {
      throw new UnusableFile({ path, problem: `no certificate could be read: ${messageOf(cause)}` })
    }
  })
}

/** A private key. Throws {@link UnusableFile}. */
export function privateKey(path: string, passphrase: string): KeyObject {
  const octets = read(path)
  const unlock = passphrase === "" ? {} : { passphrase }
  const ways = isPem(octets)
    ? [() => createPrivateKey({ key: octets, format: "pem", ...unlock })]
    : (["pkcs8", "pkcs1", "sec1"] as const).map(
        (type) => () => createPrivateKey({ key: octets, format: "der", type, ...unlock })
      )
  const problems: string[] = []
  for (const way of ways) {
    try {
      return way()
    } catch (cause) {
      problems.push(messageOf(cause))
    }
  }
  const isLocked =
    /ENCRYPTED/.test(octets.toString("latin1")) || problems.some((problem) => /passphrase/i.test(problem))
  const problem = !isLocked
    ? `no private key could be read: ${problems[0]}`
    : passphrase === ""
      ? "the key is encrypted and needs its passphrase"
      : "the passphrase is not that of the key"
  throw new UnusableFile({ path, problem })
}

/** A server's certificate and its key, which must belong together. Throws {@link UnusableFile}. */
export function identity(certificatePath: string, keyPath: string, passphrase: string): Identity {
  const chain = certificates(certificatePath)
  const key = privateKey(keyPath, passphrase)
  const [own] = chain
  if (own?.checkPrivateKey(key) !== true)
    throw new UnusableFile({ path: keyPath, problem: `it is not the key of the certificate in ${certificatePath}` })
  return { chain, key }
}
