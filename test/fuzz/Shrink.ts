// Makes an input that fails shorter, as long as it fails in the same way.

/** Whether an input fails in the way that is looked at. */
export type Fails = (input: Uint8Array) => Promise<boolean>

const without = (octets: Uint8Array, from: number, to: number): Uint8Array => {
  const rest = new Uint8Array(octets.length - (to - from))
  rest.set(octets.subarray(0, from))
  rest.set(octets.subarray(to), from)
  return rest
}

/** The shortest that is found in so many tries by leaving out ever smaller parts; then octets become `plain` where it fails all the same. */
export async function shrunk(input: Uint8Array, fails: Fails, tries: number, plain: number): Promise<Uint8Array> {
  let best = input
  let left = tries
  const isBetter = async (other: Uint8Array): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(other))) return false
    best = other
    return true
  }
  for (let again = true; again && left > 0; ) {
    again = false
    for (let size = Math.max(1, best.length >> 1); size >= 1 && left > 0; size >>= 1)
      for (let from = 0; from < best.length && left > 0; )
        if (await isBetter(without(best, from, Math.min(best.length, from + size)))) again = true
        else from += size
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === plain) continue
    const other = best.slice()
    other[at] = plain
    await isBetter(other)
  }
  return best
}
