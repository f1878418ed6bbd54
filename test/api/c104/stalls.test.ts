// Commands that waited in the input while this process stood still for t1 or longer: nobody knows how old they are, so they
// are refused. What comes after is taken as ever.
import { expect, it } from "vitest"
import { ResponseState, Type } from "../../../src/api/c104/index.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const block = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

it.each([
  ["one", 1],
  ["more than a connection's share of a turn", 300]
])("%s", async (_, count) => {
  const { server, station, events } = await startServer({ profile: "iec" })
  server.protocolParameters.messageTimeout = 2
  server.protocolParameters.confirmInterval = 1
  const values: unknown[] = []
  station.addPoint({ ioAddress: 10, type: Type.C_SE_NB_1 })?.onReceive((_point, _previous, { info }) => {
    values.push(Number(info?.value))
    return ResponseState.SUCCESS
  })
  const [client, other] = [await startClient(server.port), await startClient(server.port)]
  const said = (value: number) => client.i({ typeId: 49, cot: 6, ca: 1, objects: [{ ioa: 10, value, ql: 0 }] })
  client.send(Buffer.concat(Array.from({ length: count }, () => said(1))))
  block(2500)
  await client.until(() => client.asdus({ negative: true }).length === count)
  expect([values, events.of("closed")]).toEqual([[], []])
  client.send(said(2))
  await client.next({ cot: 10 })
  other.command(Type.C_SE_NB_1, 10, { value: 3, ql: 0 })
  await other.next({ cot: 10 })
  expect(values).toEqual([2, 3])
})
