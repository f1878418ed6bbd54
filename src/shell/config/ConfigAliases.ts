// How much the aliases of a YAML text stand for: one that is used again and again is what many points have in common, but a
// few lines of aliases within what others name may stand for more than there is room for.
import * as Yaml from "yaml"

/** Values for which the aliases of a text may stand together: so many, or so many for each that is written out. */
const VALUES_MAX = 5_000_000
const VALUES_EACH = 20

/** Values that are written within a value, itself included, and all that its aliases stand for; and how deep they go. */
interface Extent {
  readonly values: number
  readonly depth: number
}

/** Tells an alias with which there is too much, and why. */
export type Excess = (alias: Yaml.Alias, why: "many" | "deep") => void

/**
 * Measures a document whose aliases know what they stand for, in one way through it. `depthMax` bounds mappings and lists within
 * each other, by aliases too. Tells the first alias that is too much.
 */
export function measure(document: Yaml.Document, written: number, depthMax: number, report: Excess): void {
  const most = Math.max(VALUES_MAX, VALUES_EACH * written)
  const anchored = new Map<unknown, Extent>()
  let stoodFor = 0
  let told = false
  const excess: Excess = (alias, why) => {
    if (!told) report(alias, why)
    told = true
  }
  const ofAlias = (alias: Yaml.Alias, at: number): Extent => {
    const extent = anchored.get(alias.resolve(document)) ?? { values: 1, depth: 0 }
    stoodFor += extent.values
    if (stoodFor > most) excess(alias, "many")
    if (at + extent.depth > depthMax) excess(alias, "deep")
    return extent
  }
  const of = (node: unknown, at: number): Extent => {
    if (told || node === null || node === undefined) return { values: 1, depth: 0 }
    if (Yaml.isAlias(node)) return ofAlias(node, at)
    if (Yaml.isPair(node)) {
      const [key, value] = [of(node.key, at), of(node.value, at)]
      return { values: key.values + value.values, depth: Math.max(key.depth, value.depth) }
    }
    let [values, depth] = [1, 0]
    if (Yaml.isCollection(node)) {
      for (const item of node.items) {
        const inner = of(item, at + 1)
        values += inner.values
        depth = Math.max(depth, inner.depth)
      }
      depth++
    }
    const extent = { values, depth }
    if (Yaml.isNode(node) && node.anchor !== undefined) anchored.set(node, extent)
    return extent
  }
  of(document.contents, 0)
}
