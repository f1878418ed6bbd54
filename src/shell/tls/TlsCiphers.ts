// Cipher suites by the number that IANA gave them, with OpenSSL's names: those that a server with certificates can
// negotiate at the security level that is asked for. NULL, anonymous, pre-shared key and CCM_8 suites are not among them.
import * as Tls from "node:tls"

/** Suites of TLS 1.3 have numbers 13xx. */
const TLS_1_3_FIRST = 0x1301
const TLS_1_3_LAST = 0x13ff

const table = [
  [0x002f, "AES128-SHA"],
  [0x0033, "DHE-RSA-AES128-SHA"],
  [0x0035, "AES256-SHA"],
  [0x0039, "DHE-RSA-AES256-SHA"],
  [0x003c, "AES128-SHA256"],
  [0x003d, "AES256-SHA256"],
  [0x0041, "CAMELLIA128-SHA"],
  [0x0045, "DHE-RSA-CAMELLIA128-SHA"],
  [0x0067, "DHE-RSA-AES128-SHA256"],
  [0x006b, "DHE-RSA-AES256-SHA256"],
  [0x0084, "CAMELLIA256-SHA"],
  [0x0088, "DHE-RSA-CAMELLIA256-SHA"],
  [0x009c, "AES128-GCM-SHA256"],
  [0x009d, "AES256-GCM-SHA384"],
  [0x009e, "DHE-RSA-AES128-GCM-SHA256"],
  [0x009f, "DHE-RSA-AES256-GCM-SHA384"],
  [0x00ba, "CAMELLIA128-SHA256"],
  [0x00be, "DHE-RSA-CAMELLIA128-SHA256"],
  [0x00c0, "CAMELLIA256-SHA256"],
  [0x00c4, "DHE-RSA-CAMELLIA256-SHA256"],
  [0x1301, "TLS_AES_128_GCM_SHA256"],
  [0x1302, "TLS_AES_256_GCM_SHA384"],
  [0x1303, "TLS_CHACHA20_POLY1305_SHA256"],
  [0x1304, "TLS_AES_128_CCM_SHA256"],
  [0xc009, "ECDHE-ECDSA-AES128-SHA"],
  [0xc00a, "ECDHE-ECDSA-AES256-SHA"],
  [0xc013, "ECDHE-RSA-AES128-SHA"],
  [0xc014, "ECDHE-RSA-AES256-SHA"],
  [0xc023, "ECDHE-ECDSA-AES128-SHA256"],
  [0xc024, "ECDHE-ECDSA-AES256-SHA384"],
  [0xc027, "ECDHE-RSA-AES128-SHA256"],
  [0xc028, "ECDHE-RSA-AES256-SHA384"],
  [0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"],
  [0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"],
  [0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"],
  [0xc030, "ECDHE-RSA-AES256-GCM-SHA384"],
  [0xc050, "ARIA128-GCM-SHA256"],
  [0xc051, "ARIA256-GCM-SHA384"],
  [0xc052, "DHE-RSA-ARIA128-GCM-SHA256"],
  [0xc053, "DHE-RSA-ARIA256-GCM-SHA384"],
  [0xc05c, "ECDHE-ECDSA-ARIA128-GCM-SHA256"],
  [0xc05d, "ECDHE-ECDSA-ARIA256-GCM-SHA384"],
  [0xc060, "ECDHE-ARIA128-GCM-SHA256"],
  [0xc061, "ECDHE-ARIA256-GCM-SHA384"],
  [0xc072, "ECDHE-ECDSA-CAMELLIA128-SHA256"],
  [0xc073, "ECDHE-ECDSA-CAMELLIA256-SHA384"],
  [0xc076, "ECDHE-RSA-CAMELLIA128-SHA256"],
  [0xc077, "ECDHE-RSA-CAMELLIA256-SHA384"],
  [0xc09c, "AES128-CCM"],
  [0xc09d, "AES256-CCM"],
  [0xc09e, "DHE-RSA-AES128-CCM"],
  [0xc09f, "DHE-RSA-AES256-CCM"],
  [0xc0ac, "ECDHE-ECDSA-AES128-CCM"],
  [0xc0ad, "ECDHE-ECDSA-AES256-CCM"],
  [0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"],
  [0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"],
  [0xccaa, "DHE-RSA-CHACHA20-POLY1305"]
] as const

/** OpenSSL's names by IANA number. */
export const names: ReadonlyMap<number, string> = new Map<number, string>(table)

/**
 * What is negotiated unless the caller chooses, the best first: all with forward secrecy, but for the last, which
 * IEC 62351-3 asked of older devices.
 */
export const standard: readonly (typeof table)[number][0][] = [
  0x1302, 0x1301, 0x1303, 0x1304, 0xc02c, 0xc030, 0xc02b, 0xc02f, 0x009f, 0x009e, 0x003c
]

export const isOf13 = (suite: number): boolean => suite >= TLS_1_3_FIRST && suite <= TLS_1_3_LAST

/** Suites of 1024-bit keys and more, and no broken signatures: shorter keys are refused. */
const SECURITY_LEVEL = "@SECLEVEL=1"

/** OpenSSL refuses a list without a suite of TLS 1.2; when only TLS 1.3 is spoken it is never negotiated. */
const UNUSED = "ECDHE-RSA-AES128-GCM-SHA256"

/** The list as OpenSSL takes it, in the order of preference. */
export const list = (suites: readonly number[]): string => {
  const known = suites.map((suite) => names.get(suite) ?? "")
  return [...known, ...(suites.every(isOf13) ? [UNUSED] : []), SECURITY_LEVEL].join(":")
}

/** Whether this Node.js can negotiate a suite: its OpenSSL may have been built without it. */
export function isSupported(suite: number): boolean {
  const name = names.get(suite)
  if (name === undefined) return false
  try {
    Tls.createSecureContext({ ciphers: isOf13(suite) ? `${name}:${UNUSED}` : name, ca: [] })
    return true
  } catch {
    return false
  }
}
