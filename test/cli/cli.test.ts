// The command line as a user meets it: the real program in its own process, its output and its exit codes.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import * as Output from "../../src/api/cli/Output.ts"
import { closeEarly, iec104, scratch, start } from "./support.ts"

const { within, write } = scratch()

const point = "stations: [{ commonAddress: 1, points: [{ address: 1, type: M_SP_NA_1 }] }]\n"

describe("iec104 check", () => {
  it("says ok, with the numbers of stations and points", async () => {
    const file = "examples/substation.yaml"
    expect(await iec104(["check", file])).toEqual({ code: 0, out: `${file}: ok, 3 stations, 618 points\n`, err: "" })
    expect(fs.readFileSync("README.md", "utf8")).toContain(`serving ${file}: 3 stations, 618 points.`)
  })

  it("shows warnings without failing", async () => {
    const file = write("warning.yaml", `link: { w: 12 }\n${point}`)
    const { code, out, err } = await iec104(["check", file])
    expect([code, err]).toEqual([0, ""])
    expect(out.split("\n")).toEqual([
      `${file}: ok, 1 station, 1 point`,
      `${file}:1:12 link.w: warning: w (12) should not exceed two thirds of k (12), or sending may stall until t2 runs out`,
      ""
    ])
  })

  it("tells every problem on standard error and fails", async () => {
    const file = write("bad.yaml", `profile: x\nlisten: { port: -1 }\n${point}`)
    expect(await iec104(["check", file])).toEqual({
      code: 1,
      out: "",
      err:
        `${file}:1:10 profile: expected iec or c104, got "x"\n` +
        `${file}:2:17 listen.port: expected a port (0 = any free one), 0..65535, got -1\n` +
        `${file}: 2 problems\n`
    })
  })

  it.each(["", "\n", "# a comment\n", "---\n"])("says that there is nothing in %j", async (text) => {
    const { code, err } = await iec104(["check", write("empty.yaml", text)])
    expect([code, err]).toEqual([1, expect.stringMatching(/empty.yaml:\d+:\d+: .*there is nothing in it/)])
  })

  it.each([
    ["nowhere.yaml", "there is no such file"],
    [".", "this is a directory, not a configuration file"]
  ])("says why %s cannot be read", async (name, why) => {
    const file = within(name)
    expect(await iec104(["check", file])).toEqual({ code: 1, out: "", err: `${file}: ${why}\n` })
  })
})

describe("iec104 explain", () => {
  const startdt = "680407000000"
  const testfr = "680443000000"

  it("explains every frame of a line, however many there are", async () => {
    const frames = 150_000
    const one = await iec104(["explain", startdt])
    const { code, out, err } = await iec104(["explain"], `${startdt.repeat(frames)}\n${testfr}\n`)
    expect([code, err.slice(0, 300)]).toEqual([0, ""])
    expect(out.startsWith(one.out.repeat(3))).toBe(true)
    expect(out.split(one.out)).toHaveLength(frames + 1)
    expect(out.split(one.out).at(-1)).toBe((await iec104(["explain", testfr])).out)
  }, 60_000)

  it("explains one frame an argument", async () => {
    const { code, out, err } = await iec104(["explain", startdt, testfr])
    expect([code, err]).toEqual([0, ""])
    expect(out).toMatch(/STARTDT act[\s\S]*TESTFR act/i)
  })

  it("takes octets as separate arguments, frames that follow each other, and standard input", async () => {
    const [octets, joined, input] = await Promise.all([
      iec104(["explain", ..."68 04 07 00 00 00".split(" ")]),
      iec104(["explain", startdt + testfr]),
      iec104(["explain"], `# a capture\n\n${startdt}\r\n${testfr}\n`)
    ])
    const [one, two] = await Promise.all([iec104(["explain", startdt]), iec104(["explain", startdt, testfr])])
    expect(octets).toEqual(one)
    expect(joined).toEqual(two)
    expect(input).toEqual(two)
    expect(one.code).toBe(0)
  })

  it("names the argument or line that is not hexadecimal, after explaining the rest", async () => {
    const [args, input, rest] = await Promise.all([
      iec104(["explain", "68zz", startdt]),
      iec104(["explain"], `${startdt}\n68zz\n`),
      iec104(["explain", startdt])
    ])
    expect([args.code, input.code]).toEqual([1, 1])
    expect([args.out, input.out]).toEqual([rest.out, rest.out])
    expect(args.err).toMatch(/^argument 1: .+\n$/)
    expect(input.err).toMatch(/^standard input, line 2: .+\n$/)
  })

  it("fails on every argument without octets", async () => {
    const [words, json] = await Promise.all([
      iec104(["explain", "", "  ", "0x", startdt]),
      iec104(["explain", "--json", ""])
    ])
    expect([words.code, json.code]).toEqual([1, 1])
    expect(words.err).toBe([1, 2, 3].map((at) => `argument ${at}: there are no octets\n`).join(""))
    expect(json.out).toBe('{"error":"argument 1: there are no octets"}\n')
  })

  it("ends quietly when nobody reads on", async () => {
    expect(await closeEarly(["explain"], startdt, 100_000)).toEqual({ code: 0, err: "" })
  })
})

