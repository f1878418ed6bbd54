// The scenarios: what the client does, what each server is told, what is reported, and what the project wants of it.
import type { Metric, Target } from "./results.ts"

/** One server in a scenario: its arguments, and what the client does differently with it. */
export interface Peer {
  readonly name: string
  /** Which program: ours, the command line, our start-up, the limit, the Python package, the memory of the core. */
  readonly program: "server" | "cli" | "start" | "limit" | "c104" | "memory"
  readonly server: readonly string[]
  readonly client?: readonly string[]
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Without pinning: server and client on whatever core. */
  readonly spread?: boolean
  /** Null: what the server says by itself is all. */
  readonly client: readonly string[] | null
  /** A line written to the server once it is ready; its answer is part of the result. */
  readonly ask?: string
  /** Whether memory is asked for before and while the client holds its connections. */
  readonly memory?: boolean
  /** Points that an interrogation has to bring. */
  readonly points?: number
  readonly tls?: boolean
  /** Runs only when it is named. */
  readonly named?: boolean
  readonly repetitions?: number
  readonly peers: readonly Peer[]
  readonly metrics: readonly Metric[]
  readonly targets: readonly Target[]
}

const flags = (options: Readonly<Record<string, number | string>>): string[] =>
  Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
type Flags = Readonly<Record<string, number | string>>

const ours = (options: Flags = {}): Peer => ({ name: "ours", program: "server", server: flags(options) })
const bare = (options: Flags = {}): Peer => ({ name: "bare", program: "limit", server: flags(options) })
const encoding = (options: Flags = {}): Peer => ({
  name: "bare-enc",
  program: "limit",
  server: flags({ enc: 1, ...options })
})
const c104 = (options: Flags = {}, client: Flags = {}): Peer => ({
  name: "c104",
  program: "c104",
  server: flags(options),
  client: flags(client)
})

const perSecond: Metric = { key: "per_s", label: "a second" }
const cpuNs: Metric = { key: "cpu_ns", label: "CPU each (ns)" }
const cpuUs: Metric = { key: "cpu_us", label: "CPU each (us)" }
const p50: Metric = { key: "p50_us", label: "p50 (us)" }
const p99: Metric = { key: "p99_us", label: "p99 (us)" }
const ready: Metric = { key: "ready_ms", label: "until ready (ms)" }
const warm: Metric = { key: "ms", label: "warm (ms)" }
const publishNs: Metric = { key: "publish_ns", label: "a publish (ns)" }

/** A frame of 16 floats with their time tags is the fullest that there is. */
const PACK = 16
/** Loss-free rate at which c104 is given its events; beyond it drops them. */
const C104_RATE = 5000

const MILLION = 1_000_000
/** Under half a log: nobody has to make room for so many events. */
const WAITING = 60_000

