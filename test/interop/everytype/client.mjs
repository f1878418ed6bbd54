// A controlling station of octets: it builds its frames by hand, acknowledges, and waits for answers.
import net from "node:net"

const startdt = 0x07
const stopdt = 0x13
const testfr = 0x43
const acknowledgeEvery = 6
const answerLimitMs = 4000

/** CP56Time2a of an instant in UTC; day of week not used. */
export const cp56 = (ms, { iv = false, su = false } = {}) => {
  const date = new Date(ms)
  const octets = Buffer.alloc(7)
  octets.writeUInt16LE(date.getUTCSeconds() * 1000 + date.getUTCMilliseconds())
  octets[2] = date.getUTCMinutes() | (iv ? 0x80 : 0)
  octets[3] = date.getUTCHours() | (su ? 0x80 : 0)
  octets.set([date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCFullYear() % 100], 4)
  return [...octets]
}

/** An ASDU of one object. */
export const asdu = (type, cause, ca, ioa, element, originator = 0) =>
  Buffer.from([type, 1, cause, originator, ca & 255, ca >> 8, ioa & 255, (ioa >> 8) & 255, ioa >> 16, ...element])

/** Type and cause of an ASDU as `type/cause`, with - behind a negative one. */
const keyOf = (octets) => `${octets[0]}/${octets[2] & 63}${octets[2] & 64 ? "-" : ""}`

export const connect = async (port) => {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true })
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject))
  const received = []
  const links = []
  let rest = Buffer.alloc(0)
  let vs = 0
  let vr = 0
  let owed = 0
  let wake = () => {}
  const low = (number) => [(number << 1) & 255, number >> 7]
  const acknowledge = () => {
    if (owed === 0) return
    owed = 0
    socket.write(Buffer.from([0x68, 4, 1, 0, ...low(vr)]))
  }
  const idle = setInterval(acknowledge, 300)
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 2 && rest.length >= rest[1] + 2) {
      const apdu = rest.subarray(0, rest[1] + 2)
      rest = rest.subarray(rest[1] + 2)
      if ((apdu[2] & 1) === 0) {
        received.push(apdu.subarray(6))
        vr = (vr + 1) & 0x7fff
        if (++owed >= acknowledgeEvery) acknowledge()
      } else if (apdu[2] === testfr) socket.write(Buffer.from([0x68, 4, 0x83, 0, 0, 0]))
      else if ((apdu[2] & 3) === 3) links.push(apdu[2])
    }
    wake()
  })
  const closed = new Promise((resolve) => socket.once("close", resolve))
  socket.on("error", () => {})

  /** Waits until `found()` gives something, and gives it. */
  const until = async (found, what, limitMs = answerLimitMs) => {
    const endMs = performance.now() + limitMs
    for (;;) {
      const result = found()
      if (result !== undefined && result !== false) return result
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) throw new Error(`${what} did not come within ${limitMs / 1000} s`)
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, 200))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  const send = (octets) => {
    owed = 0
    const head = [0x68, octets.length + 4, ...low(vs), ...low(vr)]
    vs = (vs + 1) & 0x7fff
    socket.write(Buffer.concat([Buffer.from(head), octets]))
  }

  const link = async (code) => {
    const before = links.length
    socket.write(Buffer.from([0x68, 4, code, 0, 0, 0]))
    const con = { [startdt]: 0x0b, [stopdt]: 0x23, [testfr]: 0x83 }[code]
    await until(() => links.slice(before).includes(con), `the confirmation of U ${code.toString(16)}`)
  }

  /**
   * Sends an ASDU and waits for its answers: `causes` such as "7", "10", "7-" of its own type, or "1/5" of another, in
   * this order. Others of the same type and another cause are a failure.
   */
  const ask = async (octets, causes, limitMs = answerLimitMs) => {
    const own = octets[0]
    const due = causes.map((cause) => (cause.includes("/") ? cause : `${own}/${cause}`))
    const what = `${keyOf(octets)} ${octets.toString("hex")}`
    const from = received.length
    send(octets)
    const related = () =>
      received.slice(from).filter((one) => due.includes(keyOf(one)) || (one[0] === own && !due.includes(keyOf(one))))
    await until(
      () => related().length >= due.length,
      `${what}: the answers ${due.join(", ")}; came ${related().map(keyOf).join(", ") || "nothing"}`,
      limitMs
    )
    const came = related().slice(0, due.length)
    if (came.map(keyOf).join() !== due.join())
      throw new Error(`${what}: expected ${due.join(", ")}; came ${related().map(keyOf).join(", ")}`)
    return came
  }

  return {
    received,
    until,
    send,
    ask,
    start: () => link(startdt),
    test: () => link(testfr),
    stop: async () => {
      acknowledge()
      await link(stopdt)
    },
    close: async () => {
      clearInterval(idle)
      socket.end()
      await closed
    }
  }
}
