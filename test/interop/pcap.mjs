// Writes what a TCP proxy recorded as a pcap file of raw IPv4 packets, so that any analyser can dissect the session.
// Handshake, sequence numbers, acknowledgements, checksums and FIN are made up; octets and times are the recorded ones.

const serverPort = 2404
const segmentMax = 1460
const flags = { fin: 0x11, syn: 0x02, synAck: 0x12, ack: 0x10, push: 0x18 }
const addresses = { client: 0x0a000002, server: 0x0a000001 }

const onesSum = (octets, seed) => {
  let sum = seed
  for (let i = 0; i < octets.length; i += 2) sum += (octets[i] << 8) | (octets[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}

const packet = (from, to, clientPort, seq, ack, flag, data) => {
  const ip = Buffer.alloc(20)
  const tcp = Buffer.alloc(20 + data.length)
  ip.set([0x45, 0])
  ip.writeUInt16BE(ip.length + tcp.length, 2)
  ip.set([0x40, 0, 64, 6], 6)
  ip.writeUInt32BE(addresses[from], 12)
  ip.writeUInt32BE(addresses[to], 16)
  ip.writeUInt16BE(~onesSum(ip, 0) & 0xffff, 10)
  tcp.writeUInt16BE(from === "client" ? clientPort : serverPort, 0)
  tcp.writeUInt16BE(from === "client" ? serverPort : clientPort, 2)
  tcp.writeUInt32BE(seq >>> 0, 4)
  tcp.writeUInt32BE(ack >>> 0, 8)
  tcp.set([0x50, flag, 0xff, 0xff], 12)
  data.copy(tcp, 20)
  // The pseudo header of RFC 9293: both addresses, the protocol, the length.
  tcp.writeUInt16BE(~onesSum(tcp, onesSum(ip.subarray(12), 6 + tcp.length)) & 0xffff, 16)
  return Buffer.concat([ip, tcp])
}

/**
 * A pcap file (microseconds, LINKTYPE_RAW) of recorded connections.
 * A connection is `{ openedUs, records: [{ atUs, from: "client" | "server", data: Buffer | null }] }`;
 * null data is the end of that direction.
 */
export const pcapOf = (connections) => {
  const packets = []
  for (const [index, { openedUs, records }] of connections.entries()) {
    const clientPort = 50000 + index
    const next = { client: 1000, server: 2000 }
    const put = (atUs, from, flag, data = Buffer.alloc(0)) => {
      const to = from === "client" ? "server" : "client"
      packets.push({
        atUs,
        octets: packet(from, to, clientPort, next[from], flag === flags.syn ? 0 : next[to], flag, data)
      })
      next[from] += data.length + (flag === flags.syn || flag === flags.synAck || flag === flags.fin ? 1 : 0)
      return to
    }
    put(openedUs, "client", flags.syn)
    put(openedUs, "server", flags.synAck)
    put(openedUs, "client", flags.ack)
    for (const { atUs, from, data } of records) {
      if (data === null) put(atUs, put(atUs, from, flags.fin), flags.ack)
      else
        for (let at = 0; at < data.length; at += segmentMax)
          put(atUs, put(atUs, from, flags.push, data.subarray(at, at + segmentMax)), flags.ack)
    }
  }
  const file = Buffer.alloc(24)
  file.writeUInt32LE(0xa1b2c3d4, 0)
  file.writeUInt32LE(0x00040002, 4)
  file.writeUInt32LE(0xffff, 16)
  file.writeUInt32LE(101, 20)
  const parts = [file]
  for (const { atUs, octets } of packets.sort((a, b) => a.atUs - b.atUs)) {
    const header = Buffer.alloc(16)
    header.writeUInt32LE(Math.floor(atUs / 1e6), 0)
    header.writeUInt32LE(Math.floor(atUs % 1e6), 4)
    header.writeUInt32LE(octets.length, 8)
    header.writeUInt32LE(octets.length, 12)
    parts.push(header, octets)
  }
  return Buffer.concat(parts)
}
