// `npm run bench -- --profile`, or this: where the time of our server goes, scenario by scenario.
import { main } from "./command.ts"
import { means } from "./means.mjs"

process.exitCode = await main(["--profile", ...process.argv.slice(2)], means)
