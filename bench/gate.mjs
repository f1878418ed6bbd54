// `npm run bench:gate REF`: whether any row has become dearer than the noise of this machine can explain.
// `npm run bench:gate -- --help` tells the options.
import { main } from "./gate.ts"
import { means } from "./means.mjs"

process.exitCode = await main(process.argv.slice(2), means)
