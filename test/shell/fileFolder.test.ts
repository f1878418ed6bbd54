// The folder store: nothing outside the folder, nothing half written, nothing left behind, and its limits.
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { FolderStore } from "../../src/shell/files/FileFolder.ts"
import type { FileReader, FileWriter } from "../../src/shell/files/FileStore.ts"

const temporary = async (): Promise<string> => {
  const folder = await Fs.mkdtemp(Path.join(Os.tmpdir(), "iec104-folder-"))
  onTestFinished(() => Fs.rm(folder, { recursive: true, force: true }))
  return folder
}

const name = { ca: 1, ioa: 100, nof: 7 }

/** Newer versions of Node do not forgive a file that is left open. Closing one that is closed does no harm. */
const closeInTheEnd = (file: FileReader | FileWriter): void => onTestFinished(() => file.close().catch(() => {}))

const reader = async (store: FolderStore, file = name): Promise<FileReader> => {
  const found = await store.open(file)
  if (typeof found === "string") throw new Error(found)
  closeInTheEnd(found)
  return found
}

const writer = async (store: FolderStore, octets: number, file = name): Promise<FileWriter> => {
  const found = await store.create(file, octets)
  if (typeof found === "string") throw new Error(found)
  closeInTheEnd(found)
  return found
}

const text = (octets: Uint8Array): string => Buffer.from(octets).toString()

describe("receiving", () => {
  it("shows a file when it is committed, and not before", async () => {
    const folder = await temporary()
    const store = new FolderStore(folder)
    const file = await writer(store, 8)
    await file.write(4, Buffer.from("late"))
    await file.write(0, Buffer.from("soon"))
    expect(await store.list(1)).toEqual([])
    expect(await store.open(name)).toBe("unknown")
    await file.commit(8)
    await file.close()
    expect(await Fs.readdir(folder)).toEqual(["1-100-7"])
    expect(await store.list(1)).toMatchObject([{ ioa: 100, nof: 7, octets: 8 }])
    expect(await store.list(2)).toEqual([])
  })

  it("has exactly the octets that were committed", async () => {
    const folder = await temporary()
    const store = new FolderStore(folder)
    const file = await writer(store, 100)
    await file.write(0, new Uint8Array(100).fill(120))
    await file.write(0, Buffer.from("good"))
    await file.commit(4)
    await file.close()
    expect(await Fs.readFile(Path.join(folder, "1-100-7"), "utf8")).toBe("good")
  })

  it("that ends without a commit leaves nothing behind, and the older file as it was", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, "1-100-7"), "older")
    const store = new FolderStore(folder)
    const file = await writer(store, 4)
    await file.write(0, Buffer.from("half"))
    await file.close()
    expect(await Fs.readdir(folder)).toEqual(["1-100-7"])
    expect(await Fs.readFile(Path.join(folder, "1-100-7"), "utf8")).toBe("older")
  })

  it("removes what an earlier process left behind, and not what is being received", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, ".receiving-1-1"), "lost")
    const first = new FolderStore(folder)
    const file = await writer(first, 4)
    expect((await Fs.readdir(folder)).filter((found) => found === ".receiving-1-1")).toEqual([])
    expect(await new FolderStore(folder).list(1)).toEqual([])
    await file.write(0, Buffer.from("here"))
    await file.commit(4)
    await file.close()
    expect(text(await (await reader(first)).read(0, 100))).toBe("here")
  })

  it("makes the folder when it is needed", async () => {
    const folder = Path.join(await temporary(), "deep", "er")
    const store = new FolderStore(folder)
    expect(await store.list(1)).toEqual([])
    expect(await Fs.readdir(folder)).toEqual([])
  })

  it("tries a folder that could not be made again", async () => {
    const parent = await temporary()
    const folder = Path.join(parent, "a")
    await Fs.writeFile(folder, "in the way")
    const store = new FolderStore(folder)
    await expect(store.list(1)).rejects.toThrow()
    await Fs.rm(folder)
    expect(await store.list(1)).toEqual([])
  })

  it("costs the same for each of many files", async () => {
    const receive = async (files: number): Promise<number> => {
      const store = new FolderStore(await temporary())
      const before = process.cpuUsage()
      for (let nof = 0; nof < files; nof++) {
        const file = await writer(store, 4, { ...name, nof })
        await file.write(0, Buffer.from("here"))
        await file.commit(4)
        await file.close()
      }
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    await receive(100)
    const few = await receive(250)
    const many = await receive(1000)
    expect(many <= 10 * few || `${few} ms, four times as many: ${many} ms`).toBe(true)
  }, 60_000)
})

