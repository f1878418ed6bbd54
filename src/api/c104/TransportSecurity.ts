// TLS of a server, with the names of c104: files are read and checked when they are named, and all is frozen once a
// server has taken it.
import * as Check from "../../shell/Check.ts"
import { Frozen, InvalidArgument } from "../../shell/Errors.ts"
import * as TlsFiles from "../../shell/tls/TlsFiles.ts"
import * as TlsOptions from "../../shell/tls/TlsOptions.ts"
import { nameOf, TlsCipher, TlsVersion } from "./enums.ts"

const versions: Readonly<Record<number, TlsOptions.TlsVersion>> = {
  [TlsVersion.TLS_1_2]: "TLSv1.2",
  [TlsVersion.TLS_1_3]: "TLSv1.3"
}

function versionOf(what: string, version: TlsVersion, standard: TlsOptions.TlsVersion): TlsOptions.TlsVersion {
  if (version === TlsVersion.NOT_SELECTED) return standard
  const known = versions[version]
  if (known !== undefined) return known
  const expected = "TLS_1_2 or TLS_1_3, as no handshake succeeds with an older version,"
  throw new InvalidArgument({ what, expected, value: nameOf(TlsVersion, version) ?? version })
}

/** Whom it lets in, as `new TransportSecurity` is told. */
interface TransportSecurityOptions {
  readonly validate?: boolean
  readonly onlyKnown?: boolean
}

const NAMES = Check.namesOf<TransportSecurityOptions>({ validate: true, onlyKnown: true })

/** Files of a certificate, by path. */
interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly passphrase?: string
}

const FILE_NAMES = Check.namesOf<CertificateFiles>({ cert: true, key: true, passphrase: true })

/** Oldest and newest version of TLS. */
interface VersionRange {
  readonly min?: TlsVersion
  readonly max?: TlsVersion
}

const RANGE_NAMES = Check.namesOf<VersionRange>({ min: true, max: true })

const suiteName = (suite: number): string => nameOf(TlsCipher, suite) ?? `0x${suite.toString(16).padStart(4, "0")}`

/**
 * Which certificate a server shows, and which clients it lets in: a client has to show a certificate in any case.
 *
 * | validate | onlyKnown | a client's certificate |
 * | --- | --- | --- |
 * | true | true | is allowed, leads to an authority and is within its time |
 * | true | false | leads to an authority and is within its time |
 * | false | true | is allowed, whatever else is wrong with it |
 * | false | false | leads to an authority |
 *
 * Keys of less than 1024 bits are refused always. The defaults: TLS 1.2 and 1.3, suites with forward secrecy first,
 * resumption within 6 hours, no renegotiation.
 */
export class TransportSecurity {
  readonly validate: boolean
  readonly onlyKnown: boolean
  #given: TlsOptions.PartialTlsOptions
  #hostname: string | null = null
  #frozen: TlsOptions.TlsOptions | null = null

  /** Throws `InvalidArgument` for options that do not exist, or are neither true nor false. */
  constructor(options: TransportSecurityOptions = {}) {
    Check.options("TransportSecurity", options, NAMES)
    this.validate = options.validate ?? true
    this.onlyKnown = options.onlyKnown ?? true
    Check.flag("validate", this.validate)
    Check.flag("onlyKnown", this.onlyKnown)
    this.#given = { validate: this.validate, onlyKnown: this.onlyKnown, hostname: () => this.#hostname }
  }

  /** Whether a server has taken it, so that it cannot be changed any more. */
  get isFrozen(): boolean {
    return this.#frozen !== null
  }

