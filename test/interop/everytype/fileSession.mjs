// File transfer as a controlling station does it (60870-5-101 7.4.11): directory, reception, sending, refusals, deletion.
import { asdu } from "./client.mjs"

const transfer = 13
const lof = (length) => [length & 255, (length >> 8) & 255, length >> 16]
const sum = (octets) => octets.reduce((total, octet) => (total + octet) & 255, 0)
const name = (nof) => [nof & 255, nof >> 8]
const segmentMax = 236

/** Receives a file to its end, section by section; gives its octets. */
export const receive = async (client, ca, ioa, nof) => {
  const ask = (type, element, answers) => client.ask(asdu(type, transfer, ca, ioa, element), answers)
  await ask(122, [...name(nof), 0, 1], ["120/13"])
  let [ready] = await ask(122, [...name(nof), 0, 2], ["121/13"])
  const octets = []
  for (;;) {
    const section = ready[11]
    const from = client.received.length
    client.send(asdu(122, transfer, ca, ioa, [...name(nof), section, 6]))
    await client.until(
      () => client.received.slice(from).some((one) => one[0] === 123),
      "the end of the section",
      10_000
    )
    for (const segment of client.received.slice(from).filter((one) => one[0] === 125))
      octets.push(...segment.subarray(13, 13 + segment[12]))
    const before = client.received.length
    client.send(asdu(124, transfer, ca, ioa, [...name(nof), section, 3]))
    const next = await client.until(
      () => client.received.slice(before).find((one) => one[0] === 121 || one[0] === 123),
      "the next section or the end of the file"
    )
    if (next[0] === 123) break
    ready = next
  }
  client.send(asdu(124, transfer, ca, ioa, [...name(nof), 0, 1]))
  return Buffer.from(octets)
}

/** Sends a file in one section; `wrong` spoils its first check sum, so that the section is asked for once more. */
export const send = async (client, ca, ioa, nof, octets, { wrong = false } = {}) => {
  const ask = (type, element, answers) => client.ask(asdu(type, transfer, ca, ioa, element), answers)
  await ask(120, [...name(nof), ...lof(octets.length), 0], ["122/13"])
  for (const spoiled of wrong ? [true, false] : [false]) {
    await ask(121, [...name(nof), 1, ...lof(octets.length), 0], ["122/13"])
    for (let at = 0; at < octets.length; at += segmentMax) {
      const segment = octets.subarray(at, at + segmentMax)
      client.send(asdu(125, transfer, ca, ioa, [...name(nof), 1, segment.length, ...segment]))
    }
    await ask(123, [...name(nof), 1, 3, (sum(octets) + (spoiled ? 1 : 0)) & 255], ["124/13"])
  }
  await ask(123, [...name(nof), 1, 1, sum(octets)], ["124/13"])
}

export const directory = (client, ca) => client.ask(asdu(122, 5, ca, 0, [0, 0, 0, 0]), ["126/5"])
export const remove = (client, ca, ioa, nof) =>
  client.ask(asdu(122, transfer, ca, ioa, [...name(nof), 0, 4]), ["120/13"])
export const selectUnknown = (client, ca, ioa, nof) =>
  client.ask(asdu(122, transfer, ca, ioa, [...name(nof), 0, 1]), ["120/13"])
