// The command line program: its commands, their flags, and how its end becomes an exit code.
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Argument from "effect/cli/Argument"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Config from "../../shell/config/Config.ts"
import { check } from "./check.ts"
import { compose } from "./compose.ts"
import { explain } from "./explain.ts"
import * as Output from "./Output.ts"
import { serve } from "./serve.ts"

/** How far apart two signals of one Ctrl-C may arrive: from the terminal, from npm, from a parent that passes it on. */
const ECHO_MS = 500

/**
 * Completes at the first SIGINT, SIGTERM or SIGHUP: a terminal that goes takes the server along, and its clients get FIN. A
 * second one that is no echo of it ends the program at once.
 */
const stopSignal: Effect.Effect<void> = Effect.callback<void>((resume) => {
  let firstAtMs: number | undefined
  const onSignal = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now()
      resume(Effect.void)
    } else if (performance.now() - firstAtMs > ECHO_MS) {
      process.exit(Output.exitCode.interrupted)
    }
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal)
})

/** What a broken standard output or standard error means, once: for a server something else than for a filter. */
let broken = (stream: NodeJS.WriteStream, { code, message }: NodeJS.ErrnoException): void => {
  if (stream !== process.stdout) process.exit(Output.exitCode.failure)
  // `iec104 explain ... | head -1`: nobody reads on, so there is nothing left to do and nothing to tell
  if (code === "EPIPE") process.exit(Output.exitCode.ok)
  process.stderr.write(`iec104: standard output cannot be written: ${message}\n`)
  process.exit(Output.exitCode.failure)
}

/**
 * Fails when what a server tells cannot be written any more: one that nobody sees is ended, and not as if all were well.
 * That its terminal has gone ends it as SIGHUP does, which says the same and may come behind.
 */
const readerGone: Effect.Effect<void, Output.CliError> = Effect.callback((resume) => {
  broken = (stream, { code, message }) => {
    broken = () => {}
    const name = stream === process.stdout ? "standard output" : "standard error"
    if (stream.isTTY && code === "EIO")
      return resume(Output.err([`iec104: stopped, ${name} is closed: its terminal has gone`]))
    const [why, exitCode] =
      code === "EPIPE" ? ["its reader has gone", Output.exitCode.readerGone] : [message, Output.exitCode.failure]
    resume(Effect.fail(new Output.CliError({ lines: [`iec104: stopped, ${name} is closed: ${why}`], exitCode })))
  }
})

/** How long a server that has stopped waits for the reader of what it told last, in ms. */
const LAST_WORDS_MS = 2000

/** How long the end of the program waits for its readers: those of a filter may take their time. */
let patienceMs: number | null = null

const file = Argument.String("FILE").pipe(Argument.withDescription("Configuration file (YAML)"))

const listen = Flag.String("listen").pipe(
  Flag.withMetavar("HOST:PORT"),
  Flag.withDescription("Where to listen, instead of what the file says; port 0 takes any free one"),
  Flag.filter(
    (text) => Config.parseListen(text) !== undefined,
    (text) => `HOST:PORT such as 127.0.0.1:2404 or [::1]:2404, not ${text}`
  ),
  Flag.optional
)

const recordTo = Flag.String("record").pipe(
  Flag.withMetavar("TAPE"),
  Flag.withDescription("Record all that comes in from outside into a new file, from which it can be played again"),
  Flag.optional
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print what happens as JSON, an event a line"),
  Flag.withDefault(false)
)

const serveCommand = Command.make("serve", { file, listen, json, record: recordTo }, (options) =>
  Effect.suspend(() => {
    patienceMs = LAST_WORDS_MS
    Output.waitForNoTerminal()
    // these come first: nothing may be served that they would not stop cleanly
    return Effect.raceFirst(
      Effect.raceFirst(stopSignal, readerGone),
      serve({
        file: options.file,
        listen: Option.getOrUndefined(options.listen),
        json: options.json,
        record: Option.getOrUndefined(options.record)
      })
    )
  })
).pipe(
  Command.withDescription("Serve the stations of a configuration file until SIGINT, SIGTERM or SIGHUP"),
  Command.withExamples([
    { command: "iec104 serve examples/substation.yaml", description: "Serve the example on 127.0.0.1:2404" },
    { command: "iec104 serve plant.yaml --listen 0.0.0.0:2404 --json" },
    {
      command: "iec104 serve plant.yaml --record today.tape",
      description: "Play it again with npm run replay today.tape"
    }
  ])
)

