// Who has to go when more handshakes are under way than there are places for: of the address that has most of them, the
// oldest that has said nothing yet, or else the oldest. So peers that only take places keep nobody out who comes from
// elsewhere, nor at their own address anybody who goes on with the handshake. Every step takes the same time.
import * as Net from "node:net"

/** Groups of an IPv6 address that a network has for itself, so that whoever has one has all addresses in it. */
const NETWORK_GROUPS = 4
const GROUPS = 8

/** What has one share: an IPv4 address, or the network of an IPv6 address. */
export function shareOf(address: string): string {
  if (!Net.isIPv6(address)) return address
  const [head = "", tail = ""] = address.split("::")
  const before = head === "" ? [] : head.split(":")
  const behind = tail === "" ? [] : tail.split(":")
  const missing = address.includes("::") ? GROUPS - before.length - behind.length : 0
  return [...before, ...Array.from({ length: missing }, () => "0"), ...behind].slice(0, NETWORK_GROUPS).join(":")
}

/** The handshakes of one share, the oldest first. */
interface Share<A> {
  readonly name: string
  readonly silent: Set<A>
  readonly speaking: Set<A>
  rank: number
}

/** More handshakes come first, and of as many those among which one is silent. */
const rankOf = ({ silent, speaking }: Share<unknown>): number =>
  2 * (silent.size + speaking.size) + (silent.size > 0 ? 1 : 0)

/** The handshake that has to go, and how many of its share were as silent as it. */
export interface Leaving<A> {
  readonly one: A
  readonly silent: boolean
  readonly among: number
}

export class Places<A> {
  private readonly shares = new Map<string, Share<A>>()
  private readonly shareBy = new Map<A, Share<A>>()
  /** Shares by rank; none has a higher one than `highest`. */
  private readonly ranks = new Map<number, Set<Share<A>>>()
  private highest = 0

  get taken(): number {
    return this.shareBy.size
  }

  /** A handshake begins: nothing was said yet. */
  take(one: A, name: string): void {
    const share = this.shares.get(name) ?? { name, silent: new Set(), speaking: new Set(), rank: 0 }
    this.shares.set(name, share)
    this.shareBy.set(one, share)
    share.silent.add(one)
    this.rank(share)
  }

  /** The peer has spoken. */
  speaks(one: A): void {
    const share = this.shareBy.get(one)
    if (share === undefined || !share.silent.delete(one)) return
    share.speaking.add(one)
    this.rank(share)
  }

  free(one: A): void {
    const share = this.shareBy.get(one)
    if (share === undefined) return
    this.shareBy.delete(one)
    if (!share.silent.delete(one)) share.speaking.delete(one)
    if (share.silent.size + share.speaking.size === 0) this.shares.delete(share.name)
    this.rank(share)
  }

  /** Who has to go; null when there is nobody. */
  leaving(): Leaving<A> | null {
    const [share] = this.ranks.get(this.highest) ?? []
    if (share === undefined) return null
    const silent = share.silent.size > 0
    const among = silent ? share.silent : share.speaking
    const [one] = among
    return { one: one as A, silent, among: among.size }
  }

  private rank(share: Share<A>): void {
    const rank = this.shares.get(share.name) === share ? rankOf(share) : 0
    if (rank === share.rank) return
    const before = this.ranks.get(share.rank)
    before?.delete(share)
    if (before?.size === 0) this.ranks.delete(share.rank)
    share.rank = rank
    if (rank > 0) {
      const same = this.ranks.get(rank) ?? new Set()
      this.ranks.set(rank, same.add(share))
      this.highest = Math.max(this.highest, rank)
    }
    while (this.highest > 0 && !this.ranks.has(this.highest)) this.highest--
  }
}
