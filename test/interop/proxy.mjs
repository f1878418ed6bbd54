// A recording TCP proxy: passes octets on unchanged and notes each chunk with its time and direction.
import net from "node:net"

const nowUs = () => (performance.timeOrigin + performance.now()) * 1000

/** Listens on a free port of 127.0.0.1 and forwards to `port`. Resolves to `{ port, connections, close() }`. */
export const startProxy = async (port) => {
  const connections = []
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    const connection = { openedUs: nowUs(), records: [], errors: [] }
    connections.push(connection)
    const forward = (from, source, target) => {
      source.on("data", (data) => {
        connection.records.push({ atUs: nowUs(), from, data })
        if (target.writable && !target.write(data)) source.pause()
      })
      target.on("drain", () => source.resume())
      target.on("close", () => source.resume())
      source.on("end", () => {
        connection.records.push({ atUs: nowUs(), from, data: null })
        target.end()
      })
      source.on("error", (error) => {
        connection.errors.push(`${from} ${error.code}`)
        target.end()
      })
    }
    forward("client", client, upstream)
    forward("server", upstream, client)
  })
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))
  return {
    port: server.address().port,
    connections,
    close: () => new Promise((resolve) => server.close(resolve))
  }
}

/** All complete APDUs one side of a connection sent, and the number of octets left over behind the last. */
export const apdusOf = (connection, from) => {
  const octets = Buffer.concat(connection.records.filter((r) => r.from === from && r.data !== null).map((r) => r.data))
  const apdus = []
  let at = 0
  while (at + 2 <= octets.length && octets[at] === 0x68 && at + 2 + octets[at + 1] <= octets.length) {
    apdus.push(octets.subarray(at, at + 2 + octets[at + 1]))
    at += 2 + octets[at + 1]
  }
  return { apdus, rest: octets.length - at }
}

/** "I", "S" or "U", by the two lowest bits of the first control octet. */
export const formatOf = (apdu) => (apdu[2] & 1 ? (apdu[2] & 2 ? "U" : "S") : "I")