  /**
   * The server's certificate (a PEM file may hold those of intermediate authorities after it) and its private key; PEM
   * or DER. Throws `UnusableFile` with the path and the problem, `Frozen` once a server has taken this.
   */
  setCertificate(files: CertificateFiles): void {
    Check.options("setCertificate", files, FILE_NAMES)
    this.#change("setCertificate", () => ({
      identity: TlsFiles.identity(files.cert, files.key, files.passphrase ?? "")
    }))
  }

  /** Trusts the authorities in a file; may be called repeatedly. Throws `UnusableFile`, `Frozen`. */
  setCaCertificate(cert: string): void {
    this.#change("setCaCertificate", ({ authorities = [] }) => ({
      authorities: [...authorities, ...TlsFiles.certificates(cert)]
    }))
  }

  /** Adds the certificates in a file to those that `onlyKnown` lets in. Throws `UnusableFile`, `Frozen`. */
  addAllowedRemoteCertificate(cert: string): void {
    this.#change("addAllowedRemoteCertificate", ({ allowed = [] }) => ({
      allowed: [...allowed, ...TlsFiles.certificates(cert)]
    }))
  }

  /**
   * The cipher suites, the preferred first. Versions of TLS without a suite in the list are not spoken.
   * Throws `InvalidArgument` for an empty list and for a suite that Node.js cannot negotiate, `Frozen`.
   */
  setCiphers(ciphers: readonly TlsCipher[]): void {
    this.#change("setCiphers", () => ({ suites: [...ciphers] }))
  }

  /**
   * Oldest and newest version, default TLS 1.2 and 1.3. Throws `InvalidArgument` for older versions, which nothing
   * would come of, and for a range that is empty, `Frozen`.
   */
  setVersion(range: VersionRange = {}): void {
    Check.options("setVersion", range, RANGE_NAMES)
    this.#change("setVersion", () => {
      const minVersion = versionOf("min", range.min ?? TlsVersion.NOT_SELECTED, "TLSv1.2")
      const maxVersion = versionOf("max", range.max ?? TlsVersion.NOT_SELECTED, "TLSv1.3")
      if (minVersion <= maxVersion) return { minVersion, maxVersion }
      throw new InvalidArgument({ what: "max", expected: `at least min, which is ${minVersion},`, value: maxVersion })
    })
  }

  /**
   * Time in ms after which a new handshake is demanded, 300,000 to 86,400,000; null = never (default). TLS 1.2 only.
   * Throws `InvalidArgument`, `Frozen`.
   */
  setRenegotiationTime(intervalMs: number | null): void {
    this.#change("setRenegotiationTime", () => ({ renegotiationMs: intervalMs }))
  }

  /**
   * Time in ms within which a client may resume its session, 300,000 to 604,800,000, default 6 hours; null = never.
   * Throws `InvalidArgument`, `Frozen`.
   */
  setResumptionInterval(intervalMs: number | null): void {
    this.#change("setResumptionInterval", () => ({ resumptionMs: intervalMs }))
  }

  /**
   * The host name or IP address that clients' certificates must be for (alternative names, else the common name);
   * null = any (default). May be changed at any time, for new connections. Throws `InvalidArgument`.
   */
  setHostnameVerification(hostname: string | null): void {
    if (hostname !== null && (typeof hostname !== "string" || hostname === ""))
      throw new InvalidArgument({ what: "hostname", expected: "a host name, an IP address or null", value: hostname })
    this.#hostname = hostname
  }

  /**
   * Called by a server that takes it. Throws `InvalidArgument` when no client could ever be let in: without a
   * certificate, without authorities or allowed certificates where they decide, without suites for the versions.
   */
  freeze(): TlsOptions.TlsOptions {
    this.#frozen ??= TlsOptions.complete(this.#given)
    return this.#frozen
  }

  #change(setter: string, change: (given: TlsOptions.PartialTlsOptions) => TlsOptions.PartialTlsOptions): void {
    if (this.#frozen !== null) throw new Frozen({ what: "TransportSecurity", setter })
    const changed = change(this.#given)
    TlsOptions.check(changed, suiteName)
    this.#given = { ...this.#given, ...changed }
  }

  toString(): string {
    return `TransportSecurity validate ${this.validate}, onlyKnown ${this.onlyKnown}`
  }
}
