// What the parity tests of the link share: a server whose events a client leaves open, and what I frames say.
import { Cot, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { given } from "./support.ts"

/** A server with a measured value, and a started client that acknowledges nothing by itself. */
export const measured = async (options: Parameters<typeof startServer>[0] = {}) => {
  const { server, station, events } = await startServer({ packEvents: false, ...options })
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }))
  const client = await startClient(server.port, { acknowledge: "never" })
  const send = (events = 1): void => {
    for (let sent = 0; sent < events; sent++) point.transmit(Cot.SPONTANEOUS)
  }
  return { server, station, events, point, client, send }
}

/** An I frame that needs no answer: a mirrored command is never mirrored again. */
export const quiet = (client: RawClient): Uint8Array =>
  client.i({ typeId: Type.C_SC_NA_1, cot: Cot.UNKNOWN_TYPE_ID, ca: 1, objects: [{ ioa: 1, scs: true }] })

/** N(S) and N(R) of an I frame; of an S frame the second alone has a meaning. */
export const numbers = (apdu: Uint8Array): readonly [sent: number, received: number] => {
  const [, , a = 0, b = 0, c = 0, d = 0] = apdu
  return [(a >> 1) | (b << 7), (c >> 1) | (d << 7)]
}
