// File transfer over real connections: large files both ways, interruptions, several clients, stores that fail.
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { FolderStore } from "../../src/shell/files/FileFolder.ts"
import type { FileStore } from "../../src/shell/files/FileStore.ts"
import type { PartialOptions } from "../../src/shell/Options.ts"
import * as Frames from "../property/support/Frames.ts"
import { deferred, startHost } from "../support/Stage.ts"
import { FileClient } from "./fileClient.ts"

const temporary = async (): Promise<string> => {
  const folder = await Fs.mkdtemp(Path.join(Os.tmpdir(), "iec104-files-"))
  onTestFinished(() => Fs.rm(folder, { recursive: true, force: true }))
  return folder
}

const withFolder = async (options: PartialOptions = {}) => {
  const folder = await temporary()
  const started = await startHost({ files: new FolderStore(folder), ...options })
  return { ...started, folder }
}

const contentOf = (octets: number): Uint8Array => {
  const content = new Uint8Array(octets)
  let word = 12_345
  for (let at = 0; at < octets; at++) {
    word = (Math.imul(word, 1_103_515_245) + 12_345) & 0x7fff_ffff
    content[at] = word >> 16
  }
  return content
}

const hash = (octets: Uint8Array): string => createHash("sha256").update(octets).digest("hex")

/** What is in a folder once nothing is being received any more. */
const settled = async (folder: string, names: readonly string[]): Promise<void> => {
  await expect.poll(() => Fs.readdir(folder), { timeout: 5000 }).toEqual(names)
}

describe("a file of 16,000,000 octets", () => {
  it("comes back as it was sent", { timeout: 60_000 }, async () => {
    const { port, folder, events } = await withFolder()
    const content = contentOf(16_000_000)
    const client = await FileClient.start(port)
    const startMs = performance.now()
    expect(await client.deliver(1, content)).toBe("F_AF 245 1")
    expect(hash(await Fs.readFile(Path.join(folder, "1-100-1")))).toBe(hash(content))
    expect(hash(await client.fetch(1))).toBe(hash(content))
    expect(performance.now() - startMs).toBeLessThan(30_000)
    expect(events.of("error")).toEqual([])
    await settled(folder, ["1-100-1"])
  })
})

describe("an interrupted transfer", () => {
  it("to the server leaves nothing behind, and succeeds when it is repeated", async () => {
    const { port, folder } = await withFolder()
    const content = contentOf(200_000)
    const first = await FileClient.start(port)
    expect(await first.deliver(2, content, 2)).toBe("stopped")
    expect((await Fs.readdir(folder)).length).toBe(1)
    first.raw.socket.destroy()
    await settled(folder, [])
    const second = await FileClient.start(port)
    expect(await second.deliver(2, content)).toBe("F_AF 4 1")
    expect(hash(await Fs.readFile(Path.join(folder, "1-100-2")))).toBe(hash(content))
  })

  it("from the server can be repeated at once, on another connection or the same one", async () => {
    const { host, port, folder } = await withFolder()
    const content = contentOf(200_000)
    await Fs.writeFile(Path.join(folder, "1-100-2"), content)
    const first = await FileClient.start(port)
    await first.fetch(2, 2)
    first.raw.socket.destroy()
    await expect.poll(() => host.sessions.size).toBe(0)
    const second = await FileClient.start(port)
    await second.fetch(2, 3)
    await second.send(122, 2, [0, 3])
    // Segments that were under way, then the end with deactivation.
    const last = await second.next()
    expect([last.name, last.elements[0], last.elements[1]]).toEqual(["F_LS", 3, 2])
    expect(hash(await second.fetch(2))).toBe(hash(content))
  })

  it("keeps the older file of that name until the new one is complete", async () => {
    const { port, folder } = await withFolder()
    const [older, newer] = [contentOf(1000), contentOf(100_000)]
    const client = await FileClient.start(port)
    expect(await client.deliver(3, older)).toBe("F_AF 1 1")
    expect(await client.deliver(3, newer, 2)).toBe("stopped")
    expect(hash(await Fs.readFile(Path.join(folder, "1-100-3")))).toBe(hash(older))
    expect(await client.ask(122, 3, [0, 3])).toBe("F_AF 2 2")
    await settled(folder, ["1-100-3"])
    expect(await client.deliver(3, newer)).toBe("F_AF 2 1")
    expect(hash(await client.fetch(3))).toBe(hash(newer))
  })

  it("ends when the client is silent, and the file is free for others", async () => {
    const { port, folder } = await withFolder({ limits: { fileStepMs: 200 } })
    await Fs.writeFile(Path.join(folder, "1-100-2"), contentOf(10))
    const silent = await FileClient.start(port)
    expect(await silent.call(2, 1)).toBe("F_FR 10 0 0 0")
    const other = await FileClient.start(port)
    expect(await other.call(2, 1)).toBe("F_FR 0 0 0 128")
    expect((await silent.next()).name).toBe("F_LS")
    await expect.poll(() => other.call(2, 1)).toBe("F_FR 10 0 0 0")
  })
})

