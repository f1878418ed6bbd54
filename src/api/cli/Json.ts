// JSON as people write it by hand: of a key that stands twice in an object JSON.parse takes the last, whichever was meant.

/** A text with what may follow it as a key, or where an object begins or ends. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g

/** The name that a key has as it is written, with its quotes. */
const nameOf = (key: string): string => (key.includes("\\") ? JSON.parse(key) : key.slice(1, -1))

/** A key that stands twice in one object of a valid text, or null. */
function repeated(text: string): string | null {
  const within: Set<string>[] = []
  let keys = new Set<string>()
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [token, colon] = found
    if (token === "{") {
      within.push(keys)
      keys = new Set()
    } else if (token === "}") keys = within.pop() ?? new Set()
    else if (colon !== undefined) {
      const name = nameOf(token.slice(0, -colon.length))
      if (keys.has(name)) {
        TOKEN.lastIndex = 0
        return name
      }
      keys.add(name)
    }
  }
  return null
}

/** The value of a text. Throws for one that is no JSON, and for one that says something twice. */
export function parse(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const key = repeated(text)
  if (key !== null) throw new SyntaxError(`the key ${JSON.stringify(key.slice(0, 60))} is given twice in one object`)
  return value
}
