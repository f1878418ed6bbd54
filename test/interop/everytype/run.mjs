// Every type that the server sends: two sessions with a client of octets, every APDU read by tshark and by the
// package's own codec, and what was seen compared with what was meant. See ../README.md.
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"
import { dissect } from "../dissect.mjs"
import { pcapOf } from "../pcap.mjs"
import { startProxy } from "../proxy.mjs"
import { spawnNode, startServer, withLimit } from "../server.mjs"
import { asdu, connect, cp56 } from "./client.mjs"
import { compare, makeJudge } from "./compare.mjs"
import { judgeStanding, judgeTold } from "./meant.mjs"
import { read } from "./pdml.mjs"
import * as plant from "./plant.mjs"

const severityWarning = 0x600000
const stopLimitMs = 3000
const firstOf = (wrong) => (wrong.length === 0 ? null : `${wrong.length}, first: ${wrong.slice(0, 3).join(" | ")}`)

/** Plays steps `[name, run]`; a failed one does not keep the others from being played. */
const play = async (check, prefix, steps) => {
  for (const [name, run] of steps)
    await run().then(
      () => check(`${prefix}: ${name}`, null),
      (error) => check(`${prefix}: ${name}`, error.message)
    )
}

const flipped = (octets) => {
  const other = Buffer.from(octets)
  if ((octets[2] & 1) === 0) other[other.length - 1] ^= 1
  return other
}

/** A codec that reads the last octet wrongly differs from tshark in every I frame. */
const overlooked = (shown, connections, decode) => {
  const judge = makeJudge()
  compare(judge, shown, connections, (octets) => decode(flipped(octets)))
  const noticed = new Set(judge.differences.map((text) => text.split(/[ :]/).slice(0, 6).join(" "))).size
  const due = shown.filter(({ format }) => format === "I").length
  return noticed === due ? null : `${noticed} of ${due}`
}

const judgeCapture = (check, tshark, name, work, connections, decode) => {
  const file = join(work, `${name}.pcap`)
  writeFileSync(file, pcapOf(connections))
  const packets = dissect(tshark, file)
  const bad = packets.filter(
    (p) =>
      p.malformed.length > 0 ||
      p.protocols.join().includes("malformed") ||
      p.severity.some((s) => Number(s) >= severityWarning)
  )
  check(`${name}: tshark: no malformed frame, no warning`, firstOf(bad.map((p) => JSON.stringify(p))))
  const shown = read(tshark, file)
  const judge = makeJudge()
  compare(judge, shown, connections, decode)
  check(
    `${name}: tshark and codec agree on ${judge.compared} fields of ${shown.length} APDUs`,
    firstOf(judge.differences)
  )
  check(`${name}: the judge notices a flipped bit in every I frame`, overlooked(shown, connections, decode))
  return { shown, compared: judge.compared }
}

const servedFile = async (check, tshark, work, { cli, decode }) => {
  const name = "every type, served file"
  const folder = join(work, "files")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [ioa, octets] of plant.contents) writeFileSync(join(folder, plant.fileName(ioa)), octets)
  const config = plant.config(folder)
  const file = join(work, "every-type.yaml")
  writeFileSync(file, JSON.stringify(config, null, 1))
  const server = await startServer(cli, file)
  try {
    const proxy = await startProxy(JSON.parse(server.first).port)
    const client = await connect(proxy.port)
    await client.start()
    const feedLine = (line) => server.child.stdin.write(`${line}\n`)
    await play(check, name, plant.program(client, feedLine, config.stations.length))
    await client.stop().catch((error) => check(`${name}: STOPDT`, error.message))
    await client.close()
    await proxy.close()
    server.child.kill("SIGTERM")
    await withLimit(server.exited, stopLimitMs, "stopping the server")
    const refused = server.lines.filter((line) => line.includes("BAD_INPUT"))
    check(`${name}: every fed line is taken`, firstOf(refused))
    const { shown, compared } = judgeCapture(check, tshark, "every-type-file", work, proxy.connections, decode)
    const told = plant.feed().map(({ meant }) => meant)
    const events = judgeTold(shown, told)
    check(`${name}: ${told.length} events say what was fed, in ${events.compared} fields`, firstOf(events.wrong))
    const last = new Map(
      told.filter(({ ca, type }) => ca === 1 && type < 38).map(({ ca, ioa, fields }) => [`${ca}/${ioa}`, fields])
    )
    const answered = judgeStanding(shown, last, [20, 5])
    check(`${name}: interrogation and reading say it again, in ${answered.compared} fields`, firstOf(answered.wrong))
    const scanned = judgeStanding(shown, plant.standing, [20, 2])
    check(`${name}: background scan says what the file says, in ${scanned.compared} fields`, firstOf(scanned.wrong))
    return { shown, compared: compared + events.compared + answered.compared + scanned.compared }
  } finally {
    server.child.kill("SIGKILL")
  }
}