describe("wrong use", () => {
  it.each<[ReadonlyArray<string>, RegExp]>([
    [["chek", "x.yaml"], /Unknown subcommand "chek"[\s\S]*check[\s\S]*See: iec104 --help\n$/],
    [["check"], /Missing required argument: FILE\nSee: iec104 check --help\n$/],
    [["check", "a.yaml", "--strict"], /Unrecognized flag: --strict/],
    [["check", "a.yaml", "b.yaml"], /b\.yaml/],
    [["serve"], /Missing required argument: FILE/],
    [["serve", "a.yaml", "--listen", "host:99999"], /--listen[\s\S]*HOST:PORT/]
  ])("%j is exit code 2 and says why", async (args, why) => {
    const { code, out, err } = await iec104(args)
    expect([code, out]).toEqual([2, ""])
    expect(err).toMatch(why)
    expect(err).not.toMatch(/\n\s+at /)
  })

  it("without a command shows the help and is exit code 2", async () => {
    const { code, out } = await iec104([])
    expect(code).toBe(2)
    expect(out).toMatch(/serve[\s\S]*check[\s\S]*explain[\s\S]*compose/)
  })
})

describe("about the program", () => {
  it("has the version of the package", async () => {
    expect(JSON.parse(fs.readFileSync("package.json", "utf8")).version).toBe(Output.version)
    expect(await iec104(["--version"])).toEqual({ code: 0, out: `${Output.version}\n`, err: "" })
  })

  it.each(["serve", "check", "explain", "compose"])("has help for %s", async (command) => {
    const { code, out, err } = await iec104([command, "--help"])
    expect([code, err]).toEqual([0, ""])
    expect(out).toContain(`iec104 ${command}`)
    expect(out).toContain("EXAMPLES")
  })
})

describe("iec104 serve", () => {
  const stop = (signal: NodeJS.Signals): Promise<number | null> =>
    new Promise((resolve, reject) => {
      const file = write(`${signal}.yaml`, `listen: { host: 127.0.0.1, port: 0 }\n${point}`)
      const child = start(["serve", file, "--json"])
      child.on("error", reject)
      child.on("close", resolve)
      child.stdout.once("data", () => {
        // a terminal and npm may both pass the same Ctrl-C on
        child.kill(signal)
        child.kill(signal)
      })
    })

  it("fails on a file with problems", async () => {
    const file = write("unserved.yaml", "stations: []\n")
    const { code, err } = await iec104(["serve", file])
    expect(code).toBe(1)
    expect(err).toContain(`${file}:1:11 stations: expected a list of at least one station, got []`)
  })

  it.each<NodeJS.Signals>(["SIGINT", "SIGTERM"])("stops cleanly at %s", async (signal) => {
    expect(await stop(signal)).toBe(0)
  })
})

describe("a file and an output that have no end, or no room", () => {
  it.each(["check", "serve"])(
    "%s reads of an endless file no more than a configuration may have",
    async (command) => {
      const { code, out, err } = await iec104([command, "/dev/zero"])
      expect([code, out, err]).toEqual([1, "", "/dev/zero: a configuration has at most 67108864 octets\n"])
    },
    60_000
  )

  it.each([
    ["--help", []],
    ["--version", []],
    ["check", ["examples/substation.yaml"]],
    ["explain", ["680407000000"]]
  ])("%s fails and says why when its output cannot be written", async (command, more) => {
    const full = fs.openSync("/dev/full", "w")
    const child = spawn(process.execPath, ["src/api/cli/main.ts", command, ...more], {
      stdio: ["ignore", full, "pipe"]
    })
    fs.closeSync(full)
    let err = ""
    child.stderr?.on("data", (chunk) => {
      err += String(chunk)
    })
    const code = await new Promise((resolve) => child.on("close", resolve))
    expect([code, err]).toEqual([1, expect.stringMatching(/^iec104: standard output cannot be written: ENOSPC: .*\n$/)])
  })
})
