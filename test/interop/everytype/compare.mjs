// Two readings of the same octets, field by field: tshark's and that of this package's own codec.
import { apdusOf } from "../proxy.mjs"
import { types as hiddenTypes, readObjects } from "./hidden.mjs"

const headerKeys = ["typeId", "sq", "count", "cot", "negative", "test", "oa", "ca"]
const apciKeys = { I: ["ns", "nr"], S: ["nr"], U: ["function"] }
/** Fields of ours that say the same twice, or name a format. */
const isDouble = (key, object) => key === "fmt" || (key === "value" && ("valueBits" in object || "raw" in object))

/** The fields of an object of ours as a flat record of numbers and texts. */
const flat = (object, prefix = "") =>
  Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      if (isDouble(key, object) || (prefix === "" && key === "ioa")) return []
      if (typeof value === "object" && value !== null) return Object.entries(flat(value, `${prefix}${key}.`))
      if (key === "valueBits") return [[key, Number.parseInt(value, 16)]]
      return [[prefix + key, typeof value === "boolean" ? Number(value) : value]]
    })
  )

/** What tshark shows of an APDU; the octets that it leaves raw are read by the standard's figures (hidden.mjs). */
export const objectsOf = ({ header, objects, raw }) =>
  raw !== "" && hiddenTypes.has(header.typeId)
    ? readObjects(header.typeId, objects[0]?.ioa ?? Number.NaN, raw, header.sq === 1)
    : objects

/** A judge that counts comparisons and keeps the differences, as texts. */
export const makeJudge = () => {
  const judge = { compared: 0, hidden: 0, differences: [] }
  judge.same = (where, key, theirs, ours) => {
    judge.compared++
    if (!Object.is(theirs, ours)) judge.differences.push(`${where}: ${key}: tshark ${theirs}, codec ${ours}`)
  }
  return judge
}

const compareObjects = (judge, where, shown, fields) => {
  const theirs = objectsOf(shown)
  judge.same(where, "objects", theirs.length, fields.objects?.length)
  for (const [index, object] of (fields.objects ?? []).entries()) {
    const other = theirs[index] ?? { ioa: Number.NaN, fields: {} }
    const ours = flat(object)
    const at = `${where} object ${index + 1}`
    judge.same(at, "ioa", other.ioa, object.ioa)
    const { reserved = 0, ...shownFields } = other.fields
    judge.same(at, "reserved bits", reserved, 0)
    for (const key of new Set([...Object.keys(shownFields), ...Object.keys(ours)])) {
      judge.same(at, key, shownFields[key], ours[key])
      if (shown.raw !== "") judge.hidden++
    }
  }
}

const compareApdu = (judge, where, shown, octets, decode) => {
  const decoded = decode(octets)
  if (!decoded.ok) {
    judge.same(where, "layout", "sound", decoded.error)
    return
  }
  const { apci, ...fields } = decoded.fields
  judge.same(where, "format", shown.format, apci.format)
  judge.same(where, "length", shown.length, apci.length)
  for (const key of apciKeys[apci.format]) judge.same(where, key, shown[key], apci[key])
  if (shown.strange.length > 0) judge.same(where, "fields outside objects", shown.strange.join(), "")
  if (apci.format !== "I") return
  for (const key of headerKeys) judge.same(where, key, shown.header[key], Number(fields[key]))
  // What is behind a type that this package has no layout for is the same octets for both.
  if (fields.data === undefined) compareObjects(judge, where, shown, fields)
}

/** Compares every APDU of recorded connections; `decode` is `Fields.decode` of the package. */
export const compare = (judge, shown, connections, decode) => {
  for (const [stream, connection] of connections.entries())
    for (const from of ["client", "server"]) {
      const theirs = shown.filter((apdu) => apdu.stream === String(stream) && apdu.from === from)
      const { apdus } = apdusOf(connection, from)
      judge.same(`connection ${stream}`, `APDUs of the ${from}`, theirs.length, apdus.length)
      for (const [index, octets] of apdus.entries()) {
        const other = theirs[index]
        const where = `connection ${stream} ${from} APDU ${index + 1} ${octets.toString("hex")}`
        if (other !== undefined) compareApdu(judge, where, other, octets, decode)
      }
    }
}
