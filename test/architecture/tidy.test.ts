// Files are tidy and the module graph keeps its order; every rule is shown to see what it is there for.
import { describe, expect, it } from "vitest"
import { read, root, sources } from "./project.ts"
import * as Tidiness from "./tidiness.ts"

const textsOf = (...folders: readonly string[]): Tidiness.Texts =>
  Object.fromEntries(folders.flatMap((folder) => sources(root, folder)).map((file) => [file, read(root, file)]))

const src = textsOf("src")
const core = textsOf("src/core")
const all = textsOf("src", "test")

/** The circles that there are. None of them may grow, and whoever leaves one is taken off here. */
const excused: readonly Tidiness.Excused[] = [
  {
    reason: "all that spans sessions is one object graph around Host, until the station decides it",
    files: [
      "src/shell/Calling.ts",
      "src/shell/CommandFacts.ts",
      "src/shell/Commands.ts",
      "src/shell/Deciding.ts",
      "src/shell/Described.ts",
      "src/shell/Feedback.ts",
      "src/shell/Handlers.ts",
      "src/shell/Hooks.ts",
      "src/shell/Host.ts",
      "src/shell/Publisher.ts",
      "src/shell/RawTrace.ts",
      "src/shell/Selecting.ts",
      "src/shell/Selections.ts",
      "src/shell/Session.ts",
      "src/shell/Stations.ts",
      "src/shell/files/FileTransfer.ts"
    ]
  },
  {
    reason: "server, station and point of c104 hand each other out",
    files: [
      "src/api/c104/Batch.ts",
      "src/api/c104/Point.ts",
      "src/api/c104/Server.ts",
      "src/api/c104/Station.ts",
      "src/api/c104/callbacks.ts"
    ]
  }
]

describe("the sources", () => {
  it("are there", () => {
    expect(Object.keys(core)).toContain("src/core/index.ts")
  })
  it("begin with a comment that says what the file owns", () => {
    expect(Tidiness.withoutOpeningComment(all)).toEqual([])
  })
  it("are short enough to be read in one go", () => {
    expect(Tidiness.tooLong(src)).toEqual([])
  })
  it("leave nothing for later", () => {
    expect(Tidiness.unfinished(src)).toEqual([])
  })
  it("import downwards only: api, shell, core", () => {
    expect(Tidiness.acrossFloors(src)).toEqual([])
  })
  it("import each other in no circle, types included, but in those that are named with their reason", () => {
    expect(Tidiness.againstCircles(src, excused)).toEqual([])
  })
})

describe("the core", () => {
  it("keeps the order of its rooms", () => {
    expect(Tidiness.againstRoomOrder(core)).toEqual([])
  })
  it("has no cycle of imports", () => {
    expect(Tidiness.cycles(core)).toEqual([])
  })
})

type Rule = (texts: Tidiness.Texts) => readonly string[]

