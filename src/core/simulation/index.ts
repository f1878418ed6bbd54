// The simulator: a station under test in virtual time, with everything around it that networks, peers and clocks do to it.
export { type Options, type Result, run } from "./Run.ts"
