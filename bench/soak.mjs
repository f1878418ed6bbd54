// `npm run soak`: an hour of events to several clients. `npm run soak -- --help` tells the options.
import { means } from "./means.mjs"
import { main } from "./soak.ts"

process.exitCode = await main(process.argv.slice(2), means.build)
