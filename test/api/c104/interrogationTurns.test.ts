// Interrogations of stations and of counters are independent: neither waits for the other's end (60870-5-5 6.6 and 6.9).
import { expect, it } from "vitest"
import { Type } from "../../../src/api/c104/index.ts"
import { makeServer, startClient } from "../../support/Stage.ts"

const C_IC = 100
const C_CI = 101
const TERMINATION = 10

it("an interrogation of counters ends while a long one of another station goes on", async () => {
  const server = makeServer({ logLevel: "none" })
  const [long, counters] = [server.addStation(1), server.addStation(2)]
  for (let ioAddress = 1; ioAddress <= 5000; ioAddress++) long?.addPoint({ ioAddress, type: Type.M_ME_TF_1 })
  for (let ioAddress = 1; ioAddress <= 20; ioAddress++) counters?.addPoint({ ioAddress, type: Type.M_IT_NA_1 })
  await server.start()
  const client = await startClient(server.port)
  client.interrogate(1)
  client.command(C_CI, 0, { rqt: 5, frz: 0 }, { ca: 2 })
  const ends = () =>
    client.asdus().filter(({ typeId, cot }) => cot === TERMINATION && (typeId === C_IC || typeId === C_CI))
  await client.until(() => ends().length === 2)
  expect(ends().map(({ typeId }) => typeId)).toEqual([C_CI, C_IC])
  const readings = client.asdus().filter(({ typeId }) => typeId === Type.M_IT_NA_1)
  expect(readings.flatMap(({ objects }) => objects ?? [])).toHaveLength(20)
})
