// What a program may give by mistake: numbers at the ends of ranges, what is no number, and what cannot even be shown.

const numbers: readonly number[] = [
  0,
  1,
  2,
  3,
  7,
  -1,
  0.5,
  1.5,
  -0,
  11,
  16,
  20,
  47,
  63,
  64,
  100,
  127,
  128,
  255,
  256,
  1000,
  32_767,
  32_768,
  -32_768,
  65_534,
  65_535,
  65_536,
  16_777_215,
  16_777_216,
  2_147_483_647,
  2_147_483_648,
  -2_147_483_648,
  4_294_967_295,
  1e15,
  Number.MAX_SAFE_INTEGER,
  1e308,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY
]

const unreadable = {
  toString(): string {
    throw new Error("it cannot be read")
  },
  valueOf(): number {
    throw new Error("it cannot be read")
  }
}

const others: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    false,
    "",
    "1",
    "on",
    "toString",
    "__proto__",
    [],
    [1],
    [1, 16, 17],
    [Number.NaN],
    {},
    { absolute: 1 }
  ],
  ...[
    { percent: 5 },
    { absolute: -1 },
    { ioAddress: 11, type: 1 },
    { ioAddress: 1 },
    Symbol("a"),
    10n,
    new Date(Number.NaN)
  ],
  ...[Object.create(null), () => 1, new Map(), new Uint8Array(3), unreadable, "manual", "both", "with", "interrupt"]
]

export const values: readonly unknown[] = [...numbers, ...others]
