// One session from the first octet to the last, with everything that a controlled station does, driven through whatever
// core it is given: also one that lives in another realm. Fails by throwing.
import type * as CoreModule from "../../../src/core/index.ts"
import * as Frames from "./Frames.ts"

type Core = typeof CoreModule

/** STARTDT, interrogation, events, a command with its decision, TESTFR, timers, STOPDT and the end. */
export const wholeSession = (core: Core): void => {
  const { Cursor, Image, EventLog, Profile, Limits, Parameters, SessionState, SessionEvent, Link } = core
  const first = Image.withBlock(Image.withStation(Image.empty, 1), 1, Image.blockType(1, 36, Profile.iec))
  const second = Image.withBlock(first.image, 1, Image.blockType(1, 45, Profile.iec))
  const measured = first.block
  for (const ioa of [30, 10, 20]) Image.setValue(measured, measured.add(ioa), ioa / 2)
  second.block.add(100)
  const image = Image.settle(second.image)
  const log = EventLog.make(Limits.defaults.logRecords)
  const world: CoreModule.World = {
    link: Parameters.defaults,
    profile: Profile.iec,
    limits: Limits.defaults,
    image,
    logs: [log],
    selections: null,
    selectMs: 10_000,
    commandAgeMs: 0,
    packEvents: true,
    files: false,
    freezes: { count: 0 },
    initialised: { order: null, latest: null, count: 0 },
    resetting: false,
    stopping: false,
    trace: false
  }
  let state = SessionState.open(world, 1, 0)
  let cursor = Cursor.at([0], 0)
  let nowMs = 0
  const said: string[] = []
  const notices: string[] = []

  const reduce = (event: CoreModule.SessionEvent.SessionEvent): void => {
    const { outputs, ...after } = core.reduce(world, state, cursor, event)
    state = after.state
    cursor = after.cursor
    for (const { format, code, type, cause } of Frames.split(outputs.octets.slice(outputs.start, outputs.end)))
      said.push(format === "I" ? `${type}:${cause}` : format === "S" ? "S" : `U${code}`)
    for (const { kind } of outputs.notices) notices.push(kind)
  }
  const receive = (octets: Uint8Array): void => reduce(SessionEvent.received(nowMs, [log.end], 65_536, octets))
  const happen = (kind: CoreModule.SessionEvent.Kind): void =>
    reduce(SessionEvent.plain(kind, nowMs, [log.end], 65_536))
  const expectSaid = (what: string, expected: string): void => {
    const found = said.splice(0).join(" ")
    if (found !== expected) throw new Error(`${what}: "${found}" instead of "${expected}"`)
  }

  receive(Frames.u(Frames.U.startdt))
  expectSaid("STARTDT", `U${Frames.U.startdtCon}`)
  receive(Frames.i(0, 0, Frames.interrogation(1)))
  expectSaid("interrogation", "100:7 13:20 100:10")
  Image.setTime(measured, 0, core.Time.cp56Low(1_700_000_000_000), core.Time.cp56High(1_700_000_000_000))
  for (let n = 0; n < 20; n++) EventLog.append(log, measured, n % 3, 3, 0, 0)
  happen("ready")
  expectSaid("events", "36:3 36:3")
  receive(Frames.join(Frames.s(5), Frames.i(1, 5, Frames.command(1, 100))))
  expectSaid("command", "")
  const answer = { id: 1, confirm: 1, terminate: true, keep: false, barrier: -1, timeLow: 0, timeHigh: 0 } as const
  reduce(SessionEvent.decided(nowMs, [log.end], 65_536, [answer]))
  expectSaid("decision", "45:7 45:10")
  receive(Frames.u(Frames.U.testfr))
  expectSaid("TESTFR", `U${Frames.U.testfrCon}`)
  receive(Frames.s(7))
  nowMs = SessionState.deadline(world, state)
  happen("tick")
  expectSaid("t3", `U${Frames.U.testfr}`)
  receive(Frames.join(Frames.u(Frames.U.testfrCon), Frames.u(Frames.U.stopdt)))
  expectSaid("STOPDT", `U${Frames.U.stopdtCon}`)
  happen("peerClosed")
  expectSaid("end", "")
  if (state.link.phase !== Link.Phase.Closed) throw new Error("the session is still open")
  const expected = "started interrogated command stopped closed"
  if (notices.join(" ") !== expected) throw new Error(`noticed: ${notices.join(" ")}`)
}
