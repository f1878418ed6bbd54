// Puts memory and a moved clock below servers of the public API, which know of neither: a test file says with `vi.mock` that the
// machine's clock and sockets are these.
import type * as Link from "../../../src/core/link/Link.ts"
import type { Clock } from "../../../src/shell/Clock.ts"
import type { Host } from "../../../src/shell/Host.ts"
import type { Transport } from "../../../src/shell/Transport.ts"
import type { MemoryGround } from "./MemoryGround.ts"

let present: MemoryGround | null = null
/** By the clock of the server that listens. */
const transports = new WeakMap<Clock, Transport>()
const hosts = new WeakMap<Clock, Host>()

/** Makes a server that stands on a ground. */
export function on<A>(ground: MemoryGround, make: () => A): A {
  transports.set(ground.clock, ground.transport)
  present = ground
  try {
    return make()
  } finally {
    present = null
  }
}

/** The module of the clock, where the machine's is that of the ground. */
export const clockOf = <A extends object>(original: A): A => ({
  ...original,
  machine: (): Clock => {
    if (present === null) throw new Error("no ground is below this server")
    return present.clock
  }
})

const below = (clock: Clock): Transport => transports.get(clock) as Transport

/** Instead of the system's sockets. */
export const transport: Transport = {
  open: (host, ...more) => {
    hosts.set(host.clock, host)
    return below(host.clock).open(host, ...more)
  },
  handshakes: (host) => below(host.clock).handshakes(host)
}

/** The server that has listened on a ground. */
export const hostOn = ({ clock }: MemoryGround): Host | undefined => hosts.get(clock)

let first = 0

/** Connections that are made from now on begin with this N(S), in either direction. */
export function numbersFrom(number: number): void {
  first = number
}

/** The module of the link, whose connections begin with a number. */
export const linkOf = <A extends typeof Link>(original: A): A => ({
  ...original,
  open: (k: number, nowMs: number): Link.LinkState => ({
    ...original.open(k, nowMs),
    sendNumber: first,
    receiveNumber: first
  })
})
