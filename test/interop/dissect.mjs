// What tshark makes of a capture, and how that compares with what the proxy saw:
// the independent judge of every octet on the wire.
import { spawnSync } from "node:child_process"
import { apdusOf, formatOf } from "./proxy.mjs"

const severityWarning = 0x600000
// C_TS_TA_1 is shown as raw octets by tshark 4.0, however sound it is.
const shownRaw = new Set(["107"])
const fields = {
  from: "tcp.srcport",
  format: "iec60870_104.type",
  type: "iec60870_asdu.typeid",
  cause: "iec60870_asdu.causetx",
  count: "iec60870_asdu.numix",
  raw: "iec60870_asdu.rawdata",
  severity: "_ws.expert.severity",
  message: "_ws.expert.message",
  malformed: "_ws.malformed",
  protocols: "frame.protocols"
}

/** One record a packet: the fields above, each a list with an entry for every occurrence in the packet. */
export const dissect = (tshark, file) => {
  const names = Object.keys(fields)
  const result = spawnSync(
    tshark,
    [
      "-r",
      file,
      "-n",
      "-d",
      "tcp.port==2404,iec60870_104",
      "-T",
      "fields",
      "-E",
      "separator=/t",
      "-E",
      "aggregator=|"
    ].concat(names.flatMap((name) => ["-e", fields[name]])),
    { encoding: "utf8", maxBuffer: 1 << 28 }
  )
  if (result.status !== 0) throw new Error(`tshark failed: ${result.stderr}`)
  return result.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const columns = line.split("\t")
      return Object.fromEntries(names.map((name, i) => [name, columns[i] ? columns[i].split("|") : []]))
    })
}

const formats = { "0x00000000": "I", "0x00000001": "S", "0x00000003": "U" }
const add = (tally, key) => tally.set(key, (tally.get(key) ?? 0) + 1)
const show = (tally) =>
  [...tally]
    .sort()
    .map(([key, n]) => `${key} x${n}`)
    .join(", ")

/** What both sides saw: APDUs by sender and format, ASDUs by sender, type and cause ("server 13/20"). */
export const tallies = (packets, connections) => {
  const seen = {
    tshark: { formats: new Map(), asdus: new Map() },
    proxy: { formats: new Map(), asdus: new Map() },
    rest: 0
  }
  for (const packet of packets) {
    const from = packet.from[0] === "2404" ? "server" : "client"
    for (const format of packet.format) add(seen.tshark.formats, `${from} ${formats[format] ?? format}`)
    for (const [i, type] of packet.type.entries()) add(seen.tshark.asdus, `${from} ${type}/${packet.cause[i]}`)
  }
  for (const connection of connections)
    for (const from of ["client", "server"]) {
      const { apdus, rest } = apdusOf(connection, from)
      seen.rest += rest
      for (const apdu of apdus) {
        add(seen.proxy.formats, `${from} ${formatOf(apdu)}`)
        if (formatOf(apdu) === "I") add(seen.proxy.asdus, `${from} ${apdu[6]}/${apdu[8] & 63}`)
      }
    }
  return seen
}

/** Checks as `[name, why or null]`; `allowed` and `required` are sets of "sender type/cause". */
export const judge = (packets, connections, { allowed, required }) => {
  const seen = tallies(packets, connections)
  const first = (wrong) => (wrong.length === 0 ? null : `${wrong.length}, first ${JSON.stringify(wrong[0])}`)
  const same = (a, b) => (show(a) === show(b) ? null : `tshark: ${show(a)}; proxy: ${show(b)}`)
  const types = [...seen.tshark.asdus.keys()]
  const strange = types.filter((key) => !allowed.has(key))
  const absent = [...required].filter((key) => !seen.tshark.asdus.has(key))
  const frames = [...seen.proxy.formats.values()].reduce((a, b) => a + b, 0)
  return [
    [
      "no malformed frame",
      first(packets.filter((p) => p.malformed.length > 0 || p.protocols.join().includes("malformed")))
    ],
    ["no expert warning or error", first(packets.filter((p) => p.severity.some((s) => Number(s) >= severityWarning)))],
    [
      "every ASDU is understood to its last octet",
      first(packets.filter((p) => p.raw.length > p.type.filter((t) => shownRaw.has(t)).length))
    ],
    [`all ${frames} APDUs are dissected (I, S and U, each way)`, same(seen.tshark.formats, seen.proxy.formats)],
    ["no octets outside an APDU", seen.rest === 0 ? null : `${seen.rest} octets left over`],
    ["types and causes agree, ASDU by ASDU", same(seen.tshark.asdus, seen.proxy.asdus)],
    ["no type or cause beyond the expected", strange.length === 0 ? null : strange.join(", ")],
    ["every expected type and cause is there", absent.length === 0 ? null : `missing: ${absent.join(", ")}`]
  ]
}
