// Time zones of a table of its own: what local time is ahead of UTC, the same on every engine and in every year.

import type { Zone } from "../image/Block.ts"

const ahead: Readonly<Record<string, number>> = { UTC: 0, "UTC+05:30": 19_800_000, "UTC-03:00": -10_800_000 }

export const names: readonly string[] = Object.keys(ahead)

/** What local time is ahead of UTC in a zone. */
export const aheadMs = (name: string): number => ahead[name] ?? 0

export function make(name: string): Zone {
  const offsetMs = aheadMs(name)
  return {
    name,
    offsetMs,
    summer: false,
    taggedMs: Number.NaN,
    tagLow: 0,
    tagHigh: 0,
    instant: (localMs, summer) => (summer ? Number.NaN : localMs - offsetMs),
    knows: () => true,
    settle: () => undefined,
    spanAt: () => ({ offsetMs, untilMs: Number.POSITIVE_INFINITY })
  }
}
