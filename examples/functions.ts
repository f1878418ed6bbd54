// What c104 does not have: groups, frozen counters, dead bands, files, time zones, and two types for one point.
//   npm run build && npx node examples/functions.ts [PORT [FOLDER]]     (default 2404, 0 = any free port)
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Coi, FolderStore, Server, Type } from "iec104"

const [port = "2404", folder = mkdtempSync(join(tmpdir(), "iec104-"))] = process.argv.slice(2)
const server = new Server({
  ip: "127.0.0.1",
  port: Number(port),
  files: new FolderStore(folder) // 47-30000-7 is station 47, address 30000, name of file 7
})
const station = server.addStation(47, {
  timeZone: "Europe/Berlin", // of the time tags; UTC without it
  counters: { mode: "D" } // frozen on request, and the readings are sent at once
})!

// In answers to interrogation M_ME_NC_1, as an event M_ME_TF_1; in the interrogation groups 1 and 3.
const voltage = station.addPoint({
  ioAddress: 1,
  type: Type.M_ME_NC_1,
  eventType: Type.M_ME_TF_1,
  groups: [1, 3],
  deadband: { percent: 2 }, // `update` makes an event when the value moved by more
  minIntervalMs: 1000 // and at most one in a second
})!
const energy = station.addPoint({ ioAddress: 2, type: Type.M_IT_NA_1, counterGroups: [1] })!

await server.start()
process.stdout.write(`listening on ${server.ip}:${server.port}\n`)
station.signalInitialized(Coi.LOCAL_POWER_ON) // to whoever is connected; nobody is
voltage.update(110)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())

const timer = setInterval(() => {
  energy.value += 1
  voltage.update(110 + 5 * Math.sin(energy.value))
  if (!server.isRunning) clearInterval(timer)
}, 100)