const specialsProgram = (client, other, step) => [
  ["end of initialisation", () => step("initialised")],
  ["values that a file cannot say", () => step("values")],
  ["causes given by the program", () => step("causes")],
  ["time tags flagged by the program", () => step("flagged")],
  [
    "interrogation with the points' own types",
    async () => {
      await client.ask(asdu(100, 6, 1, 0, [20]), ["7", "10"])
      await client.ask(asdu(100, 6, 1, 0, [36]), ["7", "10"])
    }
  ],
  [
    "a command that is answered later",
    async () => {
      const command = asdu(45, 6, 1, 1045, [1], 3)
      const answered = async (cause) =>
        client.until(
          () => client.received.some((one) => one[0] === 45 && (one[2] & 0x7f) === cause),
          `the answer ${cause} to a single command`
        )
      client.send(command)
      await new Promise((resolve) => setTimeout(resolve, 100))
      await step("confirm")
      await answered(7)
      await step("terminate")
      await answered(10)
      client.send(command)
      await new Promise((resolve) => setTimeout(resolve, 100))
      await step("refuse")
      await answered(0x47)
      await client.ask(asdu(46, 6, 1, 1046, [2]), ["7-"])
    }
  ],
  [
    "reserved qualifiers, which the program may take",
    async () => {
      await client.ask(asdu(49, 6, 1, 1049, [0xff, 0x7f, 64]), ["7", "10"])
      await client.ask(asdu(62, 6, 1, 1062, [0, 0x80, 127, ...cp56(Date.now())]), ["7", "10"])
    }
  ],
  [
    "parameters, accepted and refused",
    async () => {
      await client.ask(asdu(110, 6, 1, 9, [0x00, 0x80, 0x01]), ["7"])
      await client.ask(asdu(111, 6, 1, 11, [0xff, 0x7f, 0x83]), ["7"])
      await client.ask(asdu(112, 6, 1, 13, [0, 0, 0x80, 0x3f, 0x44]), ["7"])
      await client.ask(asdu(112, 6, 1, 13, [0, 0, 0x80, 0x3f, 0x02]), ["7-"])
      for (const [ioa, qualifier] of [
        [0, 1],
        [9, 2],
        [9, 3]
      ])
        await client.ask(asdu(113, 6, 1, ioa, [qualifier]), ["7"])
      await client.ask(asdu(113, 8, 1, 9, [3]), ["9"])
    }
  ],
  [
    "clock, refused and accepted",
    async () => {
      await client.ask(asdu(103, 6, 1, 0, cp56(Date.now())), ["7-"])
      await step("accept")
      await client.ask(asdu(103, 6, 1, 0, cp56(Date.now())), ["7"])
    }
  ],
  [
    "a clock that only clients set",
    async () => {
      const events = (count) =>
        other.until(
          () => other.received.filter((one) => one[2] === 3).length >= count,
          `${count} events of the unsynchronised server`
        )
      await step("unsynchronised")
      await events(2)
      await other.ask(asdu(103, 6, 2, 0, cp56(Date.UTC(2026, 0, 1))), ["7"])
      await step("synchronised")
      await events(4)
    }
  ],
  [
    "cyclic values",
    () => client.until(() => client.received.some((one) => one[0] === 36 && one[2] === 1), "type 36, cause 1")
  ],
  ["reset of pending information", () => client.ask(asdu(105, 6, 1, 0, [2]), ["7"])],
  ["reset of the process", () => client.ask(asdu(105, 6, 1, 0, [1]), ["7"])]
]

