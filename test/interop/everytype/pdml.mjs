// What tshark reads out of a capture, APDU by APDU and field by field, under the names that protocol fields have here.
import { spawnSync } from "node:child_process"

/** The names of tshark's fields in an information object; the ones that only hold others have the name null. */
const names = {
  siq: null,
  "siq.spi": "spi",
  diq: null,
  "diq.dpi": "dpi",
  qds: null,
  vti: null,
  "vti.v": "value",
  "vti.t": "transient",
  scalval: "value",
  bitstring: "bsi",
  "bcr.count": "bcr.counter",
  "bcr.sq": "bcr.sq",
  "bcr.cy": "bcr.cy",
  "bcr.ca": "bcr.ca",
  "bcr.iv": "bcr.iv",
  sco: null,
  "sco.on": "scs",
  dco: null,
  "dco.on": "dcs",
  rco: null,
  "rco.up": "rcs",
  qos: null,
  "qos.ql": "ql",
  "qos.se": "select",
  coi: null,
  coi_r: "coi",
  coi_i: "localParamChange",
  qoi: "qoi",
  qcc: null,
  rqt: "rqt",
  frz: "frz",
  qrp: "qrp",
  qpm: null,
  "qpm.kpa": "qpm.kpa",
  "qpm.lpc": "qpm.lpc",
  "qpm.pop": "qpm.pop",
  cp56time: null,
  ...Object.fromEntries(
    ["ms", "min", "gen", "iv", "hour", "su", "dow", "month", "year"].map((k) => [`cp56time.${k}`, `time.${k}`])
  ),
  "cp56time.day": "time.dom",
  ...Object.fromEntries(
    ["siq", "diq", "qds"].flatMap((of) => ["ov", "bl", "sb", "nt", "iv"].map((k) => [`${of}.${k}`, `quality.${k}`]))
  ),
  ...Object.fromEntries(
    ["sco", "dco", "rco"].flatMap((of) => [
      [`${of}.qu`, "qu"],
      [`${of}.se`, "select"]
    ])
  )
}

const header = {
  typeid: "typeId",
  sq: "sq",
  numix: "count",
  causetx: "cot",
  nega: "negative",
  test: "test",
  oa: "oa",
  addr: "ca"
}
const functions = {
  1: "STARTDT act",
  2: "STARTDT con",
  4: "STOPDT act",
  8: "STOPDT con",
  16: "TESTFR act",
  32: "TESTFR con"
}
const formats = { 0: "I", 1: "S", 3: "U" }

/** Bits that no field has, of elements with a quality. */
const reservedBits = { siq: 0x0e, diq: 0x0c, qds: 0x0e }

/** The value of a field of an information object as `[name, number]`; `name` is null when there is nothing to compare. */
const fieldOf = (name, show, octets) => {
  // tshark shows a bitstring as if its first octet were the highest one, which is a matter of taste.
  if (name === "bitstring") return ["bsi", Buffer.from(octets, "hex").readUInt32LE()]
  if (name === "normval") return ["raw", Math.round(Number(show) * 32768)]
  if (name === "float") {
    const bits = Buffer.from(octets, "hex").readUInt32LE()
    const wire = Buffer.from(octets, "hex").readFloatLE()
    // Six digits are shown; the octets, which are shown too, say the rest.
    const isNear = Math.abs(wire - Number(show)) <= Math.abs(wire) * 1e-5
    return ["valueBits", Number.isFinite(wire) && !isNear ? `${show} for the octets ${octets}` : bits]
  }
  if (name in reservedBits) return ["reserved", Number(show) & reservedBits[name]]
  if (!(name in names)) return [`tshark's ${name}`, Number(show)]
  return [names[name], Number(show)]
}

const attribute = (tag, name) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? ""

const asduField = (apdu, name, show, octets) => {
  if (name === "start") return
  if (name in header) {
    apdu.header[header[name]] = Number(show)
    return
  }
  if (name === "rawdata") {
    apdu.raw = octets
    return
  }
  if (name === "ioa") {
    apdu.objects.push({ ioa: Number(show), fields: {} })
    return
  }
  const [key, value] = fieldOf(name, show, octets)
  if (key !== null && apdu.objects.length > 0) apdu.objects.at(-1).fields[key] = value
  else if (key !== null) apdu.strange.push(name)
}

const linkField = (apdu, name, show) => {
  const number = Number(show)
  if (name === "apdulen") apdu.length = number
  else if (name === "type") apdu.format = formats[number] ?? String(number)
  else if (name === "tx") apdu.ns = number
  else if (name === "rx") apdu.nr = number
  else if (name === "utype") apdu.function = functions[number] ?? String(number)
}

/**
 * All APDUs of a capture as `{ stream, from, format, length, ns, nr, function, header, objects: [{ ioa, fields }], raw }`;
 * `raw` is the octets behind the first address where tshark knows no more of a type.
 */
export const read = (tshark, file) => {
  const args = ["-r", file, "-n", "-d", "tcp.port==2404,iec60870_104", "-T", "pdml"]
  const result = spawnSync(tshark, args, { encoding: "utf8", maxBuffer: 1 << 29 })
  if (result.status !== 0) throw new Error(`tshark failed: ${result.stderr}`)
  const apdus = []
  let stream = ""
  let from = ""
  for (const [tag] of result.stdout.matchAll(/<(?:proto|field) [^>]*>/g)) {
    const name = attribute(tag, "name")
    if (tag.startsWith("<proto")) {
      if (name === "iec60870_104") apdus.push({ stream, from, header: {}, objects: [], raw: "", strange: [] })
      continue
    }
    if (name === "tcp.stream") stream = attribute(tag, "show")
    if (name === "tcp.srcport") from = attribute(tag, "show") === "2404" ? "server" : "client"
    const [, layer, rest] = /^iec60870_(asdu|104)\.(.+)$/.exec(name) ?? []
    if (layer === "104") linkField(apdus.at(-1), rest, attribute(tag, "show"))
    if (layer === "asdu") asduField(apdus.at(-1), rest, attribute(tag, "show"), attribute(tag, "value"))
  }
  return apdus
}