/** All scenarios; `quick` makes the long ones ten times shorter. */
export const scenarios = (quick: boolean): readonly Scenario[] => {
  const some = (n: number): number => (quick ? n / 10 : n)
  const events = (
    name: string,
    title: string,
    n: number,
    clients: number,
    [own, limit]: readonly [Flags, Flags],
    targets: readonly Target[],
    w = 8
  ): Scenario => ({
    name,
    title,
    client: ["events", ...flags({ n, clients, w })],
    peers: [ours({ n, ...own }), bare({ n, ...limit }), encoding({ n, ...limit })],
    metrics: [perSecond, cpuNs],
    targets
  })
  const interrogation = (points: number, scattered: boolean): Scenario => {
    const asked = { n: 1, gi: points, scattered: scattered ? 1 : 0 }
    const wanted = points === 100_000 && !scattered
    return {
      name: `interrogation-${points}${scattered ? "-scattered" : ""}`,
      title: `Interrogation of ${points.toLocaleString("en-US")} floats at ${scattered ? "scattered" : "contiguous"} addresses`,
      client: ["interrogation", ...flags({ reps: points > 100_000 ? 5 : 61, "idle-ms": 5000 })],
      points,
      peers: [
        ours({ ...asked, points: 0 }),
        bare(asked),
        ...(points <= 10_000 && !scattered ? [c104({ gi: points, points: 0 })] : [])
      ],
      metrics: [
        warm,
        { key: "cold_ms", label: "first of the process (ms)" },
        ...(points > 100_000 ? [] : [{ key: "settled_ms", label: "after fifty (ms)" }]),
        { key: "cpu_ms", label: "CPU, warm (ms)" },
        ...(points > 100_000 ? [] : [{ key: "settled_cpu_ms", label: "CPU, after fifty (ms)" }])
      ],
      targets: wanted
        ? [
            { metric: "ms", beside: "bare", atMost: 1.25 },
            { metric: "cold_ms", beside: "bare", atMost: 2 }
          ]
        : []
    }
  }
  const connections = (clients: number): Scenario => ({
    name: `connections-${clients}`,
    title: `${clients.toLocaleString("en-US")} clients connect at once, are started, fall silent and answer a test frame`,
    spread: true,
    repetitions: 3,
    client: ["connections", ...flags({ clients, parallel: Math.min(clients, 1000), hold: quick ? 2 : 5 })],
    memory: true,
    peers: [ours({ points: 1 }), bare({ n: 1 })],
    metrics: [
      { key: "connect_ms", label: "until all are started (ms)" },
      { key: "connect_cpu_ms", label: "CPU for it (ms)" },
      { key: "heap_each", label: "heap and buffers each (octets)" },
      { key: "rss_kb_each", label: "resident each (KiB)" },
      { key: "idle_cpu_ms_s", label: "CPU while idle (ms a second)" }
    ],
    targets: [
      ...(clients === 1000
        ? [
            { metric: "connect_ms", beside: "bare", atMost: 2 },
            { metric: "heap_each", beside: "bare", difference: true, atMost: 4096 }
          ]
        : []),
      ...(clients === 5000 ? [{ metric: "idle_cpu_ms_s", beside: "bare", difference: true, atMost: 2 }] : [])
    ]
  })
  const stalled = (unread: boolean): Scenario => ({
    name: unread ? "never-reads" : "never-acknowledges",
    title: `A client that never ${unread ? "reads" : "acknowledges"} while events wait, from the second second until t1`,
    client: ["stall", ...flags({ hold: quick ? 5 : 14, unread: unread ? 1 : 0 })],
    repetitions: quick ? 1 : 2,
    // As many as may wait in the log of this server: what nobody is waited for would be published, and dropped, meanwhile.
    peers: [ours({ n: WAITING }), bare({ n: WAITING }), c104({ n: WAITING })],
    // The worst second is mostly that in which V8 tidies up after the start, which it does for bare Node as well.
    metrics: [
      { key: "cpu_ms_s", label: "CPU (ms a second)" },
      { key: "worst_ms_s", label: "in the worst second (ms)" }
    ],
    targets: [{ metric: "cpu_ms_s", atMost: 1 }]
  })
  const publish = (name: string, title: string, clients: number, options: Flags): Scenario => ({
    name: `publish-${name}`,
    title: `Publishing: value and transmit into the log, ${title}`,
    ...(clients === 0
      ? { client: null, ask: "publish" }
      : { client: ["stall", ...flags({ clients, trigger: 4, hold: 4 })] }),
    peers: [ours({ n: 200_000, ...options })],
    metrics: [publishNs],
    targets: [{ metric: "publish_ns", atMost: 65 }]
  })
  const command = (
    name: string,
    title: string,
    terminated: boolean,
    client: Flags,
    more: Partial<Scenario>
  ): Scenario => {
    const term = { term: terminated ? 1 : 0 }
    const select = { select: client["select"] ?? 0 }
    return {
      name,
      title: `${title}, ${terminated ? "confirmed and terminated" : "confirmed"}`,
      // V8 compiles beside the server, on the one core that both are pinned to: what is told is what comes behind it.
      client: ["command", ...flags({ n: 20_000, warm: 30_000, ...client })],
      peers: [ours({ ...term, ...select }), bare({ n: 10, ...term }), c104(select)],
      metrics: [p50, p99, cpuUs, perSecond],
      targets: [{ metric: "p50_us", beside: "bare", atMost: select.select === 1 ? 1.15 : 1.1 }],
      ...more
    }
  }
  // As many as it takes that compiling counts little: of a tenth it is a half.
  const pipelined = { pipe: 12, n: quick ? 100_000 : 300_000, warm: 0 }
  const throughput: Partial<Scenario> = {
    metrics: [perSecond, cpuUs],
    targets: [{ metric: "per_s", beside: "bare", atLeast: 0.8 }]
  }
  const latency = (name: string, title: string, gi: number, targets: readonly Target[]): Scenario => {
    const n = quick ? 100 : 300
    const options = { n, gi, stamps: "{STAMPS}" }
    return {
      name,
      title,
      repetitions: 3,
      client: ["latency", ...flags({ n, stamps: "{STAMPS}", gi: gi > 0 ? 1 : 0 })],
      peers: [ours(options), bare(options), ...(gi === 0 ? [c104(options)] : [])],
      metrics: [p50, p99, { key: "max_us", label: "latest (us)" }],
      targets
    }
  }
  const one = some(3 * MILLION)
  const slow = { n: 20_000, rate: C104_RATE }
  const onread: Peer = { name: "bare-onread", program: "limit", server: flags({ n: one, onread: 1 }) }
  const records = (options: Flags): Peer => ({
    ...encoding({ n: some(MILLION), records: 1, ...options }),
    name: "bare-records"
  })
  /** Over TLS this server gives the last APDU of every write a record of its own, so it stands beside one that does. */
  const secured = (scenario: Scenario): Scenario => ({
    ...scenario,
    tls: true,
    targets: [{ metric: "per_s", beside: "bare-records", atLeast: 0.9 }]
  })
  const nothing: readonly [Flags, Flags] = [{}, {}]
  const atLeast = (ratio: number): readonly Target[] => [{ metric: "per_s", beside: "bare-enc", atLeast: ratio }]
  const wide: readonly [Flags, Flags] = [{ k: 32_767 }, { k: 32_767 }]
  const single = events("events", "Events one by one, one client, k = 12, w = 8", one, 1, nothing, atLeast(0.92))
  const many = some(10 * MILLION)
  const packed = events(
    "packed",
    "Packed events, 16 floats with time tags a frame",
    many,
    1,
    [{ pack: 1 }, { pack: PACK }],
    atLeast(0.85)
  )
  return [
    { ...single, peers: [...single.peers, onread, c104(slow, { n: slow.n })] },
    events("events-8", "Events one by one to 8 clients", some(300_000), 8, nothing, atLeast(0.95)),
    events("events-200", "Events one by one to 200 clients", some(20_000), 200, nothing, atLeast(0.8)),
    events("events-k32767", "Events one by one, k = 32,767, w = 8", one, 1, wide, []),
    events("events-k32767-late", "Events one by one, k = 32,767, acknowledged after 21,845", one, 1, wide, [], 21_845),
    { ...packed, peers: [...packed.peers, c104({ ...slow, pack: PACK }, { n: slow.n })] },
    events(
      "packed-batch",
      "Packed events published as batches of 16",
      many,
      1,
      [{ pack: 1, batch: 1 }, { pack: PACK }],
      atLeast(1.1)
    ),
    ...[1000, 10_000, 100_000, MILLION].flatMap((points) => [
      interrogation(points, false),
      interrogation(points, true)
    ]),
    command("command", "Commands one at a time", false, {}, {}),
    command("command-terminated", "Commands one at a time", true, {}, {}),
    command("select-execute", "Select, then execute", true, { select: 1 }, {}),
    command(
      "command-million",
      "Commands one at a time, a million points",
      false,
      {},
      {
        peers: [ours({ term: 0, gi: MILLION }), bare({ n: 10 })]
      }
    ),
    command("pipelined", "Commands, 12 outstanding", false, pipelined, throughput),
    command("pipelined-terminated", "Commands, 12 outstanding", true, pipelined, throughput),
    command(
      "command-loaded",
      "Commands one after the other when idle, and every 2 ms beside 5,000 events a second and endless interrogation of 100,000 points",
      false,
      { n: 5000, warm: 3000, pace: 2, load: 1 },
      {
        peers: [ours({ term: 0, gi: 100_000, n: MILLION }), bare({ gi: 100_000, n: MILLION })],
        metrics: [
          p99,
          { key: "loaded_p50_us", label: "loaded p50 (us)" },
          { key: "loaded_p99_us", label: "loaded p99 (us)" },
          { key: "loaded_early_p99_us", label: "loaded p99 of the first 3,000 (us)" },
          { key: "loaded_times", label: "loaded p99 / idle p99" }
        ],
        targets: [{ metric: "loaded_times", atMost: 3 }]
      }
    ),
    ...[100, 1000, 5000].map(connections),
    latency("latency", "An isolated event: from transmit to the client", 0, [
      { metric: "p50_us", beside: "bare", atMost: 1.5 }
    ]),
    latency("latency-interrogated", "An event while 100,000 points are interrogated without end", 100_000, [
      { metric: "p99_us", atMost: 1000 }
    ]),
    {
      name: "burst",
      title: "A million events published without a pause (log of 2 M): until the first is on the wire",
      client: ["events", ...flags({ n: MILLION })],
      peers: [ours({ n: MILLION, burst: MILLION, log: 2 * MILLION }), encoding({ n: MILLION })],
      metrics: [{ key: "first_ms", label: "first event after (ms)" }, perSecond, cpuNs],
      targets: [{ metric: "first_ms", atMost: 5 }]
    },
    stalled(false),
    stalled(true),
    publish("alone", "no client", 0, {}),
    publish("1", "one client with a full window", 1, {}),
    publish("200", "200 clients with full windows", 200, {}),
    publish("million-points", "a million points", 1, { points: MILLION, n: MILLION }),
    publish("deep-log", "a log of a million", 1, { log: MILLION, n: MILLION }),
    secured({
      ...single,
      name: "events-tls",
      title: "Events one by one over TLS 1.3 with client certificates",
      client: ["events", ...flags({ n: some(MILLION) })],
      peers: [ours({ n: some(MILLION) }), encoding({ n: some(MILLION) }), records({}), c104(slow, { n: slow.n })]
    }),
    secured({
      ...packed,
      name: "packed-tls",
      title: "Packed events, 16 floats with time tags a frame, over TLS 1.3 with client certificates",
      peers: [...packed.peers.filter(({ name }) => name !== "bare"), records({ n: many, pack: PACK })]
    }),
    {
      name: "memory-core",
      title: "Memory of a million points in the core",
      client: null,
      repetitions: 1,
      peers: [{ name: "ours", program: "memory", server: [] }],
      metrics: [{ key: "core_octets", label: "heap and buffers a point (octets)" }],
      targets: [{ metric: "core_octets", atMost: 30 }]
    },
    {
      name: "memory-points",
      title: "Memory of a million points with a handle each",
      client: null,
      repetitions: 1,
      peers: [ours({ gi: MILLION, points: 1 })],
      metrics: [
        { key: "point_octets", label: "heap and buffers a point (octets)" },
        { key: "point_rss", label: "resident a point (octets)" },
        { key: "added_ms", label: "adding them (ms)" }
      ],
      targets: [{ metric: "point_octets", atMost: 120 }]
    },
    {
      name: "start",
      title: "From the start of the process until it listens",
      client: null,
      peers: [
        { name: "ours", program: "start", server: [] },
        { name: "ours-cli", program: "cli", server: ["examples/substation.yaml"] },
        bare({ n: 1 }),
        c104({ points: 1 })
      ],
      metrics: [ready],
      targets: []
    },
    {
      name: "load-million",
      title: "A station of a million points from a YAML file: loaded, then interrogated completely",
      client: ["interrogation", ...flags({ reps: 3, "idle-ms": 5000 })],
      points: MILLION,
      repetitions: 3,
      peers: [{ name: "ours", program: "cli", server: ["{MILLION}"] }],
      metrics: [ready, warm, { key: "rss_kb", label: "resident (KiB)" }],
      targets: [{ metric: "ready_ms", atMost: 3000 }]
    },
    {
      name: "soak",
      title: "An hour of 20,000 events a second to 4 clients",
      named: true,
      repetitions: 1,
      client: [
        "events",
        ...flags({ n: quick ? 1_200_000 : 72_000_000, clients: 4, indexed: 0, trigger: 3, "max-ms": 3_900_000 })
      ],
      peers: [ours({ n: MILLION, rate: 20_000, pack: 1 })],
      metrics: [
        perSecond,
        cpuNs,
        { key: "rss_before_kb", label: "resident before (KiB)" },
        { key: "rss_kb", label: "resident after (KiB)" }
      ],
      targets: []
    }
  ]
}