describe("two clients", () => {
  it("cannot disturb each other's transfer", async () => {
    const { port, folder } = await withFolder()
    const [large, small] = [contentOf(300_000), contentOf(70_000)]
    await Fs.writeFile(Path.join(folder, "1-100-1"), large)
    const [first, second] = [await FileClient.start(port), await FileClient.start(port)]
    await first.fetch(1, 1)
    expect(await second.call(1, 1)).toBe("F_FR 0 0 0 128")
    expect(await second.call(1, 2)).toBe("F_SC 0 50")
    expect(await second.call(1, 6, 1)).toBe("F_SC 1 54")
    expect(await second.call(1, 3)).toBe("F_SC 0 51")
    expect(await second.call(1, 4)).toBe("F_FR 0 0 0 128")
    expect(await second.announce(1, 10)).toBe("F_SC 0 51")
    await second.send(122, 0, [0, 0], 5)
    const directory = await second.next()
    const objects = Frames.objects(Frames.split(directory.apdu)[0] as Frames.Frame)
    expect(objects).toMatchObject([{ ioa: 100, nof: 1, lof: 300_000, sof: { fa: true, lfd: true } }])
    const [answer, fetched] = await Promise.all([second.deliver(2, small), finish(first, 1)])
    expect(answer).toBe("F_AF 2 1")
    expect(hash(fetched)).toBe(hash(large))
    expect(hash(await first.fetch(2))).toBe(hash(small))
  })

  /** Goes on with a file whose first section is being sent. */
  const finish = async (client: FileClient, nof: number): Promise<Uint8Array> => {
    expect((await client.next()).name).toBe("F_LS")
    for (let section = 1; ; section++) {
      const answer = await client.ask(124, nof, [section, 3])
      if (answer.startsWith("F_LS")) break
      expect((await client.call(nof, 6, section + 1)).startsWith("F_LS")).toBe(true)
    }
    await client.send(124, nof, [0, 1])
    return client.content
  }

  it("get answers to commands while files are on their way (M14)", async () => {
    const { host, port, folder } = await withFolder()
    await Fs.writeFile(Path.join(folder, "1-100-1"), contentOf(1_000_000))
    host.addPoints(1, 10, 45, 1)
    const client = await FileClient.start(port)
    const fetching = client.fetch(1, 1)
    await fetching
    const before = client.parts.length
    await client.asdu(Frames.command(1, 10))
    expect(await client.next()).toMatchObject({ name: "45" })
    // What was in flight, what the socket had taken, and no more.
    expect(client.parts.length - before).toBeLessThan(64)
  })
})

