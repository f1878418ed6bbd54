// Parity with c104: the octets of every point type.
import { describe, expect } from "vitest"
import * as C104 from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given } from "./support.ts"
import { address, elementOf, said, sendOctets, TIME_MS, TIME_OCTETS } from "./wire.ts"

const { Cot, Double, EventState, OutputCircuits, PackedSingle, Quality, ResponseState, StartEvents, Type } = C104
const { Adjusted, Carry, Invalid } = C104.BinaryCounterQuality

const recordedAt = new C104.DateTime({ epochMs: TIME_MS })
const point = [Quality.Invalid, Quality.NonTopical, Quality.Substituted, Quality.Blocked].reduce((all, one) =>
  all.or(one)
)
const quality = point.or(Quality.Overflow)
const protection = point.or(Quality.ElapsedTimeInvalid)

/** Type, information, and the octets behind the object address; the tagged type behind it where there is one. */
const monitoring: readonly (readonly [number, C104.Information, string, number?])[] = [
  [Type.M_SP_NA_1, new C104.SingleInfo({ on: true, quality, recordedAt }), "f1", Type.M_SP_TB_1],
  [Type.M_DP_NA_1, new C104.DoubleInfo({ state: Double.ON, quality, recordedAt }), "f2", Type.M_DP_TB_1],
  [Type.M_ST_NA_1, new C104.StepInfo({ position: -3, transient: true, quality, recordedAt }), "fdf1", Type.M_ST_TB_1],
  [Type.M_BO_NA_1, new C104.BinaryInfo({ blob: 0x04030201, quality, recordedAt }), "01020304f1", Type.M_BO_TB_1],
  [Type.M_ME_NA_1, new C104.NormalizedInfo({ actual: 1, quality, recordedAt }), "ff7ff1", Type.M_ME_TD_1],
  [Type.M_ME_NB_1, new C104.ScaledInfo({ actual: -2, quality, recordedAt }), "fefff1", Type.M_ME_TE_1],
  [Type.M_ME_NC_1, new C104.ShortInfo({ actual: 1.5, quality, recordedAt }), "0000c03ff1", Type.M_ME_TF_1],
  [
    Type.M_IT_NA_1,
    new C104.BinaryCounterInfo({ counter: -2, sequence: 7, quality: Carry.or(Adjusted).or(Invalid), recordedAt }),
    "feffffffe7",
    Type.M_IT_TB_1
  ],
  [
    Type.M_PS_NA_1,
    new C104.StatusAndChanged({ status: PackedSingle.I0.or(PackedSingle.I9), changed: PackedSingle.I15, quality }),
    "01020080f1"
  ],
  [Type.M_ME_ND_1, new C104.NormalizedInfo({ actual: -0.5 }), "00c0"],
  [
    Type.M_EP_TD_1,
    new C104.ProtectionEventInfo({ state: EventState.ON, elapsedMs: 1000, quality: protection, recordedAt }),
    `fae803${TIME_OCTETS}`
  ],
  [
    Type.M_EP_TE_1,
    new C104.ProtectionStartInfo({
      events: StartEvents.General.or(StartEvents.ReverseDirection),
      relayDurationMs: 1000,
      quality: protection,
      recordedAt
    }),
    `21f8e803${TIME_OCTETS}`
  ],
  [
    Type.M_EP_TF_1,
    new C104.ProtectionCircuitInfo({
      circuits: OutputCircuits.General.or(OutputCircuits.PhaseL3),
      relayOperatingMs: 1000,
      quality: protection,
      recordedAt
    }),
    `09f8e803${TIME_OCTETS}`
  ]
]

/** Untagged type, octets of the element, and the value and qualifier that they mean. */
const commands: readonly (readonly [number, string, number, number])[] = [
  [Type.C_SC_NA_1, "09", 1, 2],
  [Type.C_DC_NA_1, "02", Double.ON, 0],
  [Type.C_RC_NA_1, "02", C104.Step.HIGHER, 0],
  [Type.C_SE_NA_1, "004005", 0.5, 5],
  [Type.C_SE_NB_1, "070000", 7, 0],
  [Type.C_SE_NC_1, "0000204000", 2.5, 0],
  [Type.C_BO_NA_1, "01020304", 0x04030201, 0]
]
/** The type with a time tag is 13 behind the one without. */
const TAGGED = 13

/** The octets that a point of each type sends for its information. */
const transmitted = async (lines: readonly (readonly [number, C104.Information, string])[]) => {
  const { server, station } = await startServer()
  const client = await startClient(server.port, { acknowledge: 1 })
  const sent: (readonly [number, string])[] = []
  for (const [type, info] of lines) {
    const of: C104.Point = given(station.addPoint<C104.Type>({ ioAddress: 300 + type, type: type as C104.Type }))
    of.info = info
    expect(of.transmit(Cot.SPONTANEOUS)).toBe(true)
    expect(await said(client)).toEqual([`${type} 3+`])
    sent.push([type, elementOf(client, type)])
  }
  return sent
}

describe("encodings", () => {
  row(189, async () => {
    const lines = monitoring.flatMap(
      ([type, info, octets, tagged]): (readonly [number, C104.Information, string])[] => [
        [type, info, octets],
        ...(tagged === undefined ? [] : [[tagged, info, octets + TIME_OCTETS] as const])
      ]
    )
    const expected = lines.map(([type, , octets]) => [type, octets])
    expect([lines.length, await transmitted(lines)]).toEqual([21, expected])

    const { server, station } = await startServer()
    const client = await startClient(server.port, { acknowledge: 1 })
    for (const [untagged, element, value, qualifier] of commands)
      for (const [type, octets] of [
        [untagged, element],
        [untagged + TAGGED, element + TIME_OCTETS]
      ] as const) {
        const of: C104.Point = given(station.addPoint<C104.Type>({ ioAddress: 300 + type, type: type as C104.Type }))
        of.onReceive(() => ResponseState.NONE)
        sendOctets(client, type, address(300 + type) + octets)
        expect(await said(client)).toEqual([])
        const { qualifier: received = 0 } = of.info as { readonly qualifier?: unknown }
        expect([type, Number(of.value), Number(received)]).toEqual([type, value, qualifier])
        expect(of.transmit(Cot.ACTIVATION_CON)).toBe(true)
        expect([type, await said(client), elementOf(client, type)]).toEqual([type, [`${type} 7+`], octets])
      }
  })

  row(190, async () => {
    const info = new C104.BinaryInfo({ blob: 5, quality: Quality.Invalid.or(Quality.Overflow), recordedAt })
    expect(
      await transmitted([
        [Type.M_BO_NA_1, info, ""],
        [Type.M_BO_TB_1, info, ""]
      ])
    ).toEqual([
      [Type.M_BO_NA_1, "0500000081"],
      [Type.M_BO_TB_1, `0500000081${TIME_OCTETS}`]
    ])
  })

  row(191, async () => {
    for (const [flags, octet] of [
      [Carry, "20"],
      [Adjusted, "40"],
      [Invalid, "80"]
    ] as const) {
      const info = new C104.BinaryCounterInfo({ counter: 1, quality: flags, recordedAt })
      expect(
        await transmitted([
          [Type.M_IT_NA_1, info, ""],
          [Type.M_IT_TB_1, info, ""]
        ])
      ).toEqual([
        [Type.M_IT_NA_1, `01000000${octet}`],
        [Type.M_IT_TB_1, `01000000${octet}${TIME_OCTETS}`]
      ])
    }
  })
})
