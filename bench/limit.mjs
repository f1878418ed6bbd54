// The limit of a Node socket: node:net or node:tls alone, frames made by hand, and of the protocol only k, N(S) and N(R).
// It knows no points, no log, no errors of a peer. --enc 0 copies prepared events, --enc 1 encodes each with its own time
// tag; answers to interrogation are always prepared. What it is triggered by is what bench/server.ts is triggered by.
// --records 1 gives the last APDU of every write over TLS a record of its own, as this server does (docs/TLS.md).
import fs from "node:fs"
import net from "node:net"
import tls from "node:tls"
import { parseArgs } from "node:util"

const text = (value) => ({ type: "string", default: value })
const { values } = parseArgs({
  options: {
    port: text("2404"),
    k: text("12"),
    n: text("100000"),
    pack: text("1"),
    enc: text("0"),
    gi: text("0"),
    scattered: text("0"),
    rate: text("5000"),
    term: text("0"),
    onread: text("0"),
    records: text("0"),
    stamps: text(""),
    cert: text(""),
    key: text(""),
    ca: text("")
  }
})
const K = Number(values.k)
const N = Number(values.n)
const PACK = Number(values.pack)
const TERMINATES = values.term === "1"
const ENCODES = values.enc === "1"
const FRAMES = Math.ceil(N / PACK)
const RECORDS = values.records === "1"

// ---- frames ----

const OBJECT = 15
const FRAME_MAX = 255
const SCRATCH = 65_536
const float = new Float32Array(1)
const floatOctets = new Uint8Array(float.buffer)
const day = { minute: -1, min: 0, hour: 0, date: 0, month: 0, year: 0 }

const putTime = (b, p) => {
  const ms = Date.now()
  const minute = Math.floor(ms / 60_000)
  if (minute !== day.minute) {
    const date = new Date(ms)
    day.minute = minute
    day.min = date.getUTCMinutes()
    day.hour = date.getUTCHours()
    day.date = date.getUTCDate() | ((date.getUTCDay() || 7) << 5)
    day.month = date.getUTCMonth() + 1
    day.year = date.getUTCFullYear() - 2000
  }
  const rest = ms - minute * 60_000
  b[p] = rest
  b[p + 1] = rest >> 8
  b[p + 2] = day.min
  b[p + 3] = day.hour
  b[p + 4] = day.date
  b[p + 5] = day.month
  b[p + 6] = day.year
}

/** Events `index` and on as one M_ME_TF_1 at `at`; returns its octets. */
const putEvents = (b, at, index, most) => {
  let p = at + 12
  let count = 0
  b[at] = 0x68
  b[at + 6] = 36
  b[at + 8] = 3
  b[at + 9] = 0
  b[at + 10] = 1
  b[at + 11] = 0
  for (let i = index; count < most && i < N; count++, i++, p += OBJECT) {
    const ioa = 1000 + (i & 0x7fffff)
    b[p] = ioa
    b[p + 1] = ioa >> 8
    b[p + 2] = ioa >> 16
    float[0] = i
    b[p + 3] = floatOctets[0]
    b[p + 4] = floatOctets[1]
    b[p + 5] = floatOctets[2]
    b[p + 6] = floatOctets[3]
    b[p + 7] = 0
    putTime(b, p + 8)
  }
  b[at + 7] = count
  b[at + 1] = p - at - 2
  return p - at
}

const EVENT_OCTETS = putEvents(Buffer.alloc(300), 0, 0, PACK)
const prepareEvents = () => {
  const prepared = Buffer.alloc(FRAMES * EVENT_OCTETS + 300)
  for (let i = 0; i < FRAMES; i++) putEvents(prepared, i * EVENT_OCTETS, i * PACK, PACK)
  return prepared
}
const events = ENCODES ? Buffer.alloc(0) : prepareEvents()

