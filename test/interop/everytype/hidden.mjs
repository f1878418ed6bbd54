// The types whose elements tshark 4.0 does not show: their layouts once more, bit by bit from the standard's figures
// (60870-5-101 7.2.6 and 7.3), lowest bit first. `name:width`; a bare width is reserved bits.

const quality = "bl:1 sb:1 nt:1 iv:1"
const qdp = "3 qdp.ei:1 qdp.bl:1 qdp.sb:1 qdp.nt:1 qdp.iv:1"
const time =
  "time.ms:16 time.min:6 time.gen:1 time.iv:1 time.hour:5 2 time.su:1 time.dom:5 time.dow:3 time.month:4 4 time.year:7 1"
const dotted = (group, text) => text.replaceAll(/[a-z]+:/g, (name) => `${group}.${name}`)

const layouts = {
  20: `st:16 cd:16 quality.ov:1 3 ${dotted("quality", quality)}`,
  38: `es:2 1 qdp.ei:1 ${dotted("qdp", quality)} elapsed.ms:16 ${time}`,
  39: `spe.gs:1 spe.sl1:1 spe.sl2:1 spe.sl3:1 spe.sie:1 spe.srd:1 2 ${qdp} duration.ms:16 ${time}`,
  40: `oci.gc:1 oci.cl1:1 oci.cl2:1 oci.cl3:1 4 ${qdp} operatingTime.ms:16 ${time}`,
  104: "fbp:16",
  106: "delay.ms:16",
  107: `tsc:16 ${time}`,
  113: "qpa:8",
  120: "nof:16 lof:24 frq.ui7:7 frq.negative:1",
  121: "nof:16 nos:8 lof:24 srq.ui7:7 srq.notReady:1",
  122: "nof:16 nos:8 scq.action:4 scq.error:4",
  123: "nof:16 nos:8 lsq:8 chs:8",
  124: "nof:16 nos:8 afq.ack:4 afq.error:4",
  125: "nof:16 nos:8 los:8 data",
  126: `nof:16 lof:24 sof.status:5 sof.lfd:1 sof.isDirectory:1 sof.fa:1 ${time}`,
  127: `nof:16 ${time.replaceAll("time.", "start.")} ${time.replaceAll("time.", "stop.")}`
}

/** The types that this module reads. */
export const types = new Set(Object.keys(layouts).map(Number))

const elements = Object.fromEntries(
  Object.entries(layouts).map(([type, text]) => [
    type,
    text.split(" ").map((word) => {
      const [name, width] = word.includes(":") ? word.split(":") : /^\d+$/.test(word) ? ["reserved", word] : [word, "0"]
      return { name, width: Number(width) }
    })
  ])
)

/** The objects of a type in the octets behind the first address; those after it have their own unless `isSequence`. */
export const readObjects = (type, firstIoa, hex, isSequence) => {
  const octets = Buffer.from(hex, "hex")
  const bitAt = (at) => (octets[at >> 3] >> (at & 7)) & 1
  const objects = []
  for (let at = 0; at < octets.length * 8; ) {
    const isFirst = objects.length === 0
    const hasAddress = !isFirst && !isSequence && at + 24 <= octets.length * 8
    const ioa = hasAddress ? octets.readUIntLE(at / 8, 3) : firstIoa + objects.length
    if (hasAddress) at += 24
    const fields = {}
    for (const { name, width } of elements[type]) {
      if (width === 0) {
        const end = at / 8 + fields.los
        fields[name] = octets.toString("hex", at / 8, end)
        at = end * 8
        continue
      }
      let value = 0
      for (let bit = 0; bit < width; bit++)
        value += (at + bit < octets.length * 8 ? bitAt(at + bit) : Number.NaN) * 2 ** bit
      at += width
      fields[name] = name === "reserved" ? (fields[name] ?? 0) + value : value
    }
    objects.push({ ioa, fields })
  }
  return objects
}
