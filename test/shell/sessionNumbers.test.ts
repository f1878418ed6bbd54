// Sessions have numbers of 16 bits, which are used again: what was asked for by one that has gone is not shown to the one that
// has its number.
import { expect, it } from "vitest"
import type * as Image from "../../src/core/image/Image.ts"
import type { Outcome } from "../../src/shell/ServerEvent.ts"
import { connect, deferred, startClient, startHost } from "../support/Stage.ts"

const [M_SP_NA_1, C_SC_NA_1] = [1, 45]
const SESSIONS = 65_535

it("what a command shows whose client has gone names its originator to nobody", async () => {
  const { host, port, events } = await startHost()
  host.addPoints(1, 20, M_SP_NA_1, 1)
  const { block, slot } = host.addPoints(1, 10, C_SC_NA_1, 1) as Image.PointRef
  const decided = deferred<Outcome>()
  const hooks = host.hooks.of(block, slot)
  hooks.onCommand = () => decided.promise
  hooks.related = { ioAddress: 20, type: 0 }
  hooks.relatedIoAutoreturn = true
  const client = await startClient(port)
  client.command(C_SC_NA_1, 10, { scs: true }, { oa: 77 })
  await client.answers()
  client.close()
  const { peer } = await events.next("closed")
  // All others are taken.
  while (host.nextSession() !== SESSIONS);
  const next = await connect(port)
  await next.startdt()
  expect((await events.next("connected", 2)).peer.session).toBe(peer.session)
  decided.resolve("success")
  expect(await next.next({ typeId: M_SP_NA_1 })).toMatchObject({ cot: 11, oa: 0, objects: [{ ioa: 20 }] })
})
