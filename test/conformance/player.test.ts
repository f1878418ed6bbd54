// The player is a judge: each transcript here is wrong in one way, and must be refused with the words that say which.
import * as Net from "node:net"
import { describe, expect, it } from "vitest"
import * as Expression from "./Expression.ts"
import * as Given from "./Given.ts"
import * as Player from "./Player.ts"
import { RemoteStation } from "./RemoteStation.ts"
import { ServedStation } from "./ServedStation.ts"
import * as Suite from "./Suite.ts"
import * as Transcript from "./Transcript.ts"

const opens: readonly (readonly [string, Player.Open])[] = [
  ["the server in memory", ServedStation.inMemory],
  ["the server", ServedStation.overTcp]
]

const caseOf = (lines: string): Transcript.Case => {
  const source = `given point 1:1000 M_ME_NB_1\n== A1 | a stimulus | what is expected\n${lines}`
  return Transcript.parse("made.txt", source)[0] as Transcript.Case
}

/** Lines that are wrong, and what has to be said about them. */
const wrong: readonly (readonly [string, string])[] = [
  ["0 > TESTFR act", "at the end: unexpected, at 0 s U TESTFR con"],
  ["0 > TESTFR act\n1 -", "made.txt:4: 1 s - \n  unexpected, at 0 s U TESTFR con"],
  ["0 > TESTFR act\n> TESTFR act\n< TESTFR con", "unexpected, at 0 s U TESTFR con"],
  ["0 < TESTFR con", "nothing came"],
  ["0 > TESTFR act\n< STARTDT con", "expected 68 04 0b 00 00 00\n  but at 0 s U TESTFR con"],
  ["0 > TESTFR act\n1 < TESTFR con", "expected at 1 s, but at 0 s U TESTFR con"],
  ["19.999 < TESTFR act", "nothing came"],
  ["20.001 < TESTFR act", "expected at 20.001 s, but at 20 s U TESTFR act"],
  ["21 -", "unexpected, at 20 s U TESTFR act"],
  ["0 > 69", "at the end: unexpected, at 0 s the server closed: BAD_START"],
  [
    "0 > 69\nx BAD_LENGTH",
    "expected that the server closes with BAD_LENGTH\n  but at 0 s the server closed: BAD_START"
  ],
  ["0 > TESTFR act\nx BAD_START", "expected that the server closes"],
  ["0 > 69\nx BAD_START\n1 > TESTFR act", "there is no open connection"],
  ["0 = state STARTED", "expected state STARTED, but it is STOPPED"],
  ["0 > STARTDT act\n< STARTDT con\n! event 1000 = 1\n< I 1 0 | *", "expected 68 ?? 02 00 00 00 *"],
  ["0 > STARTDT act\n< STARTDT con\n! 2 x event 1000 = 1..\n< 3 x I 0.. 0 | *", "nothing came"],
  ["5 -\n4 -", "time goes back"],
  ["-- one\n0 -\n-- two\n0 < TESTFR con", "made.txt:6: -- two, 0 s < TESTFR con"],
  ["0 ! fails event 1000 = 1", "the station has to refuse this, but did it"],
  ["0 = operated 1", "expected operated 1, but it is 0"],
  ["0 = value 1000 1", "expected value 1000 1, but it is 0"],
  [
    "0 > STARTDT act\n< STARTDT con\n! event 1000 = 1 quality IV\n< I | 0B 01 03 00 01 00 E8 03 00 01 00 00",
    "expected 68 10 00 00 00 00 0b 01"
  ],
  ["each name = 1; 2 {\n+$name > TESTFR act\n< TESTFR con\n}\n= state $name", "expected state $name"],
  ["each name, other = TESTFR act, TESTFR con; STARTDT act, TESTFR con {\n0 > $name\n< $other\n}", "0 s < TESTFR con"],
  ["repeat 3 as i {\n{20*i+20} < TESTFR act\n> TESTFR con\n}\n80 -", "at 80 s U TESTFR act"]
]

for (const [name, open] of opens)
  describe(`against ${name}`, () => {
    it.each(wrong)("%j is refused", async (lines, words) => {
      await expect(Player.play(caseOf(lines), open)).rejects.toThrow(words)
    })
  })

/** The same for a server with TLS. */
const wrongOverTls: readonly (readonly [string, string])[] = [
  ["0 b> CONNECT certificate expired", "at the end: unexpected, b: at 0 s the server closed: REFUSED: the client's"],
  ["0 b> CONNECT\nbx REFUSED", "nothing came"],
  ["0 b> CONNECT certificate expired\nbx REFUSED: has a wrong signature", "but b: at 0 s the server closed: REFUSED:"],
  ["0 b> CONNECT certificate expired\nbx TRANSPORT", "expected that the server closes with TRANSPORT"],
  ["0 b> CONNECT plain\n9 bx REFUSED", "nothing came"],
  ["0 b> CONNECT plain\nb> STARTDT act\nb< 15 *", "expected 15 *\n  but b: at 0 s the server closed: REFUSED"],
  ["given tls allowed second\n0 -", "unexpected, at 0 s the server closed: REFUSED"],
  ["given tls allowed first second\n0 = handshakes 2", "expected handshakes 2, but it is 1"],
  ["0 b> CONNECT TLS 1.2\nb= handshake resumed", "expected handshake resumed, but it is full"],
  ["0 b> CONNECT resume\nb= handshake full", "expected handshake full, but it is resumed"],
  ["-- one\n0 -\n-- two\npending nothing\n0 < TESTFR con\n-- three\n0 < STARTDT con", "-- three, 0 s < STARTDT con"],
  ["0 b> CONNECT certificate nobody", "no such file"],
  ["0 b> CONNECT certificate ../ca", "is no name of a certificate"],
  ["0 b> CONNECT loudly", "is no way to connect"]
]

