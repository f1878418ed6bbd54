// Rows 106 to 110: counter interrogation.
import { expect } from "vitest"
import { Cot, Frz, Rqt, Type, Umc } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsA.ts"
import { given, words } from "./support.ts"

const { REQUESTED_BY_GENERAL_COUNTER: COUNTERS, ACTIVATION_TERMINATION: TERM } = Cot

/** A station with a counter of each type, and a client that asks for them. */
const counted = async () => {
  const { server, station } = await startServer()
  const [plain, tagged] = [
    given(station.addPoint({ ioAddress: 1, type: Type.M_IT_NA_1 })),
    given(station.addPoint({ ioAddress: 2, type: Type.M_IT_TB_1 }))
  ]
  plain.value = 11
  tagged.value = 22
  const causes: Umc[] = []
  server.onUnexpectedMessage((_, __, cause) => causes.push(cause))
  const client = await startClient(server.port)
  const ask = (rqt: number, frz: number, fields = {}): void =>
    client.send(
      client.i({ typeId: Type.C_CI_NA_1, cot: Cot.ACTIVATION, ca: 1, objects: [{ ioa: 0, rqt, frz }], ...fields })
    )
  /** The readings of one more request for all counters. */
  const readings = async (): Promise<unknown[]> => {
    const before = client.asdus({ cot: COUNTERS }).length
    ask(Rqt.GENERAL, Frz.READ)
    await client.next({ cot: COUNTERS, typeId: Type.M_IT_TB_1 })
    await client.next({ cot: TERM })
    const told = client.asdus({ cot: COUNTERS }).slice(before)
    return told.flatMap(({ objects }) => objects?.map(({ bcr }) => (bcr as { counter: number }).counter))
  }
  return { station, plain, tagged, client, causes, ask, readings }
}

row(106, async () => {
  const { client, station, readings } = await counted()
  station.addPoint({ ioAddress: 3, type: Type.M_ME_NB_1 })
  expect(await readings()).toEqual([11, 22])
  expect(await words(client)).toEqual(["101/7+@1", "15/37+@1", "37/37+@1", "101/10+@1"])
})

row(107, async () => {
  const { client, station, ask, causes } = await counted()
  const groups = [Rqt.GROUP_1, Rqt.GROUP_2, Rqt.GROUP_3, Rqt.GROUP_4]
  for (const group of groups) ask(group, Frz.READ)
  expect(await words(client)).toEqual(groups.map(() => "101/7-@1"))
  expect(causes).toEqual(groups.map(() => Umc.UNIMPLEMENTED_GROUP))
  given(station.addPoint({ ioAddress: 4, type: Type.M_IT_NA_1, counterGroups: [2] }))
  ask(Rqt.GROUP_2, Frz.READ)
  await client.next({ cot: TERM })
  expect((await words(client)).slice(4)).toEqual(["101/7+@1", "15/39+@1", "101/10+@1"])
})

row(108, async () => {
  const { client, ask } = await counted()
  for (const frz of [Frz.FREEZE_WITHOUT_RESET, Frz.FREEZE_WITH_RESET, Frz.COUNTER_RESET]) {
    ask(Rqt.GENERAL, frz)
    await client.next({ cot: TERM })
  }
  expect(await words(client)).toEqual([1, 2, 3].flatMap(() => ["101/7+@1", "101/10+@1"]))
  ask(Rqt.GROUP_1, Frz.FREEZE_WITHOUT_RESET)
  expect((await words(client)).slice(6)).toEqual(["101/7-@1"])
})

row(109, async () => {
  const { client, plain, tagged, ask, readings } = await counted()
  const order = async (frz: number): Promise<void> => {
    ask(Rqt.GENERAL, frz)
    await client.next({ cot: TERM })
  }
  await order(Frz.FREEZE_WITHOUT_RESET)
  plain.value = 12
  expect([await readings(), plain.value, tagged.value]).toEqual([[11, 22], 12, 22])
  await order(Frz.FREEZE_WITH_RESET)
  expect([await readings(), plain.value, tagged.value]).toEqual([[12, 22], 0, 0])
  plain.value = 5
  await order(Frz.COUNTER_RESET)
  expect([await readings(), plain.value]).toEqual([[12, 22], 0])
})

row(110, async () => {
  const { client, ask } = await counted()
  for (const fields of [
    { cot: Cot.SPONTANEOUS },
    { objects: [{ ioa: 7, rqt: 5, frz: 0 }] },
    { ca: 2 },
    { ca: 2, cot: Cot.SPONTANEOUS }
  ])
    ask(Rqt.GENERAL, Frz.READ, fields)
  expect(await words(client)).toEqual(["101/45-@1", "101/47-@1", "101/46-@2", "101/46-@2"])
})
