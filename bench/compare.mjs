// `npm run bench:compare REF`: what has become slower since a commit. `npm run bench:compare -- --help` tells the options.
import { main } from "./compare.ts"
import { means } from "./means.mjs"

process.exitCode = await main(process.argv.slice(2), means)
