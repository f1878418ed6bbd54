// Whatever an application does to an output at the sight of what becomes of a command there (facts, frames that leave, its
// signal, errors) finds the output as it is told, and leaves it so that the next command can be operated.
import { describe, expect, it } from "vitest"
import { Cot, type Point, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import type { ServerEvent } from "../../../src/shell/ServerEvent.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startServer, switchedBy } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
type Switch = Point<typeof Type.C_SC_NA_1>

const OPERATION_MS = 150
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it is there")
  return value
}

/** Causes of what a client heard of its commands, those with P/N = 1 with a minus. */
const heard = (client: RawClient): string[] =>
  client.asdus({ typeId: 45 }).map(({ cot, negative }) => `${cot}${negative ? "-" : ""}`)

/** How the first command is answered. */
const answers = {
  "at once": (point: Switch) => point.onReceive(() => SUCCESS),
  later: (point: Switch) => point.onReceive(async () => SUCCESS),
  "at once, to be terminated by hand": (point: Switch) => {
    point.actTerm = "manual"
    point.onReceive(() => SUCCESS)
  },
  "later, to be terminated by hand": (point: Switch) => {
    point.actTerm = "manual"
    point.onReceive(async () => SUCCESS)
  },
  "by NONE": (point: Switch) => point.onReceive(() => NONE),
  "later by NONE": (point: Switch) => point.onReceive(async () => NONE),
  "in two phases": (point: Switch) => point.onReceive({ accept: () => SUCCESS, execute: () => SUCCESS }),
  "in two phases, later": (point: Switch) =>
    point.onReceive({ accept: async () => SUCCESS, execute: async () => SUCCESS }),
  "in two phases, the second by NONE": (point: Switch) =>
    point.onReceive({ accept: async () => SUCCESS, execute: () => NONE })
} as const

type Deed = "removes the point" | "removes the station" | "releases it" | "answers" | "closes the connection"
type Sight = "the fact" | "the frame" | "the next fact"

/** One command whose application does something at the sight of what becomes of it; what is so in the end. */
async function comesOf(profile: "iec" | "c104", how: keyof typeof answers, sight: Sight, deed: Deed): Promise<unknown> {
  const { server, station, events } = await startServer({
    profile,
    logLevel: "none",
    limits: { operationMs: OPERATION_MS }
  })
  const add = (to = station): Switch => given(to.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
  let point = add()
  answers[how](point)
  let done = false
  const act = (): void => {
    if (done) return
    done = true
    switch (deed) {
      case "removes the point":
        station.removePoint(10)
        point = add()
        return
      case "removes the station":
        server.removeStation(1)
        point = add(given(server.addStation(1)))
        return
      case "releases it":
        point.release()
        return
      case "answers":
        point.transmit(Cot.ACTIVATION_CON)
        point.transmit(Cot.ACTIVATION_TERMINATION)
        return
      case "closes the connection":
        for (const connection of server.connections) connection.close()
    }
  }
  const kinds: readonly ServerEvent["event"][] = ["command", "executed"]
  let facts = 0
  server.observe(({ event }) => {
    if (!kinds.includes(event)) return
    if (sight === "the fact" || (sight === "the next fact" && ++facts === 2)) act()
  })
  server.onSendRaw((_, octets) => {
    if (sight === "the frame" && octets[6] === Type.C_SC_NA_1) act()
  })
  const client = await startClient(server.port)
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  await events.next("command")
  await wait(5)
  server.onSendRaw(null)
  if (!done) act()
  // Whatever is still to be said is said by hand, and what is left open ends by that.
  point.transmit(Cot.ACTIVATION_CON)
  point.transmit(Cot.ACTIVATION_TERMINATION)
  const status = point.outputStatus
  await wait(OPERATION_MS + 30)
  const other = await startClient(server.port)
  point.actTerm = true
  point.onReceive(() => SUCCESS)
  other.command(Type.C_SC_NA_1, 10, { scs: false })
  await other.next({ typeId: 45 })
  await other.testfr()
  const said = heard(client)
  const told = events.of("output").map((fact) => fact.status)
  await server.stop()
  return {
    status,
    next: heard(other),
    // A termination, of whatever kind, only behind a positive confirmation; each once.
    heard: ["", "7", "7-", "7 10", "7 10-"].includes(said.join(" ")) || said,
    told: told.every((one, i) => one !== told[i - 1]) || told,
    stillTold: point.outputStatus
  }
}

const hows = Object.keys(answers) as (keyof typeof answers)[]
const cases: readonly (readonly [Sight, keyof typeof answers])[] = [
  ...hows.map((how) => ["the fact", how] as const),
  ...hows.map((how) => ["the frame", how] as const),
  ...hows.filter((how) => how.includes("phases")).map((how) => ["the next fact", how] as const)
]
const deeds: readonly Deed[] = [
  "removes the point",
  "removes the station",
  "releases it",
  "answers",
  "closes the connection"
]

describe.each(["iec", "c104"] as const)("at the sight of what became of its command (%s)", (profile) => {
  it.each(deeds)(
    "an application %s: the next command finds the output free, and the client heard what fits together",
    async (deed) => {
      const found = await Promise.all(cases.map(([sight, how]) => comesOf(profile, how, sight, deed)))
      const named = cases.map(([sight, how], i) => [`${sight}, ${how}`, found[i]])
      const expected = { status: "free", next: ["7", "10"], heard: true, told: true, stillTold: "free" }
      expect(Object.fromEntries(named)).toEqual(Object.fromEntries(named.map(([name]) => [name, expected])))
    },
    30_000
  )
})

describe("what an application does at the sight of a fact is done to the command as it is then", () => {
  it.each(["iec", "c104"] as const)("NONE can be answered at once (%s)", async (profile) => {
    const { server, point, client, operate } = await switchedBy(() => NONE, { profile })
    const said: boolean[] = []
    server.observe(({ event }) => {
      if (event === "command")
        said.push(...[Cot.ACTIVATION_CON, Cot.ACTIVATION_TERMINATION].map((c) => point.transmit(c)))
    })
    operate()
    await client.next({ cot: 10 })
    expect([said, heard(client), point.outputStatus]).toEqual([[true, true], ["7", "10"], "free"])
  })

  it("what was accepted and released at once was confirmed, is terminated negatively, and not carried out", async () => {
    let executed = 0
    const { server, point, client, operate, events } = await switchedBy(null)
    const execute = (): ResponseState => {
      executed++
      return SUCCESS
    }
    server.observe(({ event }) => event === "command" && point.release())
    for (const [count, accept] of [() => SUCCESS, async () => SUCCESS].entries()) {
      point.onReceive({ accept, execute })
      operate()
      await client.until(() => client.asdus({ cot: 10 }).length === count + 1)
    }
    expect([heard(client), executed, point.outputStatus]).toEqual([["7", "10-", "7", "10-"], 0, "free"])
    expect(events.of("output").map(({ status }) => status)).toEqual(["free", "free"])
  })

  it.each<[string, ServerOptions["profile"]]>([
    ["iec", "iec"],
    ["c104", "c104"]
  ])(
    "an output that is released when its handler is found late is told stuck, then free, once (%s)",
    async (_, profile) => {
      const late = deferred<ResponseState>()
      const { server, point, client, operate, events } = await switchedBy(() => late.promise, {
        profile: given(profile),
        limits: { decisionMs: 60 }
      })
      server.onError(() => point.release())
      operate()
      await client.next({ typeId: 45 })
      await client.testfr()
      expect(events.of("output").map(({ status }) => status)).toEqual(["stuck", "free"])
      expect([point.outputStatus, heard(client), point.value]).toEqual(["free", ["7-"], false])
      late.resolve(SUCCESS)
      await events.next("command")
      expect([point.outputStatus, events.of("output").length, point.value]).toEqual(["free", 2, false])
    }
  )

  it("its point may go when its signal is aborted: the output that was released is told by its address", async () => {
    const { station, client, operate, point, events } = await switchedBy((_, __, message) => {
      message.signal.addEventListener("abort", () => station.removePoint(10))
      return new Promise(() => {})
    })
    operate()
    await client.testfr()
    point.release()
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: true })
    expect(events.of("output")).toMatchObject([{ commonAddress: 1, address: 10, status: "free" }])
  })
})

