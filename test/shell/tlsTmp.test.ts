// Temporary.
import * as Tls from "node:tls"
import * as fs from "node:fs"
import { it } from "vitest"
import * as Clock from "../../src/shell/Clock.ts"
import { secure, security, startSecure } from "../support/certificates.ts"
import { startHost } from "../support/Stage.ts"
it.for([1,2,3,4,5,6])("x %i", async () => {
    const machine = Clock.machine()
    const clock = { ...machine, wake: (delayMs: number, callback: () => void) => machine.wake(delayMs >= 300_000 ? 150 : delayMs, callback) }
    const s = security(); s.setRenegotiationTime(300_000); s.setVersion({max: 6})
    const { host, port, events } = await startHost({ tls: s.freeze(), clock })
    const place = host.addPoints(1, 1, 35, 1)
    const client = await startSecure(port)
    const t0 = performance.now()
    const log: unknown[] = []
    client.socket.on("secure", () => log.push(["cl secure", performance.now() - t0 | 0]))
    client.socket.on("close", () => log.push(["cl close", performance.now() - t0 | 0]))
    client.socket.on("error", (e) => log.push(["cl err", e.message, performance.now() - t0 | 0]))
    const [ss] = [...host.sessions]; ss!.socket.on("error", (e) => log.push(["srv err", e.message, performance.now() - t0 | 0]))
    ss!.socket.on("close", () => log.push(["srv close", performance.now() - t0 | 0]))
    ss!.socket.on("secure", () => log.push(["srv secure", performance.now() - t0 | 0]))
    for (let published = 1; performance.now() - t0 < 700; published++) {
      host.setValue(place!.block, place!.slot, published, 0)
      host.publish(place!.block, place!.slot, 3, 0)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const hex = port.toString(16).toUpperCase().padStart(4, "0")
    console.log(fs.readFileSync("/proc/net/tcp", "utf8").split("\n").filter((l) => l.includes(":" + hex)).map((l) => l.trim().split(/ +/).slice(1, 5).join(" ")).join("\n"), client.socket.readableFlowing, client.socket.isPaused(), client.socket.writableLength)
    console.log(JSON.stringify(log), JSON.stringify(events.all), client.isClosed, client.iFrames, ss!.socket.writableLength, ss!.socket.destroyed)
})