describe("a folder", () => {
  it("is listed, and its files deleted", async () => {
    const { port, folder } = await withFolder()
    const client = await FileClient.start(port)
    await client.send(122, 0, [0, 0], 5)
    expect((await client.next()).elements).toHaveLength(13)
    for (const name of ["1-101-1", "1-100-7", "2-100-1", "readme.txt", "1-100-70000", "01-100-1"])
      await Fs.writeFile(Path.join(folder, name), contentOf(5))
    await client.send(122, 0, [0, 0], 5)
    const { apdu } = await client.next()
    const objects = Frames.objects(Frames.split(apdu)[0] as Frames.Frame)
    expect(objects.map(({ ioa, nof, lof }) => [ioa, nof, lof])).toEqual([
      [100, 7, 5],
      [101, 1, 5]
    ])
    expect(objects[0]?.time).toMatchObject({ year: new Date().getUTCFullYear() - 2000 })
    expect(await client.call(7, 4)).toBe("F_FR 0 0 0 0")
    expect(await client.call(7, 4)).toBe("F_FR 0 0 0 128")
    expect(await client.call(7, 1)).toBe("F_FR 0 0 0 128")
    expect(await Fs.readdir(folder)).not.toContain("1-100-7")
  })

  it("shows times in the zone of the station", async () => {
    const { host, port, folder } = await withFolder()
    host.removeStation(1)
    host.addStation(1, "Europe/Berlin")
    await Fs.writeFile(Path.join(folder, "1-100-7"), "x")
    await Fs.utimes(Path.join(folder, "1-100-7"), 0, Date.UTC(2024, 6, 1, 10, 20) / 1000)
    const client = await FileClient.start(port)
    await client.send(122, 0, [0, 0], 5)
    const { apdu } = await client.next()
    const [object] = Frames.objects(Frames.split(apdu)[0] as Frames.Frame)
    expect(object?.time).toMatchObject({ hour: 12, min: 20, dom: 1, month: 7, year: 24, su: true })
  })
})

