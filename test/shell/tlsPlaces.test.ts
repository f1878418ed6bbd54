// More handshakes than there are places for: peers that only take places keep nobody out who comes from elsewhere, nor at
// their own address anybody who goes on with the handshake.

import * as Net from "node:net"
import { Duplex } from "node:stream"
import * as Tls from "node:tls"
import * as fc from "fast-check"
import { describe, expect, it, onTestFinished } from "vitest"
import * as Places from "../../src/core/station/Handshakes.ts"
import { shareOf } from "../../src/core/station/Share.ts"
import { secure, security, startSecure } from "../support/certificates.ts"
import { startServer } from "../support/Stage.ts"

const HERE = "127.0.0.1"
const ELSEWHERE = "127.0.0.2"
const PLACES = 8

/** The beginning of a ClientHello of 512 octets. */
const PART = Uint8Array.of(0x16, 3, 1, 2, 0, 1)

/** A connection from an address, on which nothing but `octets` is said. */
const peer = (port: number, localAddress: string, octets: Uint8Array): Promise<Net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect({ port, host: HERE, localAddress })
    onTestFinished(() => {
      socket.destroy()
    })
    socket.once("error", reject)
    socket.once("connect", () => {
      socket.off("error", reject)
      socket.on("error", () => {})
      socket.resume()
      socket.write(octets)
      resolve(socket)
    })
  })

