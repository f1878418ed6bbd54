// The configuration file: what a good one becomes, and what is said about each way to get one wrong.
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Config from "../../src/shell/config/Config.ts"
import * as Duration from "../../src/shell/config/Duration.ts"

const read = (text: string) => Config.parse(text, "test.yaml")

const problemsOf = (text: string): Effect.Effect<ReadonlyArray<string>> =>
  read(text).pipe(
    Effect.flip,
    Effect.map((error) => error.problems.map(Config.render)),
    Effect.orDie
  )

const station = (...points: ReadonlyArray<string>): string =>
  ["stations:", "  - commonAddress: 47", "    points:", ...points.map((point) => `      - { ${point} }`)].join("\n")

describe("a good file", () => {
  it.effect("becomes a configuration, with what it leaves out filled in", () =>
    Effect.gen(function* () {
      const config = yield* read(
        station(
          "address: 11, type: M_ME_NC_1, value: 1.5, cyclic: 5 seconds",
          "address: 1000, count: 500, type: M_ME_NC_1, simulate: { kind: sine, period: 1 minute, amplitude: 10 }",
          "address: 2000, type: M_SP_TB_1, simulate: { kind: toggle, every: 2 seconds }",
          "address: 3000, type: C_SC_NA_1, feedback: 2000, accept: false, name: Breaker"
        )
      )
      const plain = {
        count: 1,
        eventType: null,
        interrogationType: null,
        value: null,
        quality: 0,
        groups: [],
        counterGroups: [],
        cyclicMs: 0,
        deadband: null,
        rateMs: 0,
        simulate: null,
        select: false,
        feedback: null,
        accept: null,
        terminate: true,
        tags: null,
        name: null
      }
      expect(config).toEqual({
        listen: { host: "0.0.0.0", port: 2404 },
        link: { k: 12, w: 8, t1Ms: 15_000, t2Ms: 10_000, t3Ms: 20_000 },
        packEvents: true,
        maxConnections: 0,
        profile: "iec",
        addressing: "unique",
        selectMs: 30_000,
        commandAgeMs: 0,
        clock: { source: "host", validMs: 0 },
        files: null,
        limits: {},
        warnings: [],
        stations: [
          {
            commonAddress: 47,
            name: null,
            timeZone: null,
            backgroundMs: 0,
            counters: { mode: "C", freezeMs: 0, reset: false },
            points: [
              { ...plain, address: 11, type: 13, value: 1.5, cyclicMs: 5000 },
              {
                ...plain,
                address: 1000,
                type: 13,
                count: 500,
                simulate: { kind: "sine", everyMs: 1000, periodMs: 60_000, amplitude: 10, offset: 0, integer: false }
              },
              { ...plain, address: 2000, type: 30, simulate: { kind: "toggle", everyMs: 2000, low: 0, high: 1 } },
              { ...plain, address: 3000, type: 45, feedback: 2000, accept: false, name: "Breaker" }
            ]
          }
        ]
      })
    })
  )

  it.effect("may say everything", () =>
    Effect.gen(function* () {
      const config = yield* read(
        `${station()} []\nlisten: { host: 127.0.0.1, port: 0 }\nlink: { k: 3, w: 2, t1: 2, t2: 1500 ms, t3: 1 hour }\n` +
          "packEvents: false\nmaxConnections: 4\nprofile: c104\n" +
          "select: 10 seconds\ncommandAge: 1 minute\nclock: { source: clients, valid: 1 hour }\nfiles: disturbances\n" +
          "limits: { connections: 2, logRecords: 1000, lingerMs: 0 }\n"
      )
      expect(config.listen).toEqual({ host: "127.0.0.1", port: 0 })
      expect(config.link).toEqual({ k: 3, w: 2, t1Ms: 2000, t2Ms: 1500, t3Ms: 3_600_000 })
      expect([config.packEvents, config.maxConnections, config.profile]).toEqual([false, 4, "c104"])
      expect([config.selectMs, config.commandAgeMs]).toEqual([10_000, 60_000])
      expect(config.clock).toEqual({ source: "clients", validMs: 3_600_000 })
      expect(config.files).toBe(path.resolve("disturbances"))
      expect(config.limits).toEqual({ connections: 2, logRecords: 1000, lingerMs: 0 })
    })
  )

  it.effect("writes states as numbers, words or booleans", () =>
    Effect.gen(function* () {
      const config = yield* read(
        station(
          "address: 1, type: M_SP_NA_1, value: on",
          "address: 2, type: M_SP_NA_1, value: false",
          "address: 3, type: M_DP_NA_1, value: on",
          "address: 4, type: M_DP_NA_1, value: false",
          "address: 5, type: M_DP_NA_1, value: 3",
          "address: 6, type: M_DP_NA_1, value: on, simulate: { kind: toggle, every: 1 }",
          "address: 7, type: M_ME_NC_1, quality: [invalid, overflow]",
          "address: 8, type: M_SP_NA_1, quality: blocked"
        )
      )
      const points = config.stations[0]?.points ?? []
      expect(points.map(({ value }) => value)).toEqual([1, 0, 2, 1, 3, 2, null, null])
      expect(points[5]?.simulate).toEqual({ kind: "toggle", everyMs: 1000, low: 2, high: 1 })
      expect(points.map(({ quality }) => quality)).toEqual([0, 0, 0, 0, 0, 0, 0x81, 0x10])
    })
  )

  it.effect("finds the folder for files beside it", () =>
    Effect.gen(function* () {
      const text = `files: ../files\n${station("address: 1, type: M_SP_NA_1")}`
      expect((yield* Config.parse(text, "/etc/plant/rtu.yaml")).files).toBe(path.resolve("/etc/files"))
      expect((yield* Config.parse(text.replace("../", "/srv/"), "rtu.yaml")).files).toBe(path.resolve("/srv/files"))
    })
  )

  it.effect("may say everything of a station", () =>
    Effect.gen(function* () {
      const config = yield* read(
        "stations:\n" +
          "  - { commonAddress: 1, timeZone: Europe/Berlin, background: 5 minutes, counters: { mode: A, freeze: 15 minutes, reset: true }, points: [] }\n" +
          "  - { commonAddress: 2, timeZone: UTC, counters: { mode: D }, points: [] }\n"
      )
      expect(config.warnings).toEqual([])
      expect(config.stations).toMatchObject([
        { timeZone: "Europe/Berlin", backgroundMs: 300_000, counters: { mode: "A", freezeMs: 900_000, reset: true } },
        { timeZone: "UTC", backgroundMs: 0, counters: { mode: "D", freezeMs: 0, reset: false } }
      ])
    })
  )

  it.effect("may say everything of a point", () =>
    Effect.gen(function* () {
      const config = yield* read(
        station(
          "address: 1, type: M_ME_NC_1, eventType: M_ME_TF_1, interrogationType: M_ME_NC_1, groups: [1, 16], deadband: 0.5, rate: 1 second",
          "address: 2, type: M_ME_TD_1, deadband: 2 %, groups: 3",
          "address: 3, type: M_IT_NA_1, counterGroups: [1, 4], simulate: { kind: count, every: 1 s, step: 5 }",
          "address: 4, type: M_IT_TB_1, simulate: { kind: count, every: 1 s }",
          "address: 5, type: C_SC_NA_1, mode: select",
          "address: 6, type: C_SC_NA_1, mode: direct, terminate: false",
          "address: 7, type: M_EP_TD_1, value: on, quality: [elapsed-time-invalid]",
          "address: 8, type: M_PS_NA_1, value: 65535, groups: [2]",
          "address: 9, type: M_EP_TD_1, simulate: { kind: toggle, every: 1 }"
        )
      )
      expect(config.stations[0]?.points).toMatchObject([
        { eventType: 36, interrogationType: 13, groups: [1, 16], deadband: { absolute: 0.5 }, rateMs: 1000 },
        { eventType: null, deadband: { percent: 2 }, rateMs: 0, groups: [3] },
        { counterGroups: [1, 4], simulate: { kind: "count", everyMs: 1000, step: 5 } },
        { counterGroups: [], simulate: { kind: "count", everyMs: 1000, step: 1 } },
        { select: true, terminate: true },
        { select: false, terminate: false },
        { type: 38, value: 2, quality: 0x08 },
        { type: 20, value: 65_535, groups: [2] },
        { simulate: { kind: "toggle", everyMs: 1000, low: 1, high: 2 } }
      ])
    })
  )

  it.effect("may give a command the address of a monitoring point", () =>
    Effect.gen(function* () {
      const config = yield* read(
        station(
          "address: 10, count: 5, type: M_SP_NA_1",
          "address: 8, count: 10, type: C_SC_NA_1",
          "address: 20, type: C_SC_NA_1, feedback: 12"
        )
      )
      expect(config.stations[0]?.points.map(({ address }) => address)).toEqual([10, 8, 20])
    })
  )

  it.effect("may use anchors and merge keys", () =>
    Effect.gen(function* () {
      const config = yield* read(
        "stations:\n  - commonAddress: 1\n    points: &points [{ address: 1, type: M_SP_NA_1 }]\n" +
          "  - { commonAddress: 2, points: *points }\n"
      )
      expect(config.stations.map(({ points }) => points.length)).toEqual([1, 1])
    })
  )

  it.effect("is judged by its rows, not by its points", () =>
    Effect.gen(function* () {
      const startedMs = performance.now()
      const config = yield* read(
        station(
          "address: 1, count: 1000000, type: M_SP_NA_1",
          "address: 2000000, count: 1000000, type: C_SC_NA_1, feedback: 1"
        )
      )
      expect(config.stations[0]?.points.map(({ count }) => count)).toEqual([1_000_000, 1_000_000])
      expect(performance.now() - startedMs).toBeLessThan(500)
    })
  )

  it.effect("is what the example is", () =>
    Effect.gen(function* () {
      const config = yield* read(fs.readFileSync("examples/substation.yaml", "utf8"))
      expect(config.warnings).toEqual([])
      expect(config.listen).toEqual({ host: "127.0.0.1", port: 2404 })
      expect(config.stations.map(({ commonAddress }) => commonAddress)).toEqual([47, 48, 49])
      const rows = config.stations[0]?.points.map(({ address, count, type }) => [address, count, type])
      expect(rows?.slice(0, 4)).toEqual([
        [11, 1, 13],
        [1000, 500, 13],
        [2000, 1, 30],
        [3000, 1, 45]
      ])
    })
  )
})