describe("a store", () => {
  const nothing: FileStore = {
    list: async () => [],
    open: async () => "unknown",
    create: async () => "notAllowed",
    delete: async () => "notAllowed"
  }

  it("prepares a part of an archive (QueryLog, M22)", async () => {
    const asked: unknown[] = []
    const octets = contentOf(300)
    const { port } = await startHost({
      files: {
        ...nothing,
        query: async (archive, fromMs, toMs) => {
          asked.push(archive, new Date(fromMs).toISOString(), new Date(toMs).toISOString())
          return 9
        },
        open: async ({ nof }) =>
          nof === 9
            ? {
                octets: 300,
                read: async (offset, length) => octets.slice(offset, offset + length),
                close: async () => {}
              }
            : "unknown"
      }
    })
    const client = await FileClient.start(port)
    const times = [0, 0, 0, 1, 1, 1, 24, 0, 0, 59, 23, 31, 12, 24]
    await client.send(127, 3, times)
    expect(await client.next()).toMatchObject({ name: "F_FR", nof: 9, elements: Uint8Array.of(44, 1, 0, 0) })
    expect(asked).toEqual([{ ca: 1, ioa: 100, nof: 3 }, "2024-01-01T01:00:00.000Z", "2024-12-31T23:59:00.000Z"])
    expect(await client.call(9, 2)).toBe("F_SR 1 44 1 0 0")
    await client.call(9, 6, 1)
    expect(client.content).toEqual(Buffer.from(octets))
    const other = await startHost({ files: nothing })
    const second = await FileClient.start(other.port)
    expect(await second.ask(127, 3, times)).toBe("F_FR 0 0 0 128")
  })

  it.each([
    ["open", 122, [0, 1], "F_FR 0 0 0 128"],
    ["create", 120, [10, 0, 0, 0], "F_SC 0 19"],
    ["delete", 122, [0, 4], "F_FR 0 0 0 128"],
    ["list", 122, [0, 0], "F_SC 0 16"]
  ] as const)("whose %s fails is reported, and the client is refused", async (op, type, elements, answer) => {
    const failing: FileStore = { ...nothing, [op]: async () => Promise.reject(new Error("the disk is gone")) }
    const { port, events } = await startHost({ files: failing })
    const client = await FileClient.start(port)
    expect(await client.ask(type, 1, elements, op === "list" ? 5 : 13)).toBe(answer)
    const { error } = await events.next("error")
    expect(error).toMatchObject({ _tag: "CallbackFailed", callback: `files.${op}` })
    expect(error.message).toContain("the disk is gone")
  })

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a word that is no refusal", "later"],
    ["a number", 5],
    ["what has none of the calls", {}]
  ])("that answers %s is reported, and the client is refused", async (_, answer) => {
    const strange = async (): Promise<never> => answer as never
    const { port, events } = await startHost({ files: { ...nothing, open: strange, create: strange, delete: strange } })
    const client = await FileClient.start(port)
    expect(await client.ask(122, 1, [0, 1])).toBe("F_FR 0 0 0 128")
    expect(await client.ask(120, 2, [10, 0, 0, 0])).toBe("F_SC 0 19")
    expect(await client.ask(122, 3, [0, 4])).toBe("F_FR 0 0 0 128")
    const errors = events.of("error").map(({ error }) => error.message)
    expect(errors.map((message) => message.split(" ")[0])).toEqual(["files.open", "files.create", "files.delete"])
    for (const message of errors)
      expect(message).toMatch(/ failed: the store answered .*: neither what it was asked for/)
  })

  it("that says nonsense is reported", async () => {
    const wrong: FileStore = { ...nothing, list: async () => [{ ioa: 1, nof: 65_536, octets: 1, createdMs: 0 }] }
    const { port, events } = await startHost({ files: wrong })
    const client = await FileClient.start(port)
    expect(await client.ask(122, 0, [0, 0], 5)).toBe("F_SC 0 16")
    expect((await events.next("error")).error.message).toContain("name of file 65536")
  })

  it("that hangs is reported and given up; its file stays taken until it has answered, others do not", async () => {
    const gate = deferred<"unknown">()
    const hanging: FileStore = {
      ...nothing,
      open: ({ nof }) => (nof === 1 ? gate.promise : Promise.resolve("unknown"))
    }
    const { host, port, events } = await startHost({ files: hanging, limits: { fileStepMs: 100 } })
    const client = await FileClient.start(port)
    expect(await client.call(1, 1)).toBe("F_FR 0 0 0 128")
    expect((await events.next("error")).error).toMatchObject({ _tag: "CallbackTimedOut", limitMs: 100 })
    expect(await client.call(2, 1)).toBe("F_FR 0 0 0 128")
    expect(events.of("error")).toHaveLength(1)
    const again = client.call(1, 1)
    gate.resolve("unknown")
    expect(await again).toBe("F_FR 0 0 0 128")
    await host.files?.closed()
  })

  it("is asked for a directory once at a time, however many clients ask, and tells each what was there when it asked", async () => {
    const gates: (() => void)[] = []
    let files = 1
    const slow: FileStore = {
      ...nothing,
      list: async () => {
        const found = Array.from({ length: files }, (_, n) => ({ ioa: 100 + n, nof: 1, octets: 1, createdMs: 0 }))
        await new Promise<void>((resolve) => gates.push(resolve))
        return found
      }
    }
    const { port } = await startHost({ files: slow })
    const clients = await Promise.all(Array.from({ length: 10 }, () => FileClient.start(port)))
    const ask = async (): Promise<void> => {
      for (const client of clients) {
        for (let n = 0; n < 4; n++) await client.send(122, 0, [0, 0], 5)
        await client.raw.testfr()
      }
    }
    const answer = async (): Promise<number[]> => {
      const answers: number[] = []
      for (const client of clients) for (let n = 0; n < 4; n++) answers.push((await client.next()).apdu[7] ?? 0)
      return answers.map((vsq) => vsq & 0x7f)
    }
    await ask()
    files = 2
    await ask()
    expect(gates).toHaveLength(1)
    gates[0]?.()
    await expect.poll(() => gates.length).toBe(2)
    gates[1]?.()
    expect(await answer()).toEqual([1, ...Array.from({ length: 39 }, () => 2)])
    expect(await answer()).toEqual(Array.from({ length: 40 }, () => 2))
    expect(gates).toHaveLength(2)
  })

  it("that hangs over a directory is asked again when that is given up", async () => {
    let lists = 0
    const hanging: FileStore = {
      ...nothing,
      list: () => (++lists === 1 ? new Promise<never>(() => {}) : Promise.resolve([]))
    }
    const { port } = await startHost({ files: hanging, limits: { fileStepMs: 100 } })
    const client = await FileClient.start(port)
    expect(await client.ask(122, 0, [0, 0], 5)).toBe("F_SC 0 16")
    await client.send(122, 0, [0, 0], 5)
    expect((await client.next()).name).toBe("F_DR")
  })

  it("none: the file types are unknown", async () => {
    const { port } = await startHost()
    const client = await FileClient.start(port)
    await client.send(122, 1, [0, 1])
    expect((await client.next()).apdu[8]).toBe(0x40 | 44)
  })
})
