// Writes the documents that are made from code: docs/CONFORMANCE.md and docs/INTEROPERABILITY.md.
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { documents } from "./documents/documents.ts"

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")
for (const [file, text] of Object.entries(documents())) {
  fs.writeFileSync(path.join(root, file), text)
  console.log(file)
}