/** Rule, what it must refuse with which words, and what it must let pass. */
const examples: readonly (readonly [string, Rule, Tidiness.Texts, readonly string[], Tidiness.Texts])[] = [
  [
    "opening comment",
    Tidiness.withoutOpeningComment,
    { "src/core/wire/A.ts": "export const a = 1\n// too late" },
    ["src/core/wire/A.ts does not begin with a comment that says what it owns"],
    { "src/core/wire/A.ts": "/** Owns a. */\nexport const a = 1" }
  ],
  [
    "length",
    Tidiness.tooLong,
    { "src/core/wire/A.ts": "let a = 1\n".repeat(401) },
    ["src/core/wire/A.ts has 401 lines of code, more than 400"],
    { "src/core/wire/A.ts": `${"let a = '//' + 1\n".repeat(400)}\n${"// why\n/* and\nhow */\n".repeat(99)}` }
  ],
  [
    "unfinished",
    Tidiness.unfinished,
    { "src/core/wire/A.ts": "// TODO: later\nconst b = 1 // FIXME and FIXME" },
    ["src/core/wire/A.ts says TODO", "src/core/wire/A.ts says FIXME"],
    { "src/core/wire/A.ts": "// Mastodons" }
  ],
  [
    "floors",
    Tidiness.acrossFloors,
    {
      "src/core/wire/A.ts":
        'import * as S from "../../shell/S.ts"\nexport * from "effect/Effect"\nawait import("node:fs")',
      "src/shell/S.ts": 'import type { B } from "../api/effect/B.ts"'
    },
    [
      "src/core/wire/A.ts imports src/shell/S.ts",
      "src/core/wire/A.ts imports effect/Effect, which is outside src/core",
      "src/core/wire/A.ts imports node:fs, which is outside src/core",
      "src/shell/S.ts imports src/api/effect/B.ts"
    ],
    {
      "src/core/wire/A.ts": 'import * as B from "./B.ts" // import "effect"\nconst text = "// no comment"',
      "src/shell/S.ts": 'import "effect/Effect"\nimport { B } from "../core/wire/B.ts"',
      "src/api/cli/C.ts": 'import { B } from "../../core/wire/B.ts"\nimport { S } from "../../shell/S.ts"'
    }
  ],
  [
    "rooms",
    Tidiness.againstRoomOrder,
    {
      "src/core/wire/A.ts": 'import * as P from "../image/P.ts"',
      "src/core/image/P.ts": 'export { L } from "../index.ts"',
      "src/core/Limits.ts": 'import type { P } from "./image/P.ts"',
      "src/core/command/C.ts": 'import type { R } from "../read/R.ts"',
      "src/core/attic/Z.ts": ""
    },
    [
      "src/core/wire/A.ts imports src/core/image/P.ts, which comes later in the order of the rooms",
      "src/core/image/P.ts imports src/core/index.ts, which comes later in the order of the rooms",
      "src/core/Limits.ts imports src/core/image/P.ts, which comes later in the order of the rooms",
      "src/core/command/C.ts imports src/core/read/R.ts, which stands beside it",
      "src/core/attic/Z.ts is in no room of src/core"
    ],
    {
      "src/core/wire/A.ts": 'import * as B from "./B.ts"\nimport * as L from "../Limits.ts"',
      "src/core/session/S.ts": 'import {\n  type A\n} from "../wire/A.ts"',
      "src/core/index.ts": 'export * from "./session/S.ts"'
    }
  ],
  [
    "cycles",
    Tidiness.cycles,
    {
      "src/core/wire/A.ts": 'import * as B from "./B.ts"',
      "src/core/wire/B.ts": 'import type { C } from "./C.ts"',
      "src/core/wire/C.ts": 'export * from "./A.ts"'
    },
    ["src/core/wire/A.ts -> src/core/wire/B.ts -> src/core/wire/C.ts -> src/core/wire/A.ts"],
    {
      "src/core/wire/A.ts": 'import * as B from "./B.ts"\nimport * as C from "./C.ts"',
      "src/core/wire/B.ts": 'import type { C } from "./C.ts"',
      "src/core/wire/C.ts": ""
    }
  ],
  [
    "circles",
    (texts) => Tidiness.againstCircles(texts, [{ reason: "as it is", files: ["src/A.ts", "src/B.ts", "src/E.ts"] }]),
    {
      "src/A.ts": 'import type { B } from "./B.ts"',
      "src/B.ts": 'import type { A } from "./A.ts"\nimport type { C } from "./C.ts"',
      "src/C.ts": 'import type { A } from "./A.ts"\nimport { D } from "./D.ts"',
      "src/D.ts": "",
      "src/E.ts": 'import { D } from "./D.ts"'
    },
    ["src/C.ts is in a circle of imports with src/A.ts", "src/E.ts is excused and in no circle"],
    {
      "src/A.ts": 'import type { B } from "./B.ts"\nimport { D } from "./D.ts"',
      "src/B.ts": 'import type { E } from "./E.ts"',
      "src/D.ts": "",
      "src/E.ts": 'import type { A } from "./A.ts"'
    }
  ]
]

describe.for(examples)("the rule of %s", ([, rule, wrong, complaints, right]) => {
  it("sees what breaks it", () => {
    expect(rule(wrong)).toEqual(complaints)
  })
  it("lets the rest pass", () => {
    expect(rule(right)).toEqual([])
  })
})
