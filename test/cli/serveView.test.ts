// What `serve` shows: the live view as a pure function of what it shows, and the records and sentences of events.
import { describe, expect, it } from "vitest"
import * as LiveView from "../../src/api/cli/LiveView.ts"
import * as Serve from "../../src/api/cli/serve.ts"
import { CallbackFailed } from "../../src/shell/Errors.ts"
import type { ServerEvent } from "../../src/shell/ServerEvent.ts"

const session = (peer: string): LiveView.Snapshot["sessions"][number] => ({
  peer,
  state: "started",
  received: 12,
  sent: 34_567,
  unacknowledged: 3,
  waiting: 0,
  lost: 0
})

describe("the live view", () => {
  it("shows sessions in columns, the rate, and the last commands", () => {
    const snapshot = {
      sessions: [session("127.0.0.1:51000"), { ...session("[::1]:51001"), state: "stopped", lost: 9 }],
      eventsPerSecond: 1234.5,
      recent: ["12:00:00  127.0.0.1:51000  C_SC_NA_1 47/30 = 1: success"]
    }
    expect(LiveView.render(snapshot, 120)).toEqual([
      "2 connected, 1235 events/s",
      "",
      "peer                         state       received       sent  unacked  waiting     lost",
      "127.0.0.1:51000              started           12      34567        3        0        0",
      "[::1]:51001                  stopped           12      34567        3        0        9",
      "",
      "last commands:",
      "12:00:00  127.0.0.1:51000  C_SC_NA_1 47/30 = 1: success"
    ])
  })

  it("says that nothing happened yet", () => {
    expect(LiveView.render({ sessions: [], eventsPerSecond: 0, recent: [] }, 80)).toEqual([
      "0 connected, 0 events/s",
      "",
      "peer                         state       received       sent  unacked  waiting  ",
      "",
      "last commands:",
      "(none yet)"
    ])
  })

  it("keeps to its width and to a screen of sessions", () => {
    const sessions = Array.from({ length: 200 }, (_, i) => session(`10.0.0.${i}:1234`))
    const lines = LiveView.render({ sessions, eventsPerSecond: 0, recent: ["x".repeat(500)] }, 40)
    expect(Math.max(...lines.map(({ length }) => length))).toBe(40)
    expect(lines).toContain("... and 188 more")
    expect(lines.length).toBeLessThan(24)
  })
})

describe("an event", () => {
  const peer = { session: 7, address: "::1", port: 99 }
  const events: readonly (readonly [ServerEvent, Readonly<Record<string, unknown>>, string])[] = [
    [{ event: "started", peer }, { event: "started", peer: "[::1]:99", session: 7 }, "started [::1]:99 session=7"],
    [
      { event: "refused", address: "10.0.0.1", port: 5, why: "there are 2 connections already" },
      { event: "refused", peer: "10.0.0.1:5", why: "there are 2 connections already" },
      "refused 10.0.0.1:5 why=there are 2 connections already"
    ],
    [
      { event: "rejected", peer, situation: "unknownObject", apdu: Uint8Array.of(0x68, 4) },
      { event: "rejected", peer: "[::1]:99", situation: "unknownObject", apdu: "6804" },
      "rejected [::1]:99 situation=unknownObject apdu=6804"
    ],
    [
      { event: "overflow", peer, lost: 37, counters: 0 },
      { event: "overflow", peer: "[::1]:99", lost: 37, counters: 0, session: 7 },
      "overflow [::1]:99 lost=37 counters=0 session=7"
    ],
    [
      { event: "error", error: new CallbackFailed({ callback: "onReceive", subject: "x", cause: new Error("broke") }) },
      { event: "error", code: "CALLBACK_FAILED", message: "onReceive of x failed: broke" },
      "error code=CALLBACK_FAILED onReceive of x failed: broke"
    ]
  ]

  it.each(events)("is a flat record and a sentence: %j", (event, record, sentence) => {
    expect(Serve.record(event)).toEqual(record)
    expect(Serve.sentence(event, Date.UTC(2024, 0, 1, 12, 34, 56, 789))).toBe(`12:34:56.789 ${sentence}`)
  })
})
