// What peers share of a limit by where they come from: who has one IPv4 address is one peer, and so is who has a network of
// IPv6, whatever address of that he uses.

/** Groups of an IPv6 address that a network has for itself, so that whoever has one has all addresses in it. */
const NETWORK_GROUPS = 4
const GROUPS = 8

/** What has one share: an IPv4 address, or the network of an IPv6 address. */
export function shareOf(address: string): string {
  if (!address.includes(":")) return address
  const [head = "", tail = ""] = address.split("::")
  const before = head === "" ? [] : head.split(":")
  const behind = tail === "" ? [] : tail.split(":")
  const missing = address.includes("::") ? GROUPS - before.length - behind.length : 0
  return [...before, ...Array.from({ length: missing }, () => "0"), ...behind].slice(0, NETWORK_GROUPS).join(":")
}