describe("directories", () => {
  it("of stations with a file each cost the same each, however many stations there are", async () => {
    const list = async (stations: number): Promise<number> => {
      const folder = await temporary()
      for (let ca = 1; ca <= stations; ca++) await Fs.writeFile(Path.join(folder, `${ca}-1-1`), "x")
      const store = new FolderStore(folder)
      const before = process.cpuUsage()
      for (let ca = 1; ca <= stations; ca++) expect(await store.list(ca)).toMatchObject([{ ioa: 1, nof: 1, octets: 1 }])
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    await list(50)
    const few = await list(150)
    const many = await list(600)
    expect(many <= 10 * few || `${few} ms, four times as many: ${many} ms`).toBe(true)
  }, 60_000)

  it("show at once what others put there and take away", async () => {
    const folder = await temporary()
    const store = new FolderStore(folder)
    const listed = async (): Promise<number> => (await store.list(1)).length
    for (let nof = 1; nof <= 20; nof++) {
      await Fs.writeFile(Path.join(folder, `1-1-${nof}`), "x")
      expect(await listed()).toBe(nof)
    }
    const asked: Promise<number>[] = []
    for (let nof = 1; nof <= 20; nof++) {
      await Fs.rm(Path.join(folder, `1-1-${nof}`))
      asked.push(listed().then((files) => files - (20 - nof)))
    }
    expect(Math.max(...(await Promise.all(asked)))).toBe(0)
  })
})

describe("limits", () => {
  it("count what was received and deleted meanwhile, and in the end what others put there and took away", async () => {
    const folder = await temporary()
    const store = new FolderStore(folder, { octetsMax: 10 })
    const receive = async (nof: number, octets: number): Promise<void> => {
      const file = await writer(store, octets, { ...name, nof })
      await file.write(0, new Uint8Array(octets))
      await file.commit(octets)
      await file.close()
    }
    const fits = async (octets: number): Promise<boolean> => {
      const found = await store.create({ ...name, nof: 99 }, octets)
      if (typeof found !== "string") await found.close()
      return typeof found !== "string"
    }
    await receive(1, 6)
    expect([await fits(4), await fits(5)]).toEqual([true, false])
    await receive(1, 3)
    expect([await fits(7), await fits(8)]).toEqual([true, false])
    await receive(2, 7)
    expect([await fits(0), await fits(1)]).toEqual([true, false])
    await store.delete({ ...name, nof: 2 })
    expect([await fits(7), await fits(8)]).toEqual([true, false])
    await Fs.writeFile(Path.join(folder, "7-7-7"), "12345")
    await expect.poll(() => fits(3), { timeout: 20_000 }).toBe(false)
    expect(await fits(2)).toBe(true)
    await Fs.rm(Path.join(folder, "7-7-7"))
    await expect.poll(() => fits(7), { timeout: 20_000 }).toBe(true)
    expect(await fits(8)).toBe(false)
  }, 60_000)

  it("of one file, of all together and of their number", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, "1-1-1"), "12345")
    const store = new FolderStore(folder, { fileOctetsMax: 8, octetsMax: 20, filesMax: 3 })
    expect(await store.create(name, 9)).toBe("noSpace")
    const first = await writer(store, 8)
    expect(await store.create({ ...name, nof: 8 }, 8)).toBe("noSpace")
    const second = await writer(store, 7, { ...name, nof: 8 })
    expect(await store.create({ ...name, nof: 9 }, 0)).toBe("noSpace")
    await first.close()
    await second.close()
    const third = await writer(store, 8, { ...name, nof: 9 })
    await third.close()
  })

  it("count a file that is replaced once", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, "1-100-7"), "12345")
    const store = new FolderStore(folder, { octetsMax: 5, filesMax: 1 })
    await (await writer(store, 5)).close()
    expect(await store.create({ ...name, nof: 8 }, 0)).toBe("noSpace")
  })

  it("are checked when the store is made", () => {
    expect(() => new FolderStore("")).toThrow("folder")
    expect(() => new FolderStore("x", { fileOctetsMax: 16_777_216 })).toThrow("fileOctetsMax")
    expect(() => new FolderStore("x", { filesMax: 1.5 })).toThrow("filesMax")
    expect(() => new FolderStore("x", { access: "write" as "read" })).toThrow("access")
  })

  it("of access: nothing is received or deleted where only reading is allowed", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, "1-100-7"), "12345")
    const store = new FolderStore(folder, { access: "read" })
    expect(await store.create(name, 1)).toBe("notAllowed")
    expect(await store.delete(name)).toBe("notAllowed")
    expect((await reader(store)).octets).toBe(5)
  })
})

