// The targets by name: each is a module in `targets/`.

export const names: readonly string[] = ["framer", "decoder", "reducer", "station", "yaml", "input", "explain", "tape"]

/** Where a target is: a URL. */
export const moduleOf = (name: string): string => new URL(`./targets/${name}.ts`, import.meta.url).href
