// Files are of a station: what is under way when that is removed ends, also where another one has its address by now.
import { describe, expect, it } from "vitest"
import type { FileStore, StoredFile } from "../../src/shell/files/FileStore.ts"
import type { Host } from "../../src/shell/Host.ts"
import * as Frames from "../property/support/Frames.ts"
import { deferred, startClient, startHost, turn } from "../support/Stage.ts"
import { FileClient } from "./fileClient.ts"

const OCTETS = 60_000
const FILES: readonly StoredFile[] = [1, 2].map((nof) => ({ ioa: 100, nof, octets: OCTETS, createdMs: 0 }))

/** A station with files, and what their store was asked to do; its answers to `held` wait until they are let go. */
const stage = async (held: keyof FileStore | "read" | null = null) => {
  const asked: string[] = []
  const gate = deferred<void>()
  const ask = async (what: string): Promise<void> => {
    asked.push(what)
    if (what === held) await gate.promise
  }
  const close = () => ask("close")
  const read = async (offset: number, octets: number): Promise<Uint8Array> => {
    await ask("read")
    return new Uint8Array(Math.min(octets, OCTETS - offset))
  }
  const files: FileStore = {
    list: async () => {
      await ask("list")
      return FILES
    },
    open: async () => {
      await ask("open")
      return { octets: OCTETS, read, close }
    },
    create: async () => {
      await ask("create")
      return { write: () => ask("write"), commit: () => ask("commit"), close }
    },
    delete: async () => {
      await ask("delete")
      return null
    }
  }
  const { host, port } = await startHost({ files })
  /** Lets the store answer, and its answer be taken. */
  const letGo = async (): Promise<void> => {
    gate.resolve()
    for (let i = 0; i < 10; i++) await turn()
  }
  return { host, port, asked, letGo }
}

const leavings: readonly (readonly [string, (host: Host) => void])[] = [
  ["removed", (host) => host.removeStation(1)],
  [
    "replaced",
    (host) => {
      host.removeStation(1)
      host.addStation(1)
    }
  ]
]

describe.each(leavings)("when its station is %s", (how, leave) => {
  /** What a request of that address hears then: itself, since the address is not known, or the answer of the new station. */
  const then = (answer: string): string => (how === "removed" ? "F_SC 0 1" : answer)
  const READY = "F_FR 96 234 0 0"

  it("a file whose segments wait for the window is not sent on, and closed", async () => {
    const { host, port, asked } = await stage()
    const client = await startClient(port, { acknowledge: "never" })
    const call = (action: number, section: number): void => {
      client.send(
        Frames.i(client.sendNumber++, client.receiveNumber, Frames.asdu(122, 13, 0, 1, 100, 1, 0, section, action))
      )
    }
    call(1, 0)
    await client.next({ typeId: 120 })
    call(2, 0)
    await client.next({ typeId: 121 })
    call(6, 1)
    const segments = () => client.frames.filter((apdu) => apdu[6] === 125).length
    await client.until(() => segments() === 12)
    leave(host)
    await expect.poll(() => asked).toEqual(["open", "read", "close"])
    for (let taken = -1; taken < client.iFrames; ) {
      taken = client.iFrames
      client.acknowledge()
      await client.answers()
    }
    expect([segments(), client.frames.filter((apdu) => apdu[6] === 123).map((apdu) => apdu[18])]).toEqual([12, [2]])
  })

  it.each([
    ["selected", 1, "F_LS 1 2 0"],
    ["called", 2, "F_LS 1 2 0"]
  ])("a file that is %s ends at once, and is closed", async (_, steps, end) => {
    const { host, port, asked } = await stage()
    const client = await FileClient.start(port)
    for (let action = 1; action <= steps; action++) await client.call(1, action)
    leave(host)
    const { name, elements } = await client.next()
    expect(`${name} ${[...elements].join(" ")}`).toBe(end)
    expect(asked).toEqual(["open", "close"])
    expect(await client.call(1, 1)).toBe(then(READY))
  })

  it("a file that is being opened is refused, and closed when it is open", async () => {
    const { host, port, asked, letGo } = await stage("open")
    const client = await FileClient.start(port)
    await client.send(122, 1, [0, 1])
    await expect.poll(() => asked).toEqual(["open"])
    leave(host)
    const { name, elements } = await client.next()
    expect([name, ...elements]).toEqual(["F_FR", 0, 0, 0, 0x80])
    await letGo()
    expect(asked).toEqual(["open", "close"])
    expect(await client.call(1, 1)).toBe(then(READY))
  })

  it("a file that is received is refused, and thrown away", async () => {
    const { host, port, asked } = await stage()
    const client = await FileClient.start(port)
    expect(await client.announce(1, 1000)).toBe("F_SC 0 2")
    expect(await client.ask(121, 1, [1, 232, 3, 0, 0])).toBe("F_SC 1 6")
    await client.send(125, 1, [1, 100, ...new Uint8Array(100)])
    leave(host)
    const { name, elements } = await client.next()
    expect([name, ...elements]).toEqual(["F_AF", 1, 0x42])
    expect(asked).toEqual(["create", "close"])
  })

  it("its directory is not told, and nothing is said to be deleted", async () => {
    for (const [held, cause, action, refusal] of [
      ["list", 5, 0, "F_SC 0 16"],
      ["delete", 13, 4, "F_FR 0 0 0 128"]
    ] as const) {
      const { host, port, asked, letGo } = await stage(held)
      const client = await FileClient.start(port)
      await client.send(122, 0, [0, action], cause)
      await expect.poll(() => asked).toEqual([held])
      leave(host)
      const { name, elements } = await client.next()
      expect(`${name} ${[...elements].join(" ")}`).toBe(refusal)
      await letGo()
      expect(await client.call(1, 1)).toBe(then(READY))
    }
  })
})
