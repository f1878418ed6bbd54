// What a connection is to the shell: octets in and out, in order, until one end closes. A session needs no more of a socket
// than this, so that the same server runs over sockets and over lines in memory. The names are Node's: a socket of `node:net`
// or `node:tls` is a line as it is, and nothing stands between it and its session.

export interface Line {
  /** The other end; not known any more where the connection was reset before anybody asked. */
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Octets of all that came, and of all that was written. */
  readonly bytesRead: number
  readonly bytesWritten: number

  // ---- out ----

  /** Octets that were written and have not left this process. */
  readonly writableLength: number
  /**
   * Writes octets, which stay as they are until `taken` is called, or as long as `writableLength` says that some wait: they have
   * left this process then. It is called in the order of the writes, never within this call, and where the line is cut too.
   */
  write(octets: Uint8Array, taken?: (error?: Error | null) => void): unknown
  /** Nothing is written behind this: the other end is told so when all that was written has left. */
  end(): unknown
  /** Cuts it: what waits is lost, and `close` follows. */
  destroy(): unknown
  /** Whether it was cut, or both ends have ended. */
  readonly destroyed: boolean
  /** Whether `close` was told. */
  readonly closed: boolean

  // ---- in ----

  /** Octets that have come and were not told. */
  readonly readableLength: number
  /** Tells octets by `data` as they come, until it is paused; so does whoever listens to `data` first. */
  resume(): unknown
  pause(): unknown
  /** Takes octets that have come: so many, or all; they are told by `data` as well. Null where there are none. */
  read(octets?: number): Uint8Array | null
  /** Puts octets back in front of those that have come. */
  unshift(octets: Uint8Array): unknown

  /** The octets told by `data` are the listener's until it returns. */
  on(event: "data", listener: (octets: Buffer) => void): unknown
  /** `end`: the other end has ended; `error`: the connection is broken, and `close` follows; `close`: it is over. */
  on(event: "end" | "error" | "close", listener: () => void): unknown
  once(event: "close", listener: () => void): unknown
  off(event: "error" | "close", listener: () => void): unknown
}
