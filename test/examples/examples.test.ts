// Every example does what it says: each is started as a user would, and asked by a client.
import { readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { AsduFields } from "../../src/core/wire/Fields.ts"
import { connectSecure, startSecure } from "../support/certificates.ts"
import { Program } from "./Program.ts"

const CA = 47
const objectsOf = (frames: readonly AsduFields[]) => frames.flatMap(({ objects }) => objects ?? [])
const clockSync = {
  typeId: 103,
  cot: 6,
  objects: [{ ioa: 0, time: { ms: 5250, min: 30, hour: 12, dom: 15, month: 6, year: 24 } }]
}

const tried = new Set<string>()
const example = (name: string, body: (program: Program) => Promise<void>, ...args: readonly string[]): void => {
  tried.add(name)
  it(`${name}.ts`, async () => {
    const program = await Program.start(name, ...args)
    await body(program)
    expect(await program.stop(), "exit code after Ctrl-C").toBe(name === "effect" ? 130 : 0)
  })
}

describe("the example", () => {
  example("simple", async (program) => {
    const client = await program.client()
    await client.next({ typeId: 36, cot: 3, ca: CA })
    client.command(45, 20, { scs: true }, { ca: CA })
    expect((await client.next({ typeId: 45, cot: 7 })).negative).toBe(false)
    expect((await client.next({ typeId: 30, cot: 11 })).objects).toMatchObject([{ ioa: 10, spi: true }])
    await client.next({ typeId: 45, cot: 10 })
  })

  example("effect", async (program) => {
    const client = await program.client()
    await client.next({ typeId: 36, cot: 3, ca: CA })
    client.command(45, 20, { scs: true }, { ca: CA })
    expect((await client.next({ typeId: 45, cot: 7 })).negative).toBe(false)
    client.interrogate(CA)
    await client.next({ typeId: 100, cot: 10 })
    expect(objectsOf(client.asdus({ typeId: 1, cot: 20 }))).toMatchObject([{ ioa: 10, spi: true }])
  })

  example("server", async (program) => {
    await program.says(/^station 14: null, station 12 removed: false$/)
    const client = await program.client()
    await program.says(/^<->\| 127\.0\.0\.1 \| SERVER 127\.0\.0\.1:\d+$/)
    await program.says(/^-->\| U-Format \| StartDT act \[680407000000\] \| SERVER/)
    await program.says(/^<--\| U-Format \| StartDT con \[68040b000000\] \| SERVER/)
    client.send(client.i({ ...clockSync, ca: 15 }))
    await client.until(() => client.asdus({ typeId: 103, cot: 7 }).length > 0)
    await program.says(/^->@\| Time 2024-06-15T12:30:05\.250Z from 127\.0\.0\.1 \| SERVER/)
    await program.says(/^batch: true$/)
    expect((await client.next({ typeId: 13, cot: 3 })).objects?.map(({ ioa }) => ioa)).toEqual([11, 12, 13])
    client.interrogate(99, { oa: 5 })
    await program.says(/^->\?\| UNKNOWN_CA from CLIENT OA 5 \| SERVER/)
    await program.stop()
    await program.says(/^running: false$/)
  })

  example("batch", async (program) => {
    await program.says(/^100 points, consecutive: true$/)
    const client = await program.client()
    await client.until(() => objectsOf(client.asdus({ typeId: 13, cot: 3 })).length >= 200)
    const first = client.asdus({ typeId: 13 })[0]
    expect([first?.oa, first?.ca, first?.objects?.[0]?.ioa]).toEqual([7, CA, 1000])
    expect(client.asdus({ typeId: 13 }).length).toBeLessThan(20)
  })

  example("commands", async (program) => {
    const client = await program.client()
    const command = async (typeId: number, ioa: number, elements: object) => {
      client.command(typeId, ioa, { ...elements }, { ca: CA, oa: 9 })
      return (await client.next({ typeId, cot: 7 })).negative
    }
    expect(await command(45, 101, { scs: true, qu: 1 })).toBe(false)
    await client.next({ typeId: 1, cot: 11 })
    await client.next({ typeId: 45, cot: 10 })
    await program.says(/^lamp: false -> true \(short pulse\), OA 9$/)

    expect(await command(50, 102, { value: 50 })).toBe(false)
    expect(await command(50, 102, { value: 101 })).toBe(true)
    await program.says(/^set-point: 101$/)

    expect(await command(46, 103, { dcs: 2 }), "execute without select").toBe(true)
    expect(await command(46, 103, { dcs: 2, select: true })).toBe(false)
    expect(await command(46, 103, { dcs: 2 })).toBe(false)
    await client.next({ typeId: 46, cot: 10 })
    await program.says(/^breaker: on, selected by 9$/)

    expect(await command(47, 104, { rcs: 2 })).toBe(false)
    await client.until(() => client.asdus({ typeId: 47, cot: 10 }).length > 0)
    await client.until(() => client.asdus({ typeId: 5, cot: 11 }).length > 0)
    expect(objectsOf(client.asdus({ typeId: 5, cot: 11 }))).toMatchObject([{ ioa: 4, value: 1 }])

    expect(await command(45, 105, { scs: true })).toBe(true)
    expect(await command(45, 106, { scs: true })).toBe(true)
    await program.says(/^error: onReceive of .* failed: the drive does not answer$/)
  })

  example("callbacks", async (program) => {
    const client = await program.client()
    await client.next({ typeId: 11, cot: 1 })
    // A cycle that was late may have been refreshed twice before it was sent: not every number comes.
    await client.next((frame) => "typeId" in frame && frame.typeId === 11 && Number(frame.objects?.[0]?.value) >= 3)
    await client.next({ typeId: 30, cot: 3 })
    client.interrogate(CA)
    await client.next({ typeId: 100, cot: 10 })
    const answers = objectsOf(client.asdus({ typeId: 11, cot: 20 }))
    expect(answers.find(({ ioa }) => ioa === 1)).toMatchObject({ value: 42 })
    expect(answers.find(({ ioa }) => ioa === 4)).toMatchObject({ value: 0 })
    await program.says(/^CALLBACK_FAILED: onBeforeRead of M_ME_NB_1 4 of station 47 failed: no measurement$/)
    client.send(client.i({ ...clockSync, ca: CA }))
    await client.next({ typeId: 103, cot: 7 })
    await program.says(/^clock of 127\.0\.0\.1: 2024-06-15T12:30:05\.250Z$/)
    client.send(client.i({ typeId: 111, cot: 6, ca: CA, objects: [{ ioa: 1, value: 5, qpm: { kpa: 1 } }] }))
    expect((await client.next({ typeId: 111, cot: 7 })).negative).toBe(false)
    await program.says(/^parameter of 1 by 127\.0\.0\.1: 5$/)
    client.send(client.i({ typeId: 105, cot: 6, ca: CA, objects: [{ ioa: 0, qrp: 1 }] }))
    expect((await client.next({ typeId: 105, cot: 7 })).negative).toBe(false)
    await program.says(/^reset of 47 by 127\.0\.0\.1: 1$/)
    client.acknowledge()
    await program.says(/^127\.0\.0\.1 left: LOCAL \(the process was reset\)$/)
  })

  example("information", async (program) => {
    await program.says(/^<StatusAndChanged status=PackedSingle set: \{ I0 \| I9 \}/)
    const client = await program.client()
    client.send(client.i({ ...clockSync, ca: CA }))
    await client.next({ typeId: 40, cot: 3 })
    const told = new Map(client.asdus({ cot: 3 }).map(({ typeId, objects }) => [typeId, objects?.[0]]))
    expect([...told.keys()]).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 20, 36, 38, 39, 40])
    expect(told.get(5)).toMatchObject({ value: -3, transient: true })
    expect(told.get(9)).toMatchObject({ value: 0.5 })
    expect(told.get(13)).toMatchObject({ value: 1.5 })
  })

  example("diagnostics", async (program) => {
    await program.says(/^parameters: sendWindowSize=20, .*messageTimeout=20, confirmInterval=15/)
    const first = await program.client()
    await program.says(/^--> \{"format":"U","type":"STARTDT","cot":"ACT"\}$/)
    await program.says(/^metrics: 1 connections/)
    await program.says(/^connection: 127\.0\.0\.1:\d+ started, 6 octets received$/)
    await program.says(/^info: 127\.0\.0\.1:\d+ started$/)
    await program.client()
    expect(await first.ended).toBe("fin")
  })

  example("functions", async (program) => {
    const client = await program.client()
    expect((await client.next({ typeId: 36, cot: 3, ca: CA })).objects).toMatchObject([{ ioa: 1 }])
    client.interrogate(CA, { objects: [{ ioa: 0, qoi: 23 }] })
    await client.next({ typeId: 100, cot: 10 })
    expect(objectsOf(client.asdus({ typeId: 13, cot: 23 }))).toMatchObject([{ ioa: 1 }])
    client.send(client.i({ typeId: 101, cot: 6, ca: CA, objects: [{ ioa: 0, rqt: 1, frz: 1 }] }))
    await client.next({ typeId: 15, cot: 3 })
    client.send(client.i({ typeId: 122, cot: 5, ca: CA, objects: [{ ioa: 0 }] }))
    await client.next({ typeId: 126 })
  })
  example(
    "tls",
    async (program) => {
      const client = await startSecure(program.port, "first")
      await program.says(/^client: .*first/)
      client.interrogate(CA)
      await client.next({ typeId: 100, cot: 10 })
      expect(objectsOf(client.asdus({ typeId: 1, cot: 20 }))).toMatchObject([{ ioa: 1, spi: true }])
      await connectSecure(program.port, "second").then(
        (other) => other.ended,
        () => null
      )
      await program.says(/^refused: /)
    },
    "test/fixtures/tls"
  )
})

it("every example is tried", () => {
  const names = readdirSync("examples").filter((name) => name.endsWith(".ts"))
  expect(names.map((name) => name.slice(0, -3)).sort()).toEqual([...tried].sort())
})
