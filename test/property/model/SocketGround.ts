// The system's sockets and its own time.
import * as Net from "node:net"
import { type Ground, type Hearing, immediate, type Wire } from "./Ground.ts"

const wireOf = (socket: Net.Socket): Wire => ({
  port: socket.localPort as number,
  write: (octets) => {
    if (!socket.writableEnded) socket.write(octets)
  },
  end: () => socket.end(),
  reset: () => {
    socket.removeAllListeners("data")
    // Node leaves a socket behind that is reset while it is being shut.
    if (socket.writableEnded) socket.destroy()
    else socket.resetAndDestroy()
  },
  cut: () => {
    socket.removeAllListeners("data")
    socket.destroy()
  }
})

const held = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP"))

export const sockets: Ground = {
  time: null,
  nowMs: () => performance.now(),
  connect: (port, hears) =>
    new Promise((resolve) => {
      const socket = Net.connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
      socket.once("connect", () => {
        const wire = wireOf(socket)
        const { data, end, close }: Hearing = hears(wire)
        socket.on("data", data)
        socket.on("end", end)
        socket.on("close", close)
        resolve(wire)
      })
      socket.on("error", () => resolve(null))
    }),
  turn: immediate,
  until: async (holds, withinMs) => {
    const untilMs = performance.now() + withinMs
    while (!holds() && performance.now() < untilMs) await immediate()
    return holds()
  },
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  left: async () => {
    // Sockets of clients go in a turn or two.
    for (let turns = 0; turns < 100 && held().length > 0; turns++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    return held()
  }
}