/** The whole answer to an interrogation: M_ME_NC_1 as sequences (SQ = 1) or, scattered, with an address each; then the end. */
const prepareAnswer = (points, scattered) => {
  const each = scattered ? 30 : 48
  const count = Math.ceil(points / each)
  const octets = Buffer.alloc((count + 1) * FRAME_MAX)
  const starts = new Int32Array(count + 2)
  let p = 0
  for (let frame = 0; frame < count; frame++) {
    const first = frame * each
    const objects = Math.min(each, points - first)
    starts[frame] = p
    const at = p
    octets.set([0x68, 0, 0, 0, 0, 0, 13, scattered ? objects : 0x80 | objects, 20, 0, 1, 0], p)
    p += 12
    for (let j = 0; j < objects; j++) {
      const index = first + j
      if (scattered || j === 0)
        p = octets.writeUIntLE(scattered ? 10_000 + index * 3 + (index & 1) : 10_000 + index, p, 3)
      octets.writeFloatLE(index, p)
      p += 5
    }
    octets[at + 1] = p - at - 2
  }
  starts[count] = p
  octets.set([0x68, 14, 0, 0, 0, 0, 100, 1, 10, 0, 1, 0, 0, 0, 0, 20], p)
  starts[count + 1] = p + 16
  return { octets, starts, frames: count + 1 }
}
const answer = prepareAnswer(Number(values.gi), values.scattered === "1")

// ---- connections ----

const clients = new Set()
// One connection writes at a time, so all share one scratch buffer.
let scratch = Buffer.allocUnsafeSlow(SCRATCH)
let used = 0

class Client {
  sent = 0
  received = 0
  acknowledged = 0
  unacknowledged = 0
  /** The next event and the next frame of the answer, -1 for none. */
  event = -1
  part = -1
  started = false
  blocked = false
  rest = null
  /** Requests whose termination waits for the window. */
  owed = []

  constructor(socket) {
    // Node joins writes that wait for one another through it.
    if (RECORDS) socket._writev = null
    this.socket = socket
    socket.on("error", () => {})
    socket.on("close", () => clients.delete(this))
    socket.on("drain", () => {
      this.blocked = false
      this.feed()
    })
  }

  number(p) {
    scratch[p + 2] = this.sent << 1
    scratch[p + 3] = this.sent >> 7
    scratch[p + 4] = this.received << 1
    scratch[p + 5] = this.received >> 7
    this.sent = (this.sent + 1) & 0x7fff
    this.unacknowledged = 0
  }

  /** Everything that came of one chunk leaves in one write. */
  flush() {
    if (used === 0) return
    let last = 0
    if (RECORDS) for (let at = 0; at < used; at += scratch[at + 1] + 2) last = at
    if (last > 0) this.socket.write(scratch.subarray(0, last))
    const ok = this.socket.write(scratch.subarray(last, used))
    used = 0
    // What the kernel did not take still belongs to the socket.
    if (this.socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH)
    if (!ok) this.blocked = true
  }

  short(...octets) {
    scratch.set([0x68, 4, ...octets], used)
    used += 6
  }

  /** The frame of a request with another cause. */
  mirror(d, at, octets, cause) {
    for (let i = 0; i < octets; i++) scratch[used + i] = d[at + i]
    scratch[used + 8] = (scratch[used + 8] & 0xc0) | cause
    this.number(used)
    used += octets
  }

  /** The termination behind a confirmation; beyond k it waits for an acknowledgement. */
  terminate(d, at, octets) {
    if (this.owed.length === 0 && this.room() > 0) this.mirror(d, at, octets, 10)
    else this.owed.push(Buffer.from(d.subarray(at, at + octets)))
  }

  room() {
    return K - ((this.sent - this.acknowledged) & 0x7fff)
  }

  /** Sends what waits, as far as k and the socket allow. */
  feed() {
    while (!this.blocked) {
      for (; this.owed.length > 0 && this.room() > 0; ) {
        const request = this.owed.shift()
        this.mirror(request, 0, request.length, 10)
      }
      let room = this.room()
      for (; room > 0 && used < SCRATCH - 300; room--) {
        const p = used
        if (this.part >= 0 && this.part < answer.frames) {
          const from = answer.starts[this.part]
          const to = answer.starts[++this.part]
          answer.octets.copy(scratch, p, from, to)
          used += to - from
        } else if (this.event >= 0 && this.event < FRAMES) {
          const index = this.event++
          if (ENCODES) used += putEvents(scratch, p, index * PACK, PACK)
          else {
            const from = index * EVENT_OCTETS
            const octets = events[from + 1] + 2
            if (octets < 64) for (let i = 0; i < octets; i++) scratch[p + i] = events[from + i]
            else events.copy(scratch, p, from, from + octets)
            used += octets
          }
        } else break
        this.number(p)
      }
      if (used === 0) return
      this.flush()
    }
  }