describe("durations", () => {
  it.each([
    ["5 seconds", 5000],
    ["500 millis", 500],
    ["500ms", 500],
    ["1 Minute", 60_000],
    ["2 hours", 7_200_000],
    ["1.5 s", 1500],
    ["7", 7000],
    [0.25, 250],
    ["5 parsecs", undefined],
    ["", undefined],
    ["-1 s", undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [true, undefined]
  ])("%j is %s ms", (written, ms) => {
    expect(Duration.toMillis(written)).toBe(ms)
  })
})

describe("a file with problems", () => {
  it.effect("tells all of them at once, each with its place", () =>
    Effect.gen(function* () {
      const problems = yield* problemsOf(
        [
          "listen: { host: 127.0.0.1, port: 99999 }",
          "link: { k: 0, t1: 8 s }",
          "profil: c104",
          "stations:",
          "  - commonAddress: 47",
          "    points:",
          "      - { address: 11, type: M_ME_XC_1 }",
          "      - { address: 11, type: M_ME_NC_1, value: high }",
          "  - commonAddress: 47",
          "    points: 5"
        ].join("\n")
      )
      expect(problems).toEqual([
        "test.yaml:1:34 listen.port: expected a port (0 = any free one), 0..65535, got 99999",
        "test.yaml:2:12 link.k: expected a number of APDUs, 1..32767, got 0",
        "test.yaml:2:19 link.t1: t2 (10 s) must be shorter than t1 (8 s), or acknowledgements come too late",
        "test.yaml:3:1 profil: unknown key in the configuration; did you mean profile?",
        'test.yaml:7:30 stations[0].points[0].type: unknown type "M_ME_XC_1"; did you mean M_ME_NC_1?',
        "test.yaml:8:20 stations[0].points[1].address: information object address 11 is used twice: 11 here, 11 in line 7",
        'test.yaml:8:48 stations[0].points[1].value: expected a number, true, false, on or off, got "high"',
        "test.yaml:9:20 stations[1].commonAddress: common address 47 is used twice: here and in line 5",
        "test.yaml:10:13 stations[1].points: expected a list of points, got 5"
      ])
    })
  )

  const good = "address: 1, type: M_SP_NA_1"
  const at = "test.yaml:4"
  const point = "stations[0].points[0]"
  it.effect.each<readonly [name: string, text: string, problem: string]>([
    ["no stations", "profile: iec", "test.yaml:1:1: the configuration needs the key stations"],
    [
      "an empty list of stations",
      "stations: []",
      "test.yaml:1:11 stations: expected a list of at least one station, got []"
    ],
    ["an empty file", "", "test.yaml:1:1: expected the configuration: a mapping"],
    ["a list instead of a mapping", "- 1", "test.yaml:1:1: expected the configuration: a mapping"],
    ["broken YAML", "listen: { host: a\nstations: []\n", "test.yaml:2:1: not valid YAML: "],
    ["two documents", "a: 1\n---\nb: 2\n", "test.yaml:2:1: expected one YAML document, found a second one"],
    ["an alias without anchor", "stations: *nothing\n", "test.yaml:1:11: not valid YAML: "],
    [
      "a key given twice",
      `profile: iec\nprofile: c104\n${station(good)}`,
      "test.yaml:2:1: this key is given twice in one mapping"
    ],
    ["an unknown profile", `profile: iek\n${station(good)}`, 'test.yaml:1:10 profile: expected iec or c104, got "iek"'],
    [
      "a negative limit",
      `maxConnections: -1\n${station(good)}`,
      "test.yaml:1:17 maxConnections: expected a number of connections"
    ],
    [
      "a word for a boolean",
      `packEvents: yes\n${station(good)}`,
      'test.yaml:1:13 packEvents: expected true or false, got "yes"'
    ],
    [
      "a value for a mapping",
      `listen: 2404\n${station(good)}`,
      "test.yaml:1:9 listen: expected listen: a mapping with the keys host, port; got 2404"
    ],
    [
      "w out of range",
      `link: { w: 32768 }\n${station(good)}`,
      "test.yaml:1:12 link.w: expected a number of APDUs, 1..32767, got 32768"
    ],
    [
      "t1 out of range",
      `link: { t1: 256 }\n${station(good)}`,
      'test.yaml:1:13 link.t1: expected a duration such as "5 seconds"'
    ],
    ["t3 out of range", `link: { t3: 700 hours }\n${station(good)}`, "test.yaml:1:13 link.t3: expected a duration"],
    [
      "t2 as long as t1",
      `link: { t1: 9, t2: 9 }\n${station(good)}`,
      "test.yaml:1:20 link.t2: t2 (9 s) must be shorter than t1 (9 s)"
    ],
    [
      "a common address out of range",
      "stations: [{ commonAddress: 65535, points: [] }]",
      "test.yaml:1:29 stations[0].commonAddress: expected a common address, 1..65534, got 65535"
    ],
    [
      "a station without points",
      "stations: [{ commonAddress: 1 }]",
      "test.yaml:1:12 stations[0]: a station needs the key points"
    ],
    [
      "an address of 0",
      station("address: 0, type: M_SP_NA_1"),
      `${at}:20 ${point}.address: expected an information object address, 1..16777215, got 0`
    ],
    [
      "an address too great",
      station("address: 16777216, type: M_SP_NA_1"),
      `${at}:20 ${point}.address: expected an information object address`
    ],
    [
      "a count of 0",
      station("address: 1, type: M_SP_NA_1, count: 0"),
      `${at}:47 ${point}.count: expected a number of points`
    ],
    [
      "a row past the last address",
      station("address: 16777215, type: M_SP_NA_1, count: 2"),
      `${at}:54 ${point}.count: 2 points from 16777215 on end at 16777216`
    ],
    ["a point without type", station("address: 1"), `${at}:9 ${point}: a point needs the key type`],
    [
      "a misspelt key",
      station("adress: 1, type: M_SP_NA_1"),
      `${at}:11 ${point}.adress: unknown key in a point; did you mean address?`
    ],
    [
      "a strange key",
      station(`${good}, colour: red`),
      `${at}:40 ${point}.colour: unknown key in a point; known keys: address, type`
    ],
    [
      "a type that is a number",
      station("address: 1, type: 13"),
      `${at}:29 ${point}.type: expected a type such as M_ME_NC_1, got 13`
    ],
    [
      "a type that is no point",
      station("address: 1, type: C_IC_NA_1"),
      `${at}:29 ${point}.type: C_IC_NA_1 cannot be the type of a point; possible are M_SP_NA_1`
    ],
    [
      "a float for a double point",
      station("address: 1, type: M_DP_NA_1, value: 1.5"),
      `${at}:47 ${point}.value: a double point is a whole number from 0 to 3, not 1.5`
    ],
    [
      "a scaled value out of range",
      station("address: 1, type: M_ME_NB_1, value: 32768"),
      `${at}:47 ${point}.value: a scaled value is a whole number from -32768 to 32767`
    ],
    [
      "a normalized value out of range",
      station("address: 1, type: M_ME_NA_1, value: 1.1"),
      `${at}:47 ${point}.value: a normalized value is a number from -1 to 1`
    ],
    [
      "a state for a measured value",
      station("address: 1, type: M_ME_NC_1, value: on"),
      `${at}:47 ${point}.value: a short floating point value is a number, not "on"`
    ],
    [
      "no number at all",
      station("address: 1, type: M_ME_NC_1, value: .nan"),
      `${at}:47 ${point}.value: a short floating point value is a number, not NaN`
    ],
    [
      "an unknown quality",
      station("address: 1, type: M_ME_NC_1, quality: invallid"),
      `${at}:49 ${point}.quality: unknown quality "invallid" of a short floating point value; did you mean invalid?`
    ],
    [
      "a period of 0",
      station(`${good}, cyclic: 0`),
      `${at}:48 ${point}.cyclic: expected the period of cyclic transmission: a duration such as`
    ],
    [
      "feedback of a monitoring point",
      station(`${good}, feedback: 2`),
      `${at}:40 ${point}.feedback: feedback is for commands; this is a monitoring point (M_SP_NA_1)`
    ],
    [
      "accept of a monitoring point",
      station(`${good}, accept: true`),
      `${at}:40 ${point}.accept: accept is for commands`
    ],
    [
      "a simulated command",
      station("address: 1, type: C_SC_NA_1, simulate: { kind: toggle, every: 1 }"),
      `${at}:40 ${point}.simulate: simulate is for monitoring points; this is a command (C_SC_NA_1)`
    ],
    [
      "a cyclic command",
      station("address: 1, type: C_SC_NA_1, cyclic: 1"),
      `${at}:40 ${point}.cyclic: cyclic is for monitoring points`
    ],
    [
      "an unknown simulation",
      station(`${good}, simulate: { kind: togle }`),
      `${at}:58 ${point}.simulate.kind: expected sine, toggle, random-walk or count, got "togle"; did you mean toggle?`
    ],
    [
      "a simulation without kind",
      station(`${good}, simulate: { every: 1 }`),
      `${at}:50 ${point}.simulate: simulate needs the key kind`
    ],
    [
      "a key of another simulation",
      station(`${good}, simulate: { kind: toggle, every: 1, amplitude: 1 }`),
      `${at}:76 ${point}.simulate.amplitude: unknown key in simulate (toggle)`
    ],
    [
      "a sine of states",
      station(`${good}, simulate: { kind: sine, period: 1, amplitude: 1 }`),
      `${at}:58 ${point}.simulate.kind: a single point has states, not measured values`
    ],
    [
      "a sine that leaves the range",
      station("address: 1, type: M_ME_NA_1, simulate: { kind: sine, period: 1, amplitude: 2 }"),
      `${at}:50 ${point}.simulate: the values would go from -2 to 2, but a normalized value lies between -1 and 1`
    ],
    [
      "a walk with min above max",
      station("address: 1, type: M_ME_NC_1, simulate: { kind: random-walk, every: 1, step: 1, min: 2, max: 1 }"),
      `${at}:103 ${point}.simulate.max: expected a number above min (2), got 1`
    ],
    [
      "a walk without step",
      station("address: 1, type: M_ME_NC_1, simulate: { kind: random-walk, every: 1, step: 0, min: 1, max: 2 }"),
      `${at}:87 ${point}.simulate.step: expected the largest step between two values, above 0, got 0`
    ],
    [
      "a feedback that is nowhere",
      station("address: 1, type: C_SC_NA_1, feedback: 9"),
      `${at}:50 ${point}.feedback: this station has no point with the information object address 9`
    ],
    [
      "a feedback that is too short",
      station("address: 1, count: 3, type: C_SC_NA_1, feedback: 10", "address: 10, count: 2, type: M_SP_NA_1"),
      `${at}:60 ${point}.feedback: this station has no point with the information object address 12`
    ],
    [
      "a feedback that cannot show what the command did",
      station("address: 1, type: C_SE_NC_1, feedback: 2", "address: 2, type: M_SP_NA_1"),
      `${at}:50 ${point}.feedback: 2 is M_SP_NA_1, which cannot show what C_SE_NC_1 did`
    ],
    [
      "a feedback that is a command",
      station("address: 1, type: C_SC_NA_1, feedback: 1"),
      `${at}:50 ${point}.feedback: 1 is a command; feedback must be a monitoring point`
    ],
    [
      "an address inside an earlier row",
      station("address: 10, count: 5, type: M_SP_NA_1", "address: 14, type: M_SP_NA_1"),
      "test.yaml:5:20 stations[0].points[1].address: information object address 14 is used twice: 14 here, 10..14 in line 4"
    ],
    [
      "two types at one address, where that names a point of each, and their twin",
      station("address: 10, type: M_SP_NA_1", "address: 10, type: M_ME_NC_1", "address: 10, type: M_SP_TB_1").replace(
        "stations:",
        "addressing: perType\nstations:"
      ),
      "test.yaml:7:20 stations[0].points[2].address: information object address 10 is used twice: 10 here, 10 in line 5"
    ],
    [
      "a feedback that several points can be",
      station(
        "address: 9, count: 4, type: M_SP_NA_1",
        "address: 11, type: M_DP_NA_1",
        "address: 9, count: 4, type: C_SC_NA_1, feedback: 9"
      ).replace("stations:", "addressing: perType\nstations:"),
      "test.yaml:7:60 stations[0].points[2].feedback: several points have the address 11: say which with feedbackType"
    ],
    [
      "a feedback of a type that is not there",
      station("address: 9, type: M_SP_NA_1", "address: 9, type: C_SC_NA_1, feedback: 9, feedbackType: M_DP_NA_1"),
      "test.yaml:5:50 stations[0].points[1].feedback: this station has no point of the type M_DP_NA_1 with the information object address 9"
    ],
    [
      "a type of a feedback that is not named",
      station("address: 9, type: C_SC_NA_1, feedbackType: M_DP_NA_1, accept: true"),
      "test.yaml:4:40 stations[0].points[0].feedbackType: feedbackType says of which type the feedback is; there is none"
    ],
    [
      "a command at the address of a command",
      station("address: 10, type: M_SP_NA_1", "address: 10, type: C_SC_NA_1", "address: 10, type: C_SC_TA_1"),
      "test.yaml:6:20 stations[0].points[2].address: information object address 10 is used twice by commands: 10 here, 10 in line 5"
    ],
    [
      "a misspelt command at the address of a monitoring point",
      station("address: 10, type: M_SP_NA_1", "address: 10, type: C_SC_MA_1"),
      'test.yaml:5:30 stations[0].points[1].type: unknown type "C_SC_MA_1"; did you mean C_SC_NA_1 or C_SC_TA_1?'
    ],
    [
      "a select time of 0",
      `select: 0\n${station(good)}`,
      "test.yaml:1:9 select: expected the time from a select to its execute: a duration"
    ],
    [
      "an age of commands without unit",
      `commandAge: old\n${station(good)}`,
      "test.yaml:1:13 commandAge: expected the largest age of a time-tagged command: a duration"
    ],
    [
      "a clock of nobody",
      `clock: { source: client }\n${station(good)}`,
      'test.yaml:1:18 clock.source: expected host or clients, got "client"; did you mean clients?'
    ],
    [
      "a validity of the own clock",
      `clock: { valid: 1 hour }\n${station(good)}`,
      "test.yaml:1:10 clock.valid: valid is for a clock that clients set; add source: clients"
    ],
    [
      "a clock that is valid for no time",
      `clock: { source: clients, valid: 0 }\n${station(good)}`,
      "test.yaml:1:34 clock.valid: expected how long a clock set by a client is valid: a duration"
    ],
    [
      "files without a folder",
      `files: ""\n${station(good)}`,
      'test.yaml:1:8 files: expected the folder of the files for file transfer, got ""'
    ],
    [
      "a limit out of range",
      `limits: { connections: 0 }\n${station(good)}`,
      "test.yaml:1:24 limits.connections: expected a number (connections), 1..65000, got 0"
    ],
    [
      "a misspelt limit",
      `limits: { conections: 5 }\n${station(good)}`,
      "test.yaml:1:11 limits.conections: unknown key in limits; did you mean connections?"
    ],
    [
      "a misspelt time zone",
      "stations: [{ commonAddress: 1, timeZone: Europe/Berln, points: [] }]",
      'test.yaml:1:42 stations[0].timeZone: unknown time zone "Europe/Berln"; did you mean Europe/Berlin?'
    ],
    [
      "a strange time zone",
      "stations: [{ commonAddress: 1, timeZone: home, points: [] }]",
      'test.yaml:1:42 stations[0].timeZone: unknown time zone "home"; expected an IANA time zone'
    ],
    [
      "a time zone that is a number",
      "stations: [{ commonAddress: 1, timeZone: 1, points: [] }]",
      "test.yaml:1:42 stations[0].timeZone: expected an IANA time zone such as Europe/Berlin, or UTC; got 1"
    ],
    [
      "a background scan of 0",
      "stations: [{ commonAddress: 1, background: 0, points: [] }]",
      "test.yaml:1:44 stations[0].background: expected the period of the background scan: a duration"
    ],
    [
      "an unknown counter mode",
      "stations: [{ commonAddress: 1, counters: { mode: E }, points: [] }]",
      'test.yaml:1:50 stations[0].counters.mode: expected A, B, C or D, got "E"'
    ],
    [
      "counters without mode",
      "stations: [{ commonAddress: 1, counters: { freeze: 1 minute }, points: [] }]",
      "test.yaml:1:42 stations[0].counters: counters needs the key mode"
    ],
    [
      "a local freeze where clients freeze",
      "stations: [{ commonAddress: 1, counters: { mode: C, freeze: 1 minute }, points: [] }]",
      "test.yaml:1:53 stations[0].counters.freeze: freeze is for the modes A and B; in mode C clients freeze"
    ],
    [
      "local reset of counters that clients reset",
      "stations: [{ commonAddress: 1, counters: { mode: D, reset: true }, points: [] }]",
      "test.yaml:1:53 stations[0].counters.reset: reset is for the modes A and B; in mode D clients reset"
    ],
    [
      "a wrong local freeze",
      "stations: [{ commonAddress: 1, counters: { mode: A, freeze: often }, points: [] }]",
      "test.yaml:1:61 stations[0].counters.freeze: expected the period of the local freeze: a duration"
    ],
    [
      "an event type of other information",
      station("address: 1, type: M_ME_NC_1, eventType: M_ME_TE_1"),
      `${at}:51 ${point}.eventType: the event type of M_ME_NC_1 can be M_ME_NC_1 or M_ME_TF_1, not M_ME_TE_1`
    ],
    [
      "an interrogation type of other information",
      station("address: 1, type: M_SP_TB_1, interrogationType: M_DP_NA_1"),
      `${at}:59 ${point}.interrogationType: the type in answers to interrogation of M_SP_TB_1 can be M_SP_NA_1 or M_SP_TB_1, not M_DP_NA_1`
    ],
    [
      "a misspelt event type",
      station("address: 1, type: M_ME_NC_1, eventType: M_ME_TFF_1"),
      `${at}:51 ${point}.eventType: unknown type "M_ME_TFF_1"; did you mean M_ME_TF_1?`
    ],
    [
      "an event type of a command",
      station("address: 1, type: C_SC_NA_1, eventType: C_SC_TA_1"),
      `${at}:40 ${point}.eventType: eventType is for monitoring points; this is a command (C_SC_NA_1)`
    ],
    [
      "a group 0",
      station(`${good}, groups: [0]`),
      `${at}:48 ${point}.groups: expected a list of interrogation groups, each 1..16, got [0]`
    ],
    [
      "a group 17",
      station(`${good}, groups: [1, 17]`),
      `${at}:48 ${point}.groups: expected a list of interrogation groups, each 1..16, got [1,17]`
    ],
    [
      "a group of a counter",
      station("address: 1, type: M_IT_NA_1, groups: [1]"),
      `${at}:40 ${point}.groups: groups is for points that answer a station interrogation; this is a counter (M_IT_NA_1)`
    ],
    [
      "a group of a protection event",
      station("address: 1, type: M_EP_TD_1, groups: [1]"),
      `${at}:40 ${point}.groups: groups is for points that answer a station interrogation; this is an event of protection equipment (M_EP_TD_1)`
    ],
    [
      "a counter group 5",
      station("address: 1, type: M_IT_NA_1, counterGroups: [5]"),
      `${at}:55 ${point}.counterGroups: expected a list of counter groups, each 1..4, got [5]`
    ],
    [
      "a counter group of a state",
      station(`${good}, counterGroups: [1]`),
      `${at}:40 ${point}.counterGroups: counterGroups is for counters; this is a single point (M_SP_NA_1)`
    ],
    [
      "a mode of a monitoring point",
      station(`${good}, mode: select`),
      `${at}:40 ${point}.mode: mode is for commands; this is a monitoring point (M_SP_NA_1)`
    ],
    [
      "an unknown mode",
      station("address: 1, type: C_SC_NA_1, mode: selekt"),
      `${at}:46 ${point}.mode: expected direct or select, got "selekt"; did you mean select?`
    ],
    [
      "a bitstring that is selected",
      station("address: 1, type: C_BO_NA_1, mode: select"),
      `${at}:40 ${point}.mode: mode is for commands that can be selected; this is a bitstring command (C_BO_NA_1)`
    ],
    [
      "a deadband of 0",
      station("address: 1, type: M_ME_NC_1, deadband: 0"),
      `${at}:50 ${point}.deadband: expected how far the value may move without an event: a number above 0, or a percentage`
    ],
    [
      "a deadband in another unit",
      station("address: 1, type: M_ME_NC_1, deadband: 2 V"),
      `${at}:50 ${point}.deadband: expected how far the value may move without an event`
    ],
    [
      "a deadband of 0 %",
      station("address: 1, type: M_ME_NC_1, deadband: 0 %"),
      `${at}:50 ${point}.deadband: expected how far`
    ],
    [
      "a deadband of a state",
      station(`${good}, deadband: 1`),
      `${at}:40 ${point}.deadband: deadband is for measured values; this is a single point (M_SP_NA_1)`
    ],
    [
      "a rate of a command",
      station("address: 1, type: C_SC_NA_1, rate: 1"),
      `${at}:40 ${point}.rate: rate is for monitoring points; this is a command (C_SC_NA_1)`
    ],
    [
      "a rate of 0",
      station(`${good}, rate: 0`),
      `${at}:46 ${point}.rate: expected the shortest time between two events: a duration`
    ],
    [
      "a termination of a monitoring point",
      station(`${good}, terminate: true`),
      `${at}:40 ${point}.terminate: terminate is for commands; this is a monitoring point (M_SP_NA_1)`
    ],
    [
      "a termination of a selected command",
      station("address: 1, type: C_SC_NA_1, mode: select, terminate: false"),
      `${at}:54 ${point}.terminate: terminate is for direct commands; a selected one is always terminated`
    ],
    [
      "a count of a state",
      station(`${good}, simulate: { kind: count, every: 1 }`),
      `${at}:58 ${point}.simulate.kind: only counters count, not a single point`
    ],
    [
      "a count that goes back",
      station("address: 1, type: M_IT_NA_1, simulate: { kind: count, every: 1, step: -1 }"),
      `${at}:81 ${point}.simulate.step: expected what is counted each time, 1..2147483647, got -1`
    ],
    [
      "a count without period",
      station("address: 1, type: M_IT_NA_1, simulate: { kind: count }"),
      `${at}:50 ${point}.simulate: simulate (count) needs the key every`
    ],
    [
      "a row over an earlier address",
      station("address: 14, type: M_SP_NA_1", "address: 10, count: 5, type: M_SP_NA_1"),
      "test.yaml:5:20 stations[0].points[1].address: information object address 14 is used twice: 10..14 here, 14 in line 4"
    ]
  ])("%s", ([, text, problem]) =>
    Effect.gen(function* () {
      const problems = yield* problemsOf(text)
      expect(problems).toHaveLength(1)
      expect(problems[0]?.startsWith(problem), `${problems[0]}\nshould begin with\n${problem}`).toBe(true)
    })
  )

  it.effect(
    "with thousands of time zones that there are not: what is meant is looked for for the first of them only",
    () =>
      Effect.gen(function* () {
        const text = Array.from(
          { length: 4000 },
          (_, n) => `  - { commonAddress: ${n + 1}, timeZone: Europe/Berlin${n}, points: [] }`
        )
        for (const _ of ["once", "again"]) {
          const problems = yield* problemsOf(`stations:\n${text.join("\n")}\n`)
          expect(problems).toHaveLength(4000)
          expect(problems[0]).toContain("did you mean Europe/Berlin?")
          expect(problems[3999]).toContain('unknown time zone "Europe/Berlin3999"; expected an IANA time zone')
        }
      })
  )

  it.effect("finds values through aliases", () =>
    Effect.gen(function* () {
      const text =
        "stations:\n  - &first { commonAddress: 1, points: [{ address: 0, type: M_SP_NA_1 }] }\n  - { <<: *first, commonAddress: 2 }\n"
      const problems = yield* problemsOf(text)
      expect(problems.map((problem) => problem.split(" ", 2).join(" "))).toEqual([
        "test.yaml:2:52 stations[0].points[0].address:",
        "test.yaml:3:5 stations[1].points[0].address:"
      ])
    })
  )
})

describe("warnings", () => {
  it.effect("name commands that nobody decides", () =>
    Effect.gen(function* () {
      const config = yield* read(
        station(
          "address: 1, type: C_SC_NA_1",
          "address: 2, type: C_SC_NA_1, accept: true",
          "address: 3, type: C_SC_NA_1, accept: false"
        )
      )
      const { warnings } = config
      expect(warnings.map(({ message }) => message)).toEqual([
        "nobody decides this command: give it feedback or accept, or the profile iec refuses it (c104 confirms it)"
      ])
    })
  )

  it.effect("say that an age limit judges time tags only", () =>
    Effect.gen(function* () {
      const text = station(
        "address: 1, type: C_SC_NA_1, accept: true, tags: both",
        "address: 2, type: C_SC_TA_1, accept: true"
      )
      expect((yield* read(text)).warnings).toEqual([])
      const aged = yield* read(`commandAge: 5 seconds\n${text}`)
      expect(aged.warnings.map(({ message }) => message)).toEqual([
        "commandAge judges time tags only: the type without time tag goes round it"
      ])
      expect(aged.stations[0]?.points.map(({ tags }) => tags)).toEqual(["both", null])
    })
  )

  it.effect("do not stop the server", () =>
    Effect.gen(function* () {
      const config = yield* read(`link: { k: 12, w: 9, t3: 12 }\n${station("address: 1, type: M_SP_NA_1")}`)
      expect(config.warnings.map(Config.render)).toEqual([
        "test.yaml:1:19 link.w: w (9) should not exceed two thirds of k (12), or sending may stall until t2 runs out",
        "test.yaml:1:26 link.t3: t3 (12 s) should be longer than t1 (15 s): it tests links on which nothing happens"
      ])
    })
  )
})

describe("very many problems", () => {
  it.effect("are all told, in the order of the file", () =>
    Effect.gen(function* () {
      const rows = 150_000
      const problems = yield* problemsOf(`stations: [{ commonAddress: 1, points: [${"0,".repeat(rows)}] }]`)
      expect(problems).toHaveLength(rows)
      for (const at of [0, 1, rows - 1]) expect(problems[at]).toContain(`stations[0].points[${at}]: expected a point`)
    })
  )
})

describe("a t3 above 48 hours", () => {
  it.effect("is warned of: that is a recommendation", () =>
    Effect.gen(function* () {
      const config = yield* read(`link: { t3: 49 hours }\n${station("address: 1, type: M_SP_NA_1")}`)
      expect(config.warnings.map(Config.render)).toEqual([
        "test.yaml:1:13 link.t3: t3 (176400 s) should be at most 48 hours"
      ])
    })
  )
})

describe("counters that are never frozen", () => {
  it.effect("are told", () =>
    Effect.gen(function* () {
      const config = yield* read("stations: [{ commonAddress: 1, counters: { mode: B }, points: [] }]")
      expect(config.warnings.map(Config.render)).toEqual([
        "test.yaml:1:42 stations[0].counters: mode B without freeze, the period of the local freeze: these counters are never frozen"
      ])
    })
  )
})

describe("a listening address on the command line", () => {
  it.each([
    ["127.0.0.1:2405", { host: "127.0.0.1", port: 2405 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    [":2405", { host: "0.0.0.0", port: 2405 }],
    ["rtu.example", { host: "rtu.example", port: 2404 }],
    ["a:65536", undefined],
    ["a:b", undefined],
    ["2405", undefined],
    ["::1", undefined],
    ["", undefined]
  ])("%s", (text, listen) => {
    expect(Config.parseListen(text)).toEqual(listen)
  })
})
