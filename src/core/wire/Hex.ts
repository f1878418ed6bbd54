// Octets <-> hexadecimal text, as people paste it from logs and dissectors.

const digits: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"))

/** Lower-case hexadecimal, two digits an octet, `separator` between octets. */
export const octetsToHex = (octets: Uint8Array, separator = ""): string =>
  Array.from(octets, (octet) => digits[octet]).join(separator)

/**
 * The octets of a hexadecimal text, or the error in words. White space, colons, commas, semicolons and hyphens
 * separate; each run of digits may begin with 0x and needs two digits an octet, in upper or lower case.
 */
export const hexToOctets = (text: string): Uint8Array | string => {
  const runs = text.split(/[\s:,;-]+/).map((run) => run.replace(/^0x/i, ""))
  for (const run of runs) {
    const stray = /[^0-9a-f]/i.exec(run)
    if (stray !== null) return `${JSON.stringify(stray[0])} is not a hexadecimal digit`
    if (run.length % 2 !== 0) return `${JSON.stringify(run)} has an odd number of hexadecimal digits`
  }
  const all = runs.join("")
  return Uint8Array.from({ length: all.length / 2 }, (_, index) =>
    Number.parseInt(all.slice(2 * index, 2 * index + 2), 16)
  )
}