it("what an observer causes is told to all behind what it was told", async () => {
  const { server, station, client, operate, point } = await switchedBy(() => new Promise(() => {}), {
    limits: { decisionMs: 60 }
  })
  const told: [string[], string[]] = [[], []]
  const name = (fact: ServerEvent): string => (fact.event === "output" ? fact.status : fact.event)
  server.observe((fact) => {
    told[0].push(name(fact))
    if (name(fact) === "stuck") point.release()
    if (fact.event === "error") station.removePoint(10)
    if (fact.event === "output" && fact.status === "free") server.connections[0]?.close()
  })
  server.observe((fact) => told[1].push(name(fact)))
  operate()
  await client.ended
  await expect.poll(() => told[1]).toEqual(["stuck", "free", "error", "closed"])
  expect(told[0]).toEqual(told[1])
})

describe("an output that was released", () => {
  it.each<[string, (point: Switch) => Promise<ResponseState> | ResponseState]>([
    [
      "by its own handler, which takes long",
      async (point) => {
        point.release()
        await wait(200)
        return SUCCESS
      }
    ],
    [
      "by its own handler, which never ends",
      (point) => {
        point.release()
        return new Promise(() => {})
      }
    ]
  ])("%s, is told free once, and nothing more of it", async (_, handle) => {
    const { point, client, operate, events } = await switchedBy((at) => handle(at), { limits: { operationMs: 60 } })
    operate()
    await client.next({ cot: 7, negative: true })
    await wait(150)
    expect([events.of("output").map(({ status }) => status), point.outputStatus]).toEqual([["free"], "free"])
  })
})

describe("an output that is unknown", () => {
  it.each<[string, ResponseState]>([
    ["SUCCESS, to be terminated by hand", SUCCESS],
    ["NONE", NONE],
    ["FAILURE", FAILURE]
  ])("is told so once, also where its handler says %s in the end", async (_, state) => {
    const late = deferred<ResponseState>()
    const { point, client, operate, events } = await switchedBy(() => late.promise, {
      profile: "iec",
      limits: { decisionMs: 60, operationMs: 500 }
    })
    point.actTerm = "manual"
    operate()
    await client.next({ cot: 7, negative: true })
    await events.next("output", 2)
    late.resolve(state)
    await events.next("command")
    await wait(150)
    expect(events.of("output").map(({ status }) => status)).toEqual(["stuck", "unknown"])
    expect([point.transmit(Cot.ACTIVATION_TERMINATION), point.outputStatus, point.release()]).toEqual([
      false,
      "unknown",
      true
    ])
  })

  it("that was stuck and was left open then is told free when it is terminated", async () => {
    const late = deferred<ResponseState>()
    const { point, client, operate, events } = await switchedBy(() => late.promise, {
      profile: "iec",
      limits: { decisionMs: 40 }
    })
    operate()
    await client.next({ cot: 7, negative: true })
    late.resolve(NONE)
    await events.next("command")
    expect(point.outputStatus).toBe("stuck")
    point.transmit(Cot.ACTIVATION_TERMINATION)
    expect([point.outputStatus, events.of("output").map(({ status }) => status)]).toEqual(["free", ["stuck", "free"]])
  })
})
