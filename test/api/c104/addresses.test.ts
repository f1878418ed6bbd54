// Several listening addresses, and IPv6: one port for all of them, one server behind it.
import * as Net from "node:net"
import { expect, it } from "vitest"
import { Server } from "../../../src/api/c104/index.ts"

const answer = (host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect({ host, port }, () => socket.write(Buffer.from([0x68, 4, 0x43, 0, 0, 0])))
    socket.on("error", reject)
    socket.on("data", (chunk) => {
      socket.destroy()
      resolve(chunk.toString("hex"))
    })
  })

it("serves every address on the same port, IPv6 too", async () => {
  await using server = new Server({ ip: ["127.0.0.1", "::1", "127.0.0.2"], port: 0 })
  const peers: string[] = []
  server.onConnect((_, ip) => {
    peers.push(ip)
    return true
  })
  await server.start()
  for (const host of ["127.0.0.1", "::1", "127.0.0.2"]) expect(await answer(host, server.port)).toBe("680483000000")
  expect(peers).toEqual(["127.0.0.1", "::1", "127.0.0.1"])
  expect(server.addresses).toEqual(["127.0.0.1", "::1", "127.0.0.2"])
  expect(server.ip).toBe("127.0.0.1")
})

it("listens nowhere when one of its addresses cannot be had", async () => {
  const server = new Server({ ip: ["127.0.0.1", "192.0.2.1"], port: 0 })
  await expect(server.start()).rejects.toMatchObject({ code: "ADDRESS_UNAVAILABLE" })
  expect(server.isRunning).toBe(false)
})

it("refuses an empty list", () => {
  expect(() => new Server({ ip: [] })).toThrow("host: a host name or IP address, or several")
})
