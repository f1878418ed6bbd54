// One output, several clients, handlers that end when they like, and an application that answers, terminates and releases
// at random, over real sockets: never two handlers at once, and every request of a client that stayed has one answer.
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { Cot, type Point, ResponseState, Type } from "../../src/api/c104/index.ts"
import * as Profile from "../../src/core/Profile.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer, turn } from "../support/Stage.ts"

const CLIENTS = 3
const { SUCCESS, FAILURE, NONE } = ResponseState

type Step =
  | { readonly do: "command" | "leave" | "stop"; readonly client: number }
  | { readonly do: "settle"; readonly state: ResponseState }
  | { readonly do: "answer"; readonly cot: Cot; readonly negative: boolean }
  | { readonly do: "release" | "turn" }

const client = fc.nat({ max: CLIENTS - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("command" as const), client }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("leave" as const, "stop" as const), client }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("settle" as const), state: fc.constantFrom(SUCCESS, FAILURE, NONE) })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      cot: fc.constantFrom(Cot.ACTIVATION_CON, Cot.ACTIVATION_TERMINATION),
      negative: fc.boolean()
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("release" as const, "turn" as const) }) }
)

/** Octets that the server has sent to a client, an answer an entry: [cause, P/N]. */
const answersOf = (of: RawClient) =>
  of.asdus({ typeId: 49 }).map(({ cot, negative, objects }) => ({ cot, negative, value: objects?.[0]?.value }))

class Play {
  private readonly point: Point<typeof Type.C_SE_NB_1>
  private readonly port: number
  private readonly clients: RawClient[] = []
  /** Values that each of the present connections has sent. */
  private readonly sent: number[][] = []
  private readonly open: ((state: ResponseState) => void)[] = []
  private next = 1
  /** The oldest of those that are open, whose output was released. */
  private released = 0
  begun: number[] = []
  most = 0

  constructor(point: Point<typeof Type.C_SE_NB_1>, port: number) {
    this.point = point
    this.port = port
    point.onReceive((_, __, { info }) => {
      this.begun.push(Number(info?.value))
      return new Promise((resolve) => {
        this.open.push(resolve)
        // What was released may still be under way beside the next.
        this.most = Math.max(this.most, this.open.length - this.released)
      })
    })
  }

  async connect(at: number): Promise<void> {
    this.clients[at] = await startClient(this.port)
    this.sent[at] = []
  }

  private at(index: number): RawClient {
    return this.clients[index] as RawClient
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case "command": {
        const value = this.next++
        this.sent[one.client]?.push(value)
        this.at(one.client).command(Type.C_SE_NB_1, 10, { value, ql: 0 })
        await this.at(one.client).testfr()
        return
      }
      case "leave":
        this.at(one.client).reset()
        return this.connect(one.client)
      case "stop":
        await this.at(one.client).stopdt()
        this.verify(one.client)
        this.sent[one.client] = []
        this.at(one.client).close()
        return this.connect(one.client)
      case "settle":
        this.released = Math.max(0, this.released - 1)
        this.open.shift()?.(one.state)
        return turn()
      case "answer":
        this.point.transmit(one.cot, { negative: one.negative })
        return turn()
      case "release":
        this.released = this.open.length
        this.point.release()
        return turn()
      case "turn":
        return turn()
    }
  }

  /** Confirmations and terminations of one connection fit together. */
  private verify(index: number): void {
    const answers = answersOf(this.at(index))
    for (const value of new Set(answers.map((answer) => answer.value))) {
      const [confirmed, terminated] = [Cot.ACTIVATION_CON, Cot.ACTIVATION_TERMINATION].map((cause) =>
        answers.filter(({ cot, value: of }) => cot === cause && of === value)
      )
      expect(this.sent[index]).toContain(value)
      expect(confirmed?.length).toBeLessThanOrEqual(1)
      expect(terminated?.length).toBeLessThanOrEqual(1)
    }
  }

  /** Everything ends: handlers, then what they left open. Every command of a client that stayed was confirmed or terminated. */
  async end(): Promise<void> {
    while (this.open.length > 0 || this.point.outputStatus !== "free") {
      if (this.open.length > 0) await this.run({ do: "settle", state: SUCCESS })
      else await this.run({ do: "release" })
      await turn()
    }
    for (let i = 0; i < CLIENTS; i++) {
      await this.at(i).testfr()
      const answered = new Set(answersOf(this.at(i)).map(({ value }) => value))
      expect(this.sent[i]?.filter((value) => !answered.has(value))).toEqual([])
      this.verify(i)
    }
    expect(new Set(this.begun).size).toBe(this.begun.length)
    expect([this.most <= 1, this.point.outputStatus]).toEqual([true, "free"])
    for (const each of this.clients) each.close()
  }
}

it.each([0, 60_000])(
  "an output is never operated twice at once, where commands wait %i ms",
  async (commandWaitMs) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { server, station } = await startServer({ logLevel: "none", profile: { ...Profile.iec, commandWaitMs } })
        const point = station.addPoint({ ioAddress: 10, type: Type.C_SE_NB_1 })
        if (point === null) throw new Error("address 10 is free")
        const play = new Play(point, server.port)
        for (let i = 0; i < CLIENTS; i++) await play.connect(i)
        for (const one of steps) await play.run(one)
        await play.end()
        await server.stop()
      }),
      { numRuns: 25 }
    )
  },
  60_000
)