const specials = async (check, tshark, work, { dist, decode }) => {
  const name = "every type, program"
  const child = spawnNode([join(import.meta.dirname, "specials.mjs"), dist], ["pipe", "pipe", "inherit"])
  const told = []
  const steps = []
  let ready = null
  let wake = () => {}
  createInterface({ input: child.stdout }).on("line", (line) => {
    const record = JSON.parse(line)
    if (record.event === "ready") ready = record
    if (record.meant !== undefined) told.push(record.meant)
    if (record.error !== undefined) check(`${name}: the program`, record.error)
    if (record.done !== undefined) steps.push(record.done)
    wake()
  })
  const until = (found, what) =>
    withLimit(
      (async () => {
        while (!found())
          await new Promise((resolve) => {
            wake = resolve
          })
      })(),
      10_000,
      what
    )
  const step = async (text) => {
    const before = steps.length
    child.stdin.write(`${text}\n`)
    await until(() => steps.length > before, text)
  }
  try {
    await until(() => ready !== null, "starting the program")
    const proxies = [await startProxy(ready.host), await startProxy(ready.clients)]
    const [client, other] = await Promise.all(proxies.map(({ port }) => connect(port)))
    await client.start()
    await other.start()
    await play(check, name, specialsProgram(client, other, step))
    await other.stop()
    await Promise.all([client.close(), other.close()])
    await Promise.all(proxies.map((proxy) => proxy.close()))
    const connections = proxies.flatMap((proxy) => proxy.connections)
    const { shown, compared } = judgeCapture(check, tshark, "every-type-program", work, connections, decode)
    const judged = judgeTold(shown, told, true)
    check(`${name}: ${told.length} messages say what was meant, in ${judged.compared} fields`, firstOf(judged.wrong))
    return { shown, compared: compared + judged.compared }
  } finally {
    child.kill("SIGKILL")
  }
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const switching = [...range(45, 51), ...range(58, 64)]
/** "type/cause" that the server has to have sent in the two sessions together. */
const required = [
  ...[1, 3, 5, 7, 9, 11, 13, 15, 20, 21, ...range(30, 40)].map((type) => `${type}/3`),
  ...[1, 3, 5, 7, 9, 11, 13, 20, 21].flatMap((type) => [`${type}/20`, `${type}/2`, `${type}/5`]),
  ...range(21, 36).map((cause) => `/${cause}`),
  ...[9, 11, 13, 21].map((type) => `${type}/1`),
  ...range(37, 41).map((cause) => `/${cause}`),
  ...switching.flatMap((type) => [7, 9, 10, 45, 46, 47].map((cause) => `${type}/${cause}`)),
  ...["1/11", "30/11", "3/11", "31/11", "1/12", "30/12", "70/4", "100/7", "100/9", "100/10", "100/46"],
  ...["101/7", "101/10", "102/45", "102/47", "103/7", "105/7", "107/7", "107/47", "104/44", "106/44", "1/44"],
  ...[110, 111, 112].flatMap((type) => [`${type}/7`, `${type}/45`, `${type}/47`]),
  ...["113/7", "113/9", "36/20", "30/36"],
  ...range(120, 125).map((type) => `${type}/13`),
  "126/5"
]

/** Plays both sessions; gives the number of comparisons. */
export const runEveryType = async (check, tshark, root, cli) => {
  const work = join(root, ".cache", "interop", "every-type")
  mkdirSync(work, { recursive: true })
  const dist = dirname(dirname(cli))
  const { Fields } = await import(pathToFileURL(join(dist, "core", "index.js")).href)
  const build = { cli, dist, decode: Fields.decode }
  const results = []
  for (const session of [servedFile, specials])
    await session(check, tshark, work, build).then(
      (result) => results.push(result),
      (error) => check("every type: the session", error.stack)
    )
  const sent = new Set(
    results.flatMap(({ shown }) =>
      shown
        .filter(({ from }) => from === "server")
        .flatMap(({ header: { typeId, cot } }) => [`${typeId}/${cot}`, `/${cot}`])
    )
  )
  const absent = required.filter((key) => !sent.has(key))
  check(
    `every type: all ${required.length} required types and causes were sent`,
    absent.length === 0 ? null : `missing ${absent.join(", ")}`
  )
  return results.reduce((total, { compared }) => total + compared, 0)
}
