// What every monitoring type is made to say: extreme values, every quality bit alone and all together, and how the
// standard lays that out (60870-5-101 7.2.6), as the fields that have to be seen on the wire.

export const mnemonics = {
  ...{ 1: "M_SP_NA_1", 3: "M_DP_NA_1", 5: "M_ST_NA_1", 7: "M_BO_NA_1", 9: "M_ME_NA_1", 11: "M_ME_NB_1" },
  ...{ 13: "M_ME_NC_1", 15: "M_IT_NA_1", 20: "M_PS_NA_1", 21: "M_ME_ND_1", 30: "M_SP_TB_1", 31: "M_DP_TB_1" },
  ...{ 32: "M_ST_TB_1", 33: "M_BO_TB_1", 34: "M_ME_TD_1", 35: "M_ME_TE_1", 36: "M_ME_TF_1", 37: "M_IT_TB_1" },
  ...{ 38: "M_EP_TD_1", 39: "M_EP_TE_1", 40: "M_EP_TF_1", 45: "C_SC_NA_1", 46: "C_DC_NA_1", 47: "C_RC_NA_1" },
  ...{ 48: "C_SE_NA_1", 49: "C_SE_NB_1", 50: "C_SE_NC_1", 51: "C_BO_NA_1", 58: "C_SC_TA_1", 59: "C_DC_TA_1" },
  ...{ 60: "C_RC_TA_1", 61: "C_SE_TA_1", 62: "C_SE_TB_1", 63: "C_SE_TC_1", 64: "C_BO_TA_1" }
}

const float32Bits = (value) => new DataView(Float32Array.of(value).buffer).getUint32(0, true)
const bits = (group, names, value) =>
  Object.fromEntries(names.map((name, bit) => [`${group}.${name}`, (value >> bit) & 1]))

const single = (value) => ({ spi: value })
const double = (value) => ({ dpi: value })
const step = (value) => ({ value, transient: 0 })
const bitstring = (value) => ({ bsi: value })
const normalized = (value) => ({ raw: Math.min(32767, Math.round(value * 32768)) })
const scaled = (value) => ({ value })
const short = (value) => ({ valueBits: float32Bits(value) })
const packed = (value) => ({ st: value, cd: 0 })
const event = (value) => ({ es: value, "elapsed.ms": 0 })
const started = (value) => ({ ...bits("spe", ["gs", "sl1", "sl2", "sl3", "sie", "srd"], value), "duration.ms": 0 })
const circuit = (value) => ({ ...bits("oci", ["gc", "cl1", "cl2", "cl3"], value), "operatingTime.ms": 0 })

const points = ["bl", "sb", "nt", "iv"]
const values = ["ov", ...points]
const protection = ["ei", ...points]
const kinds = [
  { types: [1, 30], samples: [0, 1], shown: single, quality: points },
  { types: [3, 31], samples: [0, 1, 2, 3], shown: double, quality: points },
  { types: [5, 32], samples: [-64, -1, 0, 1, 63], shown: step, quality: values },
  { types: [7, 33], samples: [0, 1, 0x8000_0000, 0x1234_5678, 0xffff_ffff], shown: bitstring, quality: values },
  {
    types: [9, 34],
    samples: [-1, -0.5, -(2 ** -15), 0, 2 ** -15, 1 - 2 ** -15, 1],
    shown: normalized,
    quality: values
  },
  { types: [11, 35], samples: [-32768, -1, 0, 1, 32767], shown: scaled, quality: values },
  {
    types: [13, 36],
    samples: [0, 1.5, -273.15, Math.PI, 3.4028234663852886e38, -3.4028234663852886e38, 2 ** -149, 2 ** -126, 0.1],
    shown: short,
    quality: values
  },
  { types: [20], samples: [0, 1, 0x8000, 0xaaaa, 0xffff], shown: packed, quality: values },
  { types: [21], samples: [-1, -0.5, 0, 2 ** -15, 1 - 2 ** -15], shown: normalized, quality: [] },
  { types: [38], samples: [0, 1, 2, 3], shown: event, quality: protection },
  { types: [39], samples: [0, 1, 2, 4, 8, 16, 32, 63], shown: started, quality: protection },
  { types: [40], samples: [0, 1, 2, 4, 8, 15], shown: circuit, quality: protection }
]

const qualityFields = ({ types, quality }, set) => {
  const group = types[0] >= 38 ? "qdp" : "quality"
  return Object.fromEntries(quality.map((name) => [`${group}.${name}`, set.includes(name) ? 1 : 0]))
}

/** `type -> [{ value, quality, fields }]`, for all monitoring types but counters. */
export const samples = new Map(
  kinds.flatMap((kind) => {
    const { types, shown, quality } = kind
    const sets = [[], ...quality.map((name) => [name]), ...(quality.length > 0 ? [quality] : [])]
    const count = Math.max(kind.samples.length, sets.length)
    const list = Array.from({ length: count }, (_, index) => {
      const value = kind.samples[index % kind.samples.length]
      const set = sets[index % sets.length]
      return { value, quality: set, fields: { ...shown(value), ...qualityFields(kind, set) } }
    })
    return types.map((type) => [type, list])
  })
)

export const isTagged = (type) => type >= 30 && type <= 40

/** Instants that calendars get wrong. */
export const instants = [
  "2000-01-01T00:00:00.000Z",
  "2024-02-29T23:59:59.999Z",
  "2026-03-29T00:59:59.999Z",
  "2026-03-29T01:00:00.000Z",
  "2026-07-01T12:34:56.789Z",
  "2026-10-25T00:30:00.000Z",
  "2026-10-25T01:30:00.001Z",
  "2099-12-31T21:59:59.999Z"
].map((text) => Date.parse(text))

/** The fields of CP56Time2a for an instant that many ms ahead of UTC; day of week not used. */
export const timeFields = (ms, aheadMs = 0, isSummer = false) => {
  const date = new Date(ms + aheadMs)
  return {
    "time.ms": date.getUTCSeconds() * 1000 + date.getUTCMilliseconds(),
    "time.min": date.getUTCMinutes(),
    "time.gen": 0,
    "time.iv": 0,
    "time.hour": date.getUTCHours(),
    "time.su": isSummer ? 1 : 0,
    "time.dom": date.getUTCDate(),
    "time.dow": 0,
    "time.month": date.getUTCMonth() + 1,
    "time.year": date.getUTCFullYear() - 2000
  }
}
