// What the parity tests say and hear on the wire, in few words.

import { type IncomingMessage, type Server, Umc } from "../../src/api/c104/index.ts"
import type { AsduFields } from "../../src/core/wire/Fields.ts"
import { byId } from "../../src/core/wire/TypeTable.ts"
import type { RawClient } from "../support/RawClient.ts"

const heard = new WeakMap<RawClient, number>()

/** Everything that came since the last call, once the server has nothing more to say to what it was sent. */
export const answers = async (client: RawClient): Promise<readonly AsduFields[]> => {
  // A confirmation of TESTFR may go ahead of I frames; behind the second one they are all here.
  await client.testfr()
  await client.testfr()
  const all = client.asdus()
  const before = heard.get(client) ?? 0
  heard.set(client, all.length)
  return all.slice(before)
}

/** Type, cause and P/N of an ASDU, e.g. "45 7+". */
export const brief = ({ typeId, cot, negative }: AsduFields): string => `${typeId} ${cot}${negative ? "-" : "+"}`

/** As {@link answers}, in brief. */
export const said = async (client: RawClient): Promise<readonly string[]> => (await answers(client)).map(brief)

/** The messages that the application is told as unexpected, with c104's names for the causes. */
export const unexpected = (server: Server) => {
  const names: string[] = []
  const messages: IncomingMessage[] = []
  server.onUnexpectedMessage((_, message, cause) => {
    messages.push(message)
    names.push(Object.entries(Umc).find(([, value]) => value === cause)?.[0] ?? String(cause))
  })
  return { names, messages }
}

const hexOctet = (octet: number): string => octet.toString(16).padStart(2, "0")

/** An object address as it stands on the wire, in hex. */
export const address = (ioa: number): string => [ioa, ioa >> 8, ioa >> 16].map((part) => hexOctet(part & 0xff)).join("")

/** Address and elements (all 0) of one object of any type, in hex; types without a layout have one octet. */
export const object = (type: number, ioa: number): string => {
  const octets = byId[type]?.octets ?? 1
  return address(ioa) + "00".repeat(octets < 0 ? 4 : octets)
}

/** Sends one object as octets in hex. */
export const sendOctets = (client: RawClient, typeId: number, data: string, fields = {}): void =>
  client.send(client.i({ typeId, cot: 6, ca: 1, data, ...fields }))

/** What stands behind the object address in the last I frame of a type, in hex. */
export const elementOf = (client: RawClient, type: number): string => {
  const frame = client.frames.filter((apdu) => ((apdu[2] ?? 1) & 1) === 0 && apdu[6] === type).at(-1)
  return Buffer.from(frame ?? [])
    .toString("hex")
    .slice(30)
}

/** CP56Time2a of 2024-06-15 12:30:05.250 UTC: as fields, as an instant and as octets. */
export const TIME = { fmt: "CP56Time2a", ms: 5250, min: 30, hour: 12, dom: 15, month: 6, year: 24 }
export const TIME_MS: number = Date.UTC(2024, 5, 15, 12, 30, 5, 250)
export const TIME_OCTETS = "82141e0c0f0618"