  /** One event now, whatever waits. */
  single(index) {
    const p = used
    used += putEvents(scratch, p, index, 1)
    this.number(p)
    this.flush()
  }

  data(chunk) {
    const d = this.rest === null ? chunk : Buffer.concat([this.rest, chunk])
    this.rest = null
    let p = 0
    while (d.length - p >= 2 && d.length - p >= d[p + 1] + 2) {
      const octets = d[p + 1] + 2
      this.apdu(d, p, octets)
      p += octets
      if (used > SCRATCH - 600) this.flush()
    }
    if (p < d.length) this.rest = Buffer.from(d.subarray(p))
    if (this.unacknowledged >= 8) {
      this.short(1, 0, this.received << 1, (this.received >> 7) & 0xff)
      this.unacknowledged = 0
    }
    this.feed()
    this.flush()
  }

  apdu(d, p, octets) {
    const control = d[p + 2]
    if ((control & 1) === 0) {
      this.received = (this.received + 1) & 0x7fff
      this.unacknowledged++
      this.acknowledged = (d[p + 4] >> 1) | (d[p + 5] << 7)
      this.mirror(d, p, octets, 7)
      if (d[p + 6] === 100) this.part = 0
      else if (TERMINATES && (d[p + 15] & 0x80) === 0) this.terminate(d, p, octets)
      else this.triggered(d[p + 12] | (d[p + 13] << 8) | (d[p + 14] << 16))
    } else if ((control & 2) === 0) this.acknowledged = (d[p + 4] >> 1) | (d[p + 5] << 7)
    else if (control === 0x07) {
      this.started = true
      clients.add(this)
      this.short(0x0b, 0, 0, 0)
    } else if (control === 0x43) this.short(0x83, 0, 0, 0)
  }

  triggered(ioa) {
    if (ioa > 3) return
    this.flush()
    if (ioa === 2) latency()
    else if (ioa === 3) paced()
    else
      for (const client of clients) {
        client.event = 0
        client.feed()
      }
  }
}

/** Single events 7 to 27 ms apart, and when each was sent. */
const latency = () => {
  const stamps = new BigInt64Array(N)
  let random = 12_345
  let index = 0
  const next = () => {
    stamps[index] = process.hrtime.bigint()
    for (const client of clients) client.single(index)
    if (++index === N) return fs.writeFileSync(values.stamps, Buffer.from(stamps.buffer))
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    setTimeout(next, 7 + ((random >>> 8) % 20))
  }
  setTimeout(next, 10)
}

/** `rate` events a second for ever. */
const paced = () => {
  const begin = performance.now()
  let made = 0
  setInterval(() => {
    const due = ((performance.now() - begin) * Number(values.rate)) / 1000
    for (; made < due; made++) for (const client of clients) client.single(made % N)
  }, 1)
}

// Undocumented: a socket rebuilt around its handle with a static buffer to read into.
const rebuilt = (socket) => {
  const handle = socket._handle
  socket._handle = null
  socket.removeAllListeners()
  const buffer = Buffer.allocUnsafeSlow(65_536)
  const callback = (octets, into) => {
    client.data(octets === into.length ? into : into.subarray(0, octets))
    return true
  }
  const again = new net.Socket({ handle, onread: { buffer, callback } })
  const client = new Client(again)
  again.resume()
  again.read(0)
}
const plain = (socket) => {
  const client = new Client(socket)
  socket.on("data", (d) => client.data(d))
}

const serve = values.onread === "1" ? rebuilt : plain
const file = (name) => (values[name] === "" ? undefined : fs.readFileSync(values[name]))
const server =
  values.cert === ""
    ? net.createServer({ noDelay: true }, serve)
    : tls.createServer(
        { cert: file("cert"), key: file("key"), ca: file("ca"), requestCert: true, noDelay: true },
        plain
      )
server.listen({ port: Number(values.port), host: "127.0.0.1", backlog: 2048 }, () => console.log("READY"))

process.stdin.on("data", () => {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  console.log(JSON.stringify({ memory: { heap: heapUsed + external, rss } }))
})
process.stdin.on("end", () => process.exit(0))
