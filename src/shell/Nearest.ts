// What was probably meant by a word that nobody knows.

/** Rows of {@link distance}: one after the other, as long as the longest word that is known. */
let rows = [new Int32Array(64), new Int32Array(64), new Int32Array(64)] as const

/** Edit distance (insert, delete, replace, swap of neighbours) of two words, case ignored; Infinity when above `most`. */
const distance = (left: string, right: string, most: number): number => {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()]
  if (b.length >= rows[0].length)
    rows = [new Int32Array(2 * b.length), new Int32Array(2 * b.length), new Int32Array(2 * b.length)]
  let [before, last, row] = rows
  for (let column = 0; column <= b.length; column++) last[column] = column
  let leastBefore = 0
  for (let i = 1; i <= a.length; i++) {
    const letter = a.charCodeAt(i - 1)
    const letterBefore = a.charCodeAt(i - 2)
    row[0] = i
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (letter === b.charCodeAt(j - 1) ? 0 : 1)
      const swaps = i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && letterBefore === b.charCodeAt(j - 1)
      const swapped = swaps ? (before[j - 2] as number) + 1 : replaced
      const cell = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, replaced, swapped)
      row[j] = cell
      if (cell < least) least = cell
    }
    // What follows comes from these two rows.
    if (least > most && leastBefore > most) return Number.POSITIVE_INFINITY
    leastBefore = least
    ;[before, last, row] = [last, row, before]
  }
  return last[b.length] as number
}

/** How many letters a word may be from the one that was meant. */
const tolerance = ({ length }: string): number => Math.max(1, Math.floor(length / 3))

/** The known words nearest to `word`: all that are equally near, none when none is near. */
export const nearest = (word: string, known: ReadonlyArray<string>): ReadonlyArray<string> => {
  let least = known.reduce((most, name) => Math.max(most, tolerance(name)), 1)
  let near: string[] = []
  for (const name of known) {
    if (Math.abs(name.length - word.length) > least) continue
    const far = distance(word, name, least)
    if (far > least) continue
    if (far < least) near = []
    least = far
    near.push(name)
  }
  return near.filter((name) => least <= tolerance(name))
}

/** "; did you mean X or Y?", or "" where there is none. */
export const asked = (near: ReadonlyArray<string>): string => {
  const names = near.slice(0, 4)
  const last = names.at(-1)
  if (last === undefined) return ""
  return `; did you mean ${names.length === 1 ? last : `${names.slice(0, -1).join(", ")} or ${last}`}?`
}

/** "; did you mean X or Y?", or "" when nothing known is near. */
export const hint = (word: string, known: ReadonlyArray<string>): string => asked(nearest(word, known))
