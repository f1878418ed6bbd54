// The documents that are made from code, by file.
import * as Conformance from "./conformance.ts"
import * as Interoperability from "./interoperability.ts"

/** The text of each document. */
export const documents = (): Readonly<Record<string, string>> => ({
  "docs/CONFORMANCE.md": Conformance.text(),
  "docs/INTEROPERABILITY.md": Interoperability.text()
})
