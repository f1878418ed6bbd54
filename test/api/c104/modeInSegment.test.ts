// A handler that has its point selected before it is operated, or refuses by that, means the very next command: in the same segment,
// in another, and where that command waits for it.
import { describe, expect, it } from "vitest"
import { CommandMode, ResponseState, Type } from "../../../src/api/c104/index.ts"
import { startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const command = (ns: number, sco: number): Uint8Array =>
  Uint8Array.of(0x68, 14, ns << 1, 0, 0, 0, 45, 1, 6, 0, 1, 0, 10, 0, 0, sco)

/** A direct command whose handler makes it one that has to be selected. */
const given = async (profile: "iec" | "c104", later: boolean) => {
  const { server, station, events } = await startServer({ profile })
  const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  if (point === null) throw new Error("address 10 is free")
  const called: boolean[] = []
  const change = (): ResponseState => {
    point.commandMode = CommandMode.SELECT_AND_EXECUTE
    return SUCCESS
  }
  point.onReceive((at) => {
    called.push(at.value === true)
    return later ? turn().then(change) : change()
  })
  const client = await startClient(server.port)
  const heard = () => client.frames.filter((apdu) => apdu[6] === 45).map((apdu) => apdu[8])
  const situations = () => events.of("rejected").map(({ situation }) => situation)
  return { client, called, heard, situations }
}

describe.each(["iec", "c104"] as const)(
  "a command behind one whose handler demands a select (profile %s)",
  (profile) => {
    it.each([true, false])("is refused as not selected; in one segment: %s", async (one) => {
      const { client, called, heard, situations } = await given(profile, false)
      if (one) client.send(Buffer.concat([command(0, 1), command(1, 0)]))
      else {
        client.send(command(0, 1))
        await client.until(() => heard().length === 2)
        client.send(command(1, 0))
      }
      await client.until(() => heard().length === 3)
      expect([called, heard(), situations()]).toEqual([[true], [7, 10, 0x47], ["notSelected"]])
    })
  }
)

it("a command that waits for such a one is refused when its turn comes", async () => {
  const { client, called, heard, situations } = await given("c104", true)
  client.send(Buffer.concat([command(0, 1), command(1, 0)]))
  await client.until(() => heard().length === 3)
  expect([called, heard().at(-1), situations()]).toEqual([[true], 0x47, ["notSelected"]])
})
