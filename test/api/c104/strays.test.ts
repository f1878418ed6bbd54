// Clients that ask and leave, again and again, have callbacks run that nobody waits for any more: how many is not theirs to say.
// What one address has caused keeps no others out, and all are asked again when the callbacks have settled.
import * as Net from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { CommandMode, type ResponseState, type Server, Type } from "../../../src/api/c104/index.ts"
import { deferred, startServer } from "../../support/Stage.ts"

const STARTDT = Uint8Array.of(0x68, 4, 0x07, 0, 0, 0)
const frame = (type: number, ioa: number, ...element: number[]): Uint8Array =>
  Uint8Array.of(0x68, 13 + element.length, 0, 0, 0, 0, type, 1, 6, 0, 1, 0, ioa, 0, 0, ...element)

type Answer = () => Promise<ResponseState>

/** How each callback is registered, and the octets that ask it. */
const callbacks: Readonly<Record<string, readonly [(server: Server, answer: Answer) => void, Uint8Array]>> = {
  onClockSync: [(server, answer) => server.onClockSync(answer), frame(103, 0, 0, 0, 0, 12, 1, 1, 26)],
  onReset: [(server, answer) => server.onReset(answer), frame(105, 0, 2)],
  onParameter: [
    (server, answer) => {
      server.getStation(1)?.addPoint({ ioAddress: 10, type: Type.M_ME_NA_1 })
      server.onParameter(answer)
    },
    frame(110, 10, 0, 1, 1)
  ],
  onSelect: [
    (server, answer) => {
      const commandMode = CommandMode.SELECT_AND_EXECUTE
      server.getStation(1)?.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode })?.onSelect(answer)
    },
    frame(45, 10, 0x81)
  ]
}

/** A socket of this machine's, from one of its own addresses. */
const open = async (port: number, localAddress: string): Promise<Net.Socket> => {
  const socket = Net.connect({ port, host: "127.0.0.1", localAddress, noDelay: true })
  onTestFinished(() => void socket.destroy())
  socket.on("error", () => {})
  await new Promise((resolve) => socket.once("connect", resolve))
  return socket
}

/** Asks from an address; the cause of the answer and P/N, 0 when the callback was asked instead. */
const ask = async (port: number, from: string, octets: Uint8Array, asked: () => number) => {
  const before = asked()
  const socket = await open(port, from)
  let came = Buffer.alloc(0)
  socket.on("data", (chunk) => {
    came = Buffer.concat([came, chunk])
  })
  socket.write(Buffer.concat([STARTDT, octets]))
  await expect.poll(() => came.length > 6 || asked() > before, { interval: 5 }).toBe(true)
  return { socket, heard: came.length > 6 ? (came[6 + 8] as number) : 0 }
}

const leave = async (server: Server, socket: Net.Socket): Promise<void> => {
  socket.resetAndDestroy()
  await expect.poll(() => server.openConnectionCount, { interval: 5 }).toBe(0)
}

const limits = { abandonedCallbacks: 8 } as const

describe.each(Object.entries(callbacks))("%s that takes its time", (_, [register, octets]) => {
  it("runs for so many of an address that have left, and no more", async () => {
    const { server, events } = await startServer({ profile: "iec", limits })
    const answers: ReturnType<typeof deferred<ResponseState>>[] = []
    register(server, () => {
      const answer = deferred<ResponseState>()
      answers.push(answer)
      return answer.promise
    })
    const count = (): number => answers.length
    for (let time = 0; time < 6; time++)
      await leave(server, (await ask(server.port, "127.0.0.1", octets, count)).socket)
    expect(count()).toBe(2)
    expect(events.of("rejected").map(({ situation }) => situation)).toEqual(Array(4).fill("tooManyRequests"))
    // Another address has its own share, until all of the limit is used up.
    for (let host = 2; host < 8; host++)
      for (let time = 0; time < 3; time++)
        await leave(server, (await ask(server.port, `127.0.0.${host}`, octets, count)).socket)
    expect(count()).toBe(8)
    expect((await ask(server.port, "127.0.0.9", octets, count)).heard).toBe(0x47)
    for (const { resolve } of answers.splice(0)) resolve(1)
    expect((await ask(server.port, "127.0.0.1", octets, count)).heard).toBe(0)
  })

  it("is asked by all who wait for it, however many", async () => {
    const { server } = await startServer({ profile: "iec", limits })
    let asked = 0
    register(server, () => {
      asked++
      return new Promise(() => {})
    })
    for (let client = 0; client < 12; client++) await ask(server.port, "127.0.0.1", octets, () => asked)
    expect(asked).toBe(12)
  })
})

it("onConnect runs for so many that have left, and no more", async () => {
  const { server, events } = await startServer({ limits })
  const answers: ReturnType<typeof deferred<boolean>>[] = []
  server.onConnect(() => {
    const answer = deferred<boolean>()
    answers.push(answer)
    return answer.promise
  })
  for (let time = 0; time < 6; time++) {
    const socket = await open(server.port, "127.0.0.1")
    const over = (): number => answers.length + events.of("refused").length
    await expect.poll(over, { interval: 5 }).toBe(time + 1)
    socket.resetAndDestroy()
    // The server has seen that it is gone when it has taken another one, which waits.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(answers.length).toBe(2)
  expect(events.of("refused").map(({ why }) => why)).toEqual(Array(4).fill(expect.stringContaining("onConnect")))
  await open(server.port, "127.0.0.2")
  await expect.poll(() => answers.length).toBe(3)
  for (const { resolve } of answers) resolve(true)
  await expect.poll(() => server.openConnectionCount).toBe(1)
  await open(server.port, "127.0.0.1")
  await expect.poll(() => answers.length).toBe(4)
})