const checkCommand = Command.make("check", { file }, check).pipe(
  Command.withDescription("Check a configuration file and tell every problem with its line"),
  Command.withExamples([{ command: "iec104 check examples/substation.yaml" }])
)

const hex = Argument.String("HEX").pipe(
  Argument.withDescription("Octets of a frame; without any, frames are read from standard input, one a line"),
  Argument.variadic()
)

const jsonFields = Flag.Boolean("json").pipe(
  Flag.withDescription('Print the fields of each frame as one JSON object a line; {"error": ...} for a bad line'),
  Flag.withDefault(false)
)

const explainCommand = Command.make("explain", { hex, json: jsonFields }, explain).pipe(
  Command.withDescription("Explain frames given as hexadecimal octets, in words or as fields"),
  Command.withExamples([
    { command: "iec104 explain 680407000000", description: "STARTDT act" },
    { command: "iec104 explain < frames.txt", description: "A frame a line" },
    { command: "iec104 explain --json < frames.txt", description: "For programs; `compose` is the way back" }
  ])
)

const fields = Argument.String("FIELDS").pipe(
  Argument.withDescription("A frame as JSON; without any, frames are read from standard input, one a line"),
  Argument.variadic()
)

const jsonErrors = Flag.Boolean("json").pipe(
  Flag.withDescription('Answer a bad line with {"error": ...} in its place instead of telling it on standard error'),
  Flag.withDefault(false)
)

const composeCommand = Command.make("compose", { fields, json: jsonErrors }, compose).pipe(
  Command.withDescription(
    "Compose frames from fields, as explain --json prints them. What is left out is zero or follows from the rest; " +
      "what is given is composed as it stands, right or wrong"
  ),
  Command.withExamples([
    {
      command: `iec104 compose '{"typeId":100,"cot":6,"ca":47,"objects":[{"ioa":0,"qoi":20}]}'`,
      description: "Station interrogation"
    },
    { command: "iec104 compose --json < fields.jsonl > frames.txt", description: "An object a line, a frame a line" }
  ])
)

const iec104 = Command.make("iec104").pipe(
  Command.withDescription("IEC 60870-5-104 controlled station (server)"),
  Command.withSubcommands([serveCommand, checkCommand, explainCommand, composeCommand])
)

/** Wrong use is told on standard error in a line or two, not with the whole help. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag === "Version") return Output.out([event.version])
    if (event._tag === "Help") return CliOutput.defaultPresenter.present(event)
    const command = event.commandPath.join(" ")
    const messages = event.errors.map((error) => `${command}: ${error.message}`)
    return Output.err([...messages, `See: ${command} --help`])
  }
}

const environment = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)

const program = Command.runWith(iec104, { version: Output.version })(process.argv.slice(2)).pipe(
  Effect.as(Output.exitCode.ok as number),
  Effect.catchTag("CliError", (error) => Effect.as(Output.err(error.lines), error.exitCode)),
  Effect.catchTag("ShowHelp", () => Effect.succeed(Output.exitCode.usage)),
  Effect.provide(environment)
)

/** Ends the process when all output has been handed over. */
const leave = (code: number) => {
  process.exitCode = code
  if (patienceMs !== null) setTimeout(() => process.exit(code), patienceMs)
  // Where it could not be written, that is told a moment later, and the end is another one.
  process.stdout.write("", () => process.stderr.write("", () => setImmediate(() => process.exit(code))))
}

for (const stream of [process.stdout, process.stderr])
  stream.on("error", (cause: NodeJS.ErrnoException) => broken(stream, cause))

// a fiber that waits does not keep the process alive, and a process that just ends would look like success
const keepAlive = setInterval(() => {}, 0x7fff_ffff)

Effect.runPromiseExit(program).then((exit) => {
  clearInterval(keepAlive)
  if (Exit.isSuccess(exit)) return leave(exit.value)
  const fault = Cause.squash(exit.cause)
  process.stderr.write(`iec104: internal error: ${fault instanceof Error ? fault.message : String(fault)}\n`)
  leave(Output.exitCode.failure)
})
