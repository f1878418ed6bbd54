// Strings of a peer, as they may be shown: in logs, facts, errors, JSON, on a terminal, and to the application.

/** Characters that are shown of a string at most. */
const SHOWN_MAX = 512

/** What is not seen where it stands but acts: controls (C0, C1), marks that turn or hide text, separators of lines. */
const ACTS = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** The text with such characters as `\u{9b}`; of a long one its beginning, and how long it was. */
export function shown(text: string): string {
  let kept = ""
  for (const character of text) {
    const next = ACTS.test(character) ? escaped(character) : character
    if (kept.length + next.length > SHOWN_MAX) return `${kept}... (${text.length} characters)`
    kept += next
  }
  return kept
}
