// Which types and causes a session with the stations of stations.yaml may and must show on the wire,
// by interoperability profile.

const ids = {
  ...{ M_SP_NA_1: 1, M_DP_NA_1: 3, M_ME_NA_1: 9, M_ME_NB_1: 11, M_ME_NC_1: 13 },
  ...{ M_SP_TB_1: 30, M_DP_TB_1: 31, M_ME_TD_1: 34, M_ME_TE_1: 35, M_ME_TF_1: 36 },
  ...{
    C_SC_NA_1: 45,
    C_DC_NA_1: 46,
    C_SE_NA_1: 48,
    C_SE_NB_1: 49,
    C_SE_NC_1: 50,
    C_SC_TA_1: 58,
    C_DC_TA_1: 59,
    C_SE_TC_1: 63
  }
}
const untagged = { 30: 1, 31: 3, 34: 9, 35: 11, 36: 13 }
const firstMeasured = 9

/** `{ allowed, required }`: sets of "sender type/cause", for a file that is already parsed. */
export const expectationOf = (config) => {
  const isOwnType = config.profile === "c104"
  const required = new Set()
  const must = (type, cause) => required.add(`server ${type}/${cause}`)
  const twin = (type) => untagged[type] ?? type
  for (const { points } of config.stations) {
    const typeAt = new Map(points.map((point) => [point.address, ids[point.type]]))
    for (const point of points) {
      const type = ids[point.type]
      if (point.type.startsWith("C_")) {
        must(type, 7)
        required.add(`client ${type}/6`)
        if (point.accept !== false) must(type, 10)
        if (point.feedback !== undefined && point.accept !== false) {
          const back = typeAt.get(point.feedback)
          must(back, isOwnType || twin(back) < firstMeasured ? 11 : 3)
        }
        continue
      }
      must(isOwnType ? type : twin(type), 20)
      if (point.simulate !== undefined) must(type, 3)
      if (point.cyclic !== undefined)
        must(isOwnType ? type : twin(type), isOwnType || twin(type) >= firstMeasured ? 1 : 2)
    }
  }
  for (const [type, cause] of [
    [100, 7],
    [100, 10],
    [103, 7]
  ])
    must(type, cause)
  for (const type of [100, 103]) required.add(`client ${type}/6`)

  const allowed = new Set(required)
  // End of initialisation; the answers to a read, a test and a counter interrogation, offered or not; refusals.
  for (const key of ["70/4", "1/5", "101/7", "101/10", "102/7", "107/7"]) allowed.add(`server ${key}`)
  for (const key of ["101/6", "102/5", "107/6"]) allowed.add(`client ${key}`)
  for (const type of [...Object.values(ids).filter((id) => id >= 45), 100, 101, 102, 107])
    for (const cause of [44, 46, 47]) allowed.add(`server ${type}/${cause}`)
  return { allowed, required }
}