describe("the way out of the folder (M20)", () => {
  it("is closed for names that are not numbers", async () => {
    const store = new FolderStore(await temporary())
    for (const wrong of [
      { ca: 1, ioa: 1, nof: -1 },
      { ca: 1, ioa: 1.5, nof: 1 },
      { ca: Number.NaN, ioa: 1, nof: 1 }
    ]) {
      await expect(store.open(wrong)).rejects.toThrow("file")
      await expect(store.delete(wrong)).rejects.toThrow("file")
    }
    const path = { ca: "../../etc/passwd" as unknown as number, ioa: 1, nof: 1 }
    await expect(store.open(path)).rejects.toThrow("file")
  })

  it("is closed for links and folders", async () => {
    const folder = await temporary()
    const secret = Path.join(await temporary(), "secret")
    await Fs.writeFile(secret, "secret")
    await Fs.symlink(secret, Path.join(folder, "1-100-7"))
    await Fs.mkdir(Path.join(folder, "1-100-8"))
    const store = new FolderStore(folder)
    expect(await store.open(name)).toBe("notAllowed")
    expect(await store.open({ ...name, nof: 8 })).toBe("notAllowed")
    expect(await store.delete(name)).toBe("notAllowed")
    expect(await store.list(1)).toEqual([])
    const file = await writer(store, 4)
    await file.write(0, Buffer.from("mine"))
    await file.commit(4)
    await file.close()
    expect(await Fs.readFile(secret, "utf8")).toBe("secret")
    expect(text(await (await reader(store)).read(0, 10))).toBe("mine")
  })
})

describe("sending", () => {
  it("reads what is asked for, and what there is at the end", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, "1-100-7"), "0123456789")
    const file = await reader(new FolderStore(folder))
    expect(file.octets).toBe(10)
    expect(text(await file.read(3, 4))).toBe("3456")
    expect(text(await file.read(8, 4))).toBe("89")
    await file.close()
  })

  it("goes on with the file that was opened when another takes its place", async () => {
    const folder = await temporary()
    await Fs.writeFile(Path.join(folder, "1-100-7"), "older")
    const store = new FolderStore(folder)
    const file = await reader(store)
    const newer = await writer(store, 5)
    await newer.write(0, Buffer.from("newer"))
    await newer.commit(5)
    await newer.close()
    expect(text(await file.read(0, 5))).toBe("older")
    await file.close()
    expect(text(await (await reader(store)).read(0, 5))).toBe("newer")
  })

  it("does not offer what the protocol cannot describe", async () => {
    const folder = await temporary()
    const large = await Fs.open(Path.join(folder, "1-100-7"), "w")
    await large.truncate(16_777_216)
    await large.close()
    const store = new FolderStore(folder)
    expect(await store.list(1)).toEqual([])
    expect(await store.open(name)).toBe("notAllowed")
  })
})
