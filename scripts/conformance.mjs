// The conformance run: every row of the checklist played against our own server, or any server.
// `npm run conformance -- --help` lists what it can do.
import { main } from "./conformance/command.ts"

process.exitCode = await main(process.argv.slice(2))
