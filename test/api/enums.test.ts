// The enumerations have c104's names and numbers.
import { describe, expect, it } from "vitest"
import * as enums from "../../src/api/c104/enums.ts"

/** "A 1, B 2" as an object. */
const members = (text: string, base = 10): Record<string, number> =>
  Object.fromEntries(
    text.split(/,\s+/).map((member) => {
      const [name = "", number = ""] = member.split(" ")
      return [name, Number.parseInt(number, base)]
    })
  )

const groups = (prefix: string, first: number, count: number, suffix = ""): string =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}${suffix} ${first + index}`).join(", ")

const types = `M_SP_NA_1 1, M_SP_TA_1 2, M_DP_NA_1 3, M_DP_TA_1 4, M_ST_NA_1 5, M_ST_TA_1 6, M_BO_NA_1 7, M_BO_TA_1 8,
  M_ME_NA_1 9, M_ME_TA_1 10, M_ME_NB_1 11, M_ME_TB_1 12, M_ME_NC_1 13, M_ME_TC_1 14, M_IT_NA_1 15, M_IT_TA_1 16,
  M_EP_TA_1 17, M_EP_TB_1 18, M_EP_TC_1 19, M_PS_NA_1 20, M_ME_ND_1 21, M_SP_TB_1 30, M_DP_TB_1 31, M_ST_TB_1 32,
  M_BO_TB_1 33, M_ME_TD_1 34, M_ME_TE_1 35, M_ME_TF_1 36, M_IT_TB_1 37, M_EP_TD_1 38, M_EP_TE_1 39, M_EP_TF_1 40,
  C_SC_NA_1 45, C_DC_NA_1 46, C_RC_NA_1 47, C_SE_NA_1 48, C_SE_NB_1 49, C_SE_NC_1 50, C_BO_NA_1 51, C_SC_TA_1 58,
  C_DC_TA_1 59, C_RC_TA_1 60, C_SE_TA_1 61, C_SE_TB_1 62, C_SE_TC_1 63, C_BO_TA_1 64, M_EI_NA_1 70, C_IC_NA_1 100,
  C_CI_NA_1 101, C_RD_NA_1 102, C_CS_NA_1 103, C_TS_NA_1 104, C_RP_NA_1 105, C_CD_NA_1 106, C_TS_TA_1 107`

const causes = `PERIODIC 1, BACKGROUND_SCAN 2, SPONTANEOUS 3, INITIALIZED 4, REQUEST 5, ACTIVATION 6, ACTIVATION_CON 7,
  DEACTIVATION 8, DEACTIVATION_CON 9, ACTIVATION_TERMINATION 10, RETURN_INFO_REMOTE 11, RETURN_INFO_LOCAL 12,
  FILE_TRANSFER 13, AUTHENTICATION 14, MAINTENANCE_OF_AUTH_SESSION_KEY 15, MAINTENANCE_OF_USER_ROLE_AND_UPDATE_KEY 16,
  INTERROGATED_BY_STATION 20, ${groups("INTERROGATED_BY_GROUP_", 21, 16)}, REQUESTED_BY_GENERAL_COUNTER 37,
  ${groups("REQUESTED_BY_GROUP_", 38, 4, "_COUNTER")}, UNKNOWN_TYPE_ID 44, UNKNOWN_COT 45, UNKNOWN_CA 46, UNKNOWN_IOA 47`

describe("enumerations", () => {
  it.each([
    ["Cot", enums.Cot, causes],
    ["Qoi", enums.Qoi, `STATION 20, ${groups("GROUP_", 21, 16)}`],
    ["Qoc", enums.Qoc, "NONE 0, SHORT_PULSE 1, LONG_PULSE 2, PERSISTENT 3"],
    ["Rqt", enums.Rqt, `${groups("GROUP_", 1, 4)}, GENERAL 5`],
    ["Frz", enums.Frz, "READ 0, FREEZE_WITHOUT_RESET 1, FREEZE_WITH_RESET 2, COUNTER_RESET 3"],
    ["Coi", enums.Coi, "LOCAL_POWER_ON 0, LOCAL_MANUAL_RESET 1, REMOTE_RESET 2"],
    [
      "Umc",
      enums.Umc,
      `NO_ERROR_CAUSE 0, UNKNOWN_TYPE_ID 1, UNKNOWN_COT 2, UNKNOWN_CA 3, UNKNOWN_IOA 4, INVALID_COT 5, INVALID_TYPE_ID 6,
       MISMATCHED_TYPE_ID 7, UNIMPLEMENTED_GROUP 8`
    ],
    ["ResponseState", enums.ResponseState, "FAILURE 0, SUCCESS 1, NONE 2"],
    ["CommandMode", enums.CommandMode, "DIRECT 0, SELECT_AND_EXECUTE 1"],
    ["Step", enums.Step, "INVALID_0 0, LOWER 1, HIGHER 2, INVALID_3 3"],
    ["Double", enums.Double, "INTERMEDIATE 0, OFF 1, ON 2, INDETERMINATE 3"],
    ["EventState", enums.EventState, "INTERMEDIATE 0, OFF 1, ON 2, INDETERMINATE 3"],
    ["TlsVersion", enums.TlsVersion, "NOT_SELECTED 0, SSL_3_0 3, TLS_1_0 4, TLS_1_1 5, TLS_1_2 6, TLS_1_3 7"]
  ] as const)("%s", (_, enumeration, text) => {
    expect(enumeration).toEqual(members(text))
  })

  it("Type has c104's members, and those of parameters, files and statistics", () => {
    expect(enums.Type).toMatchObject(members(types))
    const more = Object.values(enums.Type).filter((type) => !Object.values(members(types)).includes(type))
    expect(more).toEqual([41, 110, 111, 112, 113, 120, 121, 122, 123, 124, 125, 126, 127])
  })

  it("TlsCipher has the 190 suites by their IANA numbers", () => {
    const ciphers: Readonly<Record<string, number>> = enums.TlsCipher
    expect(Object.keys(ciphers)).toHaveLength(190)
    expect(new Set(Object.values(ciphers)).size).toBe(190)
    expect(ciphers).toMatchObject(
      members(
        `RSA_WITH_NULL_MD5 0001, RSA_WITH_AES_128_CBC_SHA256 003c, DHE_RSA_WITH_AES_128_GCM_SHA256 009e,
         ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 c02c, ECDHE_RSA_WITH_CAMELLIA_256_GCM_SHA384 c08b,
         ECDHE_ECDSA_WITH_AES_128_CCM_8 c0ae, ECJPAKE_WITH_AES_128_CCM_8 c0ff,
         ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 cca8, TLS1_3_AES_128_GCM_SHA256 1301,
         TLS1_3_AES_128_CCM_8_SHA256 1305`,
        16
      )
    )
  })

  it("nameOf finds the name of a number", () => {
    expect(enums.nameOf(enums.Step, 2)).toBe("HIGHER")
    expect(enums.nameOf(enums.Step, 4)).toBeUndefined()
  })
})
