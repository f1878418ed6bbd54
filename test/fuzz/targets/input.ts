// Values as `iec104 serve` reads them from standard input, a JSON object a line: each becomes an event of its point, or is refused in words.
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Feed from "../../../src/api/cli/feed.ts"
import * as Config from "../../../src/shell/config/Config.ts"
import * as Plant from "../../../src/shell/config/Plant.ts"
import { Host } from "../../../src/shell/Host.ts"
import { MemoryTransport } from "../../../src/shell/memory/MemoryTransport.ts"
import { forgo } from "../../../src/shell/Rehearsal.ts"
import { serve } from "../../../src/shell/Serve.ts"
import { VirtualClock } from "../../../src/shell/VirtualClock.ts"
import * as Frames from "../../property/support/Frames.ts"
import { hold, octetsOf, type Target, textOf } from "../Target.ts"

const CONFIG = `stations:
  - commonAddress: 47
    points:
      - { address: 1, type: M_SP_NA_1 }
      - { address: 2, type: M_DP_TB_1 }
      - { address: 3, type: M_ST_NA_1 }
      - { address: 4, type: M_BO_NA_1 }
      - { address: 5, type: M_ME_NA_1 }
      - { address: 6, type: M_ME_NB_1, deadband: 3, rate: 1 second }
      - { address: 7, type: M_ME_TF_1 }
      - { address: 8, type: M_IT_NA_1 }
      - { address: 9, type: M_EP_TD_1 }
      - { address: 10, type: M_EP_TE_1 }
      - { address: 11, type: M_EP_TF_1 }
      - { address: 12, type: M_PS_NA_1 }
      - { address: 13, type: M_ME_ND_1 }
      - { address: 20, type: C_SC_NA_1 }
  - { commonAddress: 48, timeZone: Europe/Berlin, points: [{ address: 1, type: M_SP_TB_1 }] }
`
const PLACE = { address: "127.0.0.1", port: 2404 }
const clock = new VirtualClock(Date.UTC(2026, 0, 1))
const transport = new MemoryTransport(clock)
const config = Effect.runSync(Config.parse(CONFIG, "a.yaml"))
const { host, ticker } = Plant.make(
  config,
  { host: PLACE.address, port: PLACE.port },
  { clock, host: (options) => new Host(options) }
)

/** Somebody listens, and says no more: of what nobody takes nothing is made. */
async function listens(): Promise<void> {
  forgo()
  await Effect.runPromise(serve(host, ticker, transport).pipe(Scope.provide(Effect.runSync(Scope.make()))))
  const line = transport.connect({ address: "192.0.2.1", port: 50_000 }, PLACE)
  clock.turn()
  line?.write(Frames.u(Frames.U.startdt))
  clock.turn()
  hold(host.station.started.size === 1, () => "nobody listens")
}

await listens()

const [REFUSED, REFUSED_A_CHARACTER] = [1000, 60]

function run(input: Uint8Array): void {
  for (const line of textOf(input).split("\n")) {
    const why = Feed.feed(host, line)
    hold(Feed.feed(host, line) === why, () => `it is ${why === null ? "taken" : "refused"} once, and not again`)
    if (why === null) continue
    hold(
      why.length <= REFUSED + REFUSED_A_CHARACTER * line.length,
      () => `${line.length} characters are refused with ${why.length}`
    )
    // Whatever is thrown within it is told: what nobody has meant to throw shows by its words.
    const isMeant =
      !/undefined|is not a function|Cannot (?:read|set)|\[object|call stack|BigInt|out of range|Invalid (?:array|string)/.test(
        why
      )
    hold(isMeant || /JSON|Unexpected|literal/.test(why), () => `it is refused with: ${why}`)
  }
  clock.turn()
  hold(host.sessions.size === 1, () => "its client has gone")
}

const lines = [
  '{"station":47,"address":1,"value":true}',
  '{"station":47,"address":2,"value":2,"quality":["iv","nt"],"at":"2026-01-01T12:00:00Z"}',
  '{"station":47,"address":3,"value":-64,"quality":"ov"}',
  '{"station":47,"address":4,"value":4294967295}',
  '{"station":47,"address":5,"value":-1}',
  '{"station":47,"address":6,"value":32767,"type":"M_ME_NB_1"}',
  '{"station":47,"address":7,"value":1.5e-3,"quality":[],"at":"2026-06-30T12:00:00.125+02:00"}',
  '{"station":47,"address":8,"value":-2147483648,"quality":["cy","ca"]}',
  '{"station":47,"address":9,"value":1}\n{"station":47,"address":10,"value":255}\n{"station":47,"address":11,"value":15}',
  '{"station":47,"address":12,"value":65535}\n{"station":47,"address":13,"value":0.5}',
  '{"station":48,"address":1,"value":"on","at":"2026-03-29T02:30:00+01:00"}',
  '{"station":47,"address":20,"value":"off"}',
  '{"station":47,"station":48,"address":1}',
  '{"station":47,"address":1,"at":"1999-12-31T23:59:59Z"}',
  '[]\nnull\n1\n"a"\n{}\n'
]

const words =
  '"station": "address": "type": "value": "quality": "at": "on" "off" true false null { } [ ] , : 1e999 -0 0.1 1e-320 9007199254740993 "iv" "nt" "sb" "bl" "ov" "cy" "ca" "ei" "M_SP_NA_1" "__proto__": "constructor": "toString" \\u0000 \\ud800 "2026-02-30T00:00:00Z" "+275760-09-13T00:00:00.001Z" "2100-01-01T00:00:00Z"'
    .split(" ")
    .concat(["\n", '"', "\\"])
    .map(octetsOf)

export const target: Target = {
  name: "input",
  about: "JSON lines, as `iec104 serve` reads them from standard input",
  seeds: () => lines.map(octetsOf),
  words,
  text: true,
  most: 4096,
  work: { base: 60_000, octet: 600 },
  batch: 64,
  run
}