describe("against the server with TLS", () => {
  it.each(wrongOverTls)("%j is refused", async (lines, words) => {
    await expect(Player.play(caseOf(`given tls\n${lines}`), ServedStation.overTcp)).rejects.toThrow(words)
  })

  it("nobody is told how to connect where there is no TLS", async () => {
    const lines = "0 b> CONNECT certificate first"
    await expect(Player.play(caseOf(lines), ServedStation.overTcp)).rejects.toThrow("only said where there is TLS")
  })

  it("memory does not apply", async () => {
    const found = await Suite.result(caseOf("given tls\n0 -"), ServedStation.inMemory)
    expect([found.verdict, found.detail]).toEqual(["not applicable", "a line in memory carries no TLS"])
  })
})

it("a run that is pending is named in the result of its case", async () => {
  const lines = "-- one\n0 -\n-- two\npending something\n0 < TESTFR con"
  const found = await Suite.result(caseOf(lines), ServedStation.overTcp)
  expect([found.verdict, found.detail]).toEqual(["passed", "two is pending (something)"])
})

describe("what cannot be read", () => {
  it.each([
    ["0 ? TESTFR act", 'made.txt:3: cannot read "0 ? TESTFR act"'],
    ["}", "made.txt:3: } closes nothing"],
    ["repeat 2 {\n0 -", "is not closed"],
    ["each one, two = 1; 2 {", "1 are not 2 words"],
    ["given k=x", "is no link parameter"],
    ["given option speed 5", "is no choice of the profile"],
    ["given option types101 maybe", "is none of yes, no"],
    ["given limit speed 5", "is no limit"],
    ["given wall noon", "is no instant"],
    ["given tls colour red", "is nothing that TLS has"],
    ["given tls validate perhaps", "is none of yes, no"],
    ["given tls resumption soon", "is no time in seconds"],
    ["given point 1:1 M_ME_NB_1 groups 17", "17 is no group"],
    ["given point 1:1 M_ME_NB_1 colour red", "is nothing that a point has"],
    ["given point 1:1 M_XX_NA_1", "does not read like"]
  ])("%j is refused", (lines, words) => {
    expect(() => caseOf(lines)).toThrow(words)
  })

  it.each([
    ["0 > I 0 0 | ??", "may not leave octets open"],
    ["0 > 6", "neither an octet nor a name"],
    ["0 ! sing", "is nothing that a process does"],
    ["0 ! event 7 = 1", "there is no point"],
    ["0 ! event 1000 = 1 quality XY", "is no quality"],
    ["0 ! event 1000 = 40000", "not 40000"],
    ["0 ! terminate 1000", "cause 10 is not legal"],
    ["0 = mood good", "is nothing that a station tells"],
    ["0 > {1+} TESTFR act", "has no value"]
  ])("%j fails when it is played", async (lines, words) => {
    await expect(Player.play(caseOf(lines), ServedStation.inMemory)).rejects.toThrow(words)
  })
})

describe("expressions", () => {
  it.each([
    ["{1+2*3}", "7"],
    ["{(i+1)*2}", "12"],
    ["{i-7} {7/2} {7%4}", "-2 3 3"],
    ["{256*i+3:2} {i:1}", "03 05 05"],
    ["{-i:4}", "fb ff ff ff"]
  ])("%s is %s where i is 5", (text, value) => {
    expect(Expression.fill(text, new Map([["i", 5]]))).toBe(value)
  })
})

describe("a server somewhere behind TCP", () => {
  const port = (server: Net.Server): number => (server.address() as Net.AddressInfo).port

  /** A server that answers every chunk with the same octets, or closes when there are none. */
  const answering = async (octets: string): Promise<{ readonly open: Player.Open; readonly stop: () => void }> => {
    const server = Net.createServer((socket) => {
      socket.on("error", () => socket.destroy())
      socket.on("data", () => (octets === "" ? socket.end() : socket.write(Buffer.from(octets, "hex"))))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const target = { host: "127.0.0.1", port: port(server), link: Given.standard.link }
    return { open: async (given) => new RemoteStation(target, given), stop: () => server.close() }
  }

  it.each([
    ["680483000000", "0 > TESTFR act\n< TESTFR con", "passed", ""],
    ["680483000000", "0 > TESTFR act\n< STARTDT con", "failed", "expected 68 04 0b"],
    ["680483000000", "0 > TESTFR act\n0.1 -", "failed", "unexpected, at 0"],
    ["680483000000", "0 > TESTFR act\nx BAD_START", "failed", "expected that the server closes"],
    ["", "0 > 69\nx BAD_START", "passed", ""],
    ["", "0 > TESTFR act\n< TESTFR con", "failed", "the server closed"],
    ["", "0 ! event 1000 = 1", "not applicable", "nobody can make the server do"],
    ["", "given k=1\n0 -", "not applicable", "other link parameters"]
  ])("that answers %j to %j: %s", async (octets, lines, verdict, words) => {
    const { open, stop } = await answering(octets)
    const found = await Suite.result(caseOf(lines), open)
    stop()
    expect(found.verdict).toBe(verdict)
    expect(found.detail).toContain(words)
  })
})
