// `npm run bench`: measures this server beside bare Node and c104. `npm run bench -- --help` lists what it can do.
import { main } from "./command.ts"
import { means } from "./means.mjs"

process.exitCode = await main(process.argv.slice(2), means)