/** A way to a server from an address: what a client says behind its first chunk waits until it is let through. */
const way = async (port: number, localAddress: string) => {
  let [isOpen, chunks] = [false, 0]
  const waiting: (() => void)[] = []
  const server = Net.createServer((near) => {
    const far = Net.connect({ port, host: HERE, localAddress })
    near.on("data", (chunk) => {
      if (chunks++ === 0 || isOpen) far.write(chunk)
      else waiting.push(() => far.write(chunk))
    })
    far.pipe(near)
    for (const [one, other] of [
      [near, far],
      [far, near]
    ] as const) {
      one.on("error", () => other.destroy())
      one.on("close", () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve))
  onTestFinished(() => {
    server.close()
  })
  const letThrough = (): void => {
    isOpen = true
    for (const write of waiting) write()
  }
  /** Resolves when the client waits for being let through. */
  const waits = (): Promise<unknown> => expect.poll(() => waiting.length).toBeGreaterThan(0)
  return { port: (server.address() as Net.AddressInfo).port, letThrough: letThrough, waits }
}

/** A server, a client in the middle of its handshake, and the end of that. */
const stage = async (localAddress: string, ip = HERE) => {
  const { server, events } = await startServer({ ip, transportSecurity: security(), limits: { handshakes: PLACES } })
  const { port, letThrough, waits } = await way(server.port, localAddress)
  const opening = startSecure(port)
  opening.catch(() => {})
  await waits()
  const finished = async (): Promise<boolean> => {
    letThrough()
    return (await opening).answers()
  }
  return { port: server.port, events, finished }
}

describe("a client in the middle of its handshake is served", () => {
  it.for([
    ["silent peers at its own address", HERE, new Uint8Array()],
    ["silent peers elsewhere", ELSEWHERE, new Uint8Array()],
    ["peers at its own address that begin and go on no further", HERE, PART],
    ["peers elsewhere that begin and go on no further", ELSEWHERE, PART]
  ] as const)("whatever number of %s", async ([, address, octets]) => {
    const { port, events, finished } = await stage(address)
    for (let i = 0; i < 5 * PLACES; i++) await peer(port, HERE, octets)
    await events.next("refused", 4 * PLACES)
    expect(await finished()).toBe(true)
    expect(events.of("refused").every(({ why }) => why.includes("silent"))).toBe(true)
  })

  const others = async (ip?: string): Promise<boolean> => {
    const { port, events, finished } = await stage(ELSEWHERE, ip)
    for (let i = 0; i < 3 * PLACES; i++) {
      const other = await way(port, HERE)
      secure(other.port, "first").catch(() => {})
      await other.waits()
    }
    await events.next("refused", 2 * PLACES)
    return finished()
  }

  it("whatever number of handshakes at another address that go as far as its own", async () => {
    expect(await others()).toBe(true)
  })

  it("the same where both IPv4 addresses come in through one IPv6 socket", async () => {
    expect(await others("::")).toBe(true)
  })
})

/** What a client says first. */
const hello = (): Promise<Buffer> =>
  new Promise((resolve) => {
    const pipe = new Duplex({
      read: () => {},
      write: (chunk, _, done) => {
        resolve(chunk)
        done()
      }
    })
    Tls.connect({ socket: pipe }).on("error", () => {})
  })

describe("many who begin a handshake at once", () => {
  const PEERS = 100

  /** Peers that connect, say what a client says first, in one go, and tell when they are answered. */
  const given = async () => {
    const { server } = await startServer({ ip: HERE, transportSecurity: security(), limits: { handshakes: PEERS + 1 } })
    const said = await hello()
    const answered: string[] = []
    const peers: (readonly [string, Net.Socket])[] = []
    for (let i = 0; i <= PEERS; i++) {
      const address = i < PEERS ? HERE : ELSEWHERE
      const socket = await peer(server.port, address, new Uint8Array())
      socket.once("data", () => answered.push(address))
      peers.push([address, socket])
    }
    const begin = (): void => {
      for (const [, socket] of peers) socket.write(said)
    }
    return { answered, begin, peers }
  }

  it("are answered in turns of the event loop, so that others are served in between", async () => {
    const { answered, begin } = await given()
    let [before, most] = [0, 0]
    let immediate = setImmediate(function next() {
      most = Math.max(most, answered.length - before)
      before = answered.length
      immediate = setImmediate(next)
    })
    onTestFinished(() => clearImmediate(immediate))
    begin()
    await expect.poll(() => answered.length).toBe(PEERS + 1)
    expect(most).toBeLessThanOrEqual(PEERS / 4)
  })

  it("from one address keep nobody waiting for all of them who comes from elsewhere", async () => {
    const { answered, begin } = await given()
    begin()
    await expect.poll(() => answered.length).toBe(PEERS + 1)
    expect(answered.indexOf(ELSEWHERE)).toBeLessThan(PEERS / 4)
  })

  it("are served though they close behind what they say first, and what is left of them is told", async () => {
    const { events, server } = await startServer({ ip: HERE, transportSecurity: security() })
    const said = await hello()
    const peers = await Promise.all(Array.from({ length: PEERS }, () => peer(server.port, HERE, new Uint8Array())))
    for (const [i, socket] of peers.entries()) {
      socket.write(said)
      if (i % 2 === 0) socket.end()
      else socket.resetAndDestroy()
    }
    await events.next("refused", PEERS)
    await expect((await startSecure(server.port)).answers()).resolves.toBe(true)
  })
})

describe("a share", () => {
  it.for([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""]
  ] as const)("is an IPv4 address, or the network of an IPv6 address: %s", ([address, share]) => {
    expect(shareOf(address)).toBe(share)
  })
})

describe("places", () => {
  interface Taken {
    readonly id: number
    readonly name: string
    silent: boolean
  }

  /** As the first lines of Handshakes say it, by looking at all. */
  const leaving = (taken: readonly Taken[]): { readonly most: number; readonly silent: boolean } => {
    const count = (name: string): number => taken.filter((one) => one.name === name).length
    const most = Math.max(...taken.map(({ name }) => count(name)))
    return { most, silent: taken.some((one) => one.silent && count(one.name) === most) }
  }

  it("are given up by the address with most, silent ones first, then the oldest", () => {
    const step = fc.record({ what: fc.constantFrom("take", "speak", "free", "leave"), at: fc.nat(), name: fc.nat(3) })
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let places = Places.none
      let taken: Taken[] = []
      let id = 0
      for (const { what, at, name } of steps) {
        const one = taken[at % Math.max(1, taken.length)]
        if (what === "take") {
          taken.push({ id: ++id, name: String(name), silent: true })
          places = Places.take(places, id, String(name))
        } else if (what === "speak" && one !== undefined) {
          one.silent = false
          places = Places.speaks(places, one.id)
        } else if (what === "free" && one !== undefined) {
          taken = taken.filter((other) => other !== one)
          places = Places.free(places, one.id)
        } else if (what === "leave" && taken.length > 0) {
          const expected = leaving(taken)
          const found = Places.leaving(places)
          const gone = taken.find((other) => other.id === found?.number) as Taken
          const alike = taken.filter((other) => other.name === gone.name && other.silent === gone.silent)
          const inShare = taken.filter((other) => other.name === gone.name)
          expect([inShare.length, gone.silent]).toEqual([expected.most, expected.silent])
          expect(found).toEqual({ number: gone.id, silent: gone.silent, among: alike.length })
          // Who speaks takes his place among those that speak when he does.
          if (gone.silent) expect(gone).toBe(alike[0])
        }
        expect(Places.taken(places)).toBe(taken.length)
      }
    })
    fc.assert(property, { numRuns: 500 })
  })
})
