// `iec104 check FILE`: whether a configuration can be served, without serving it.
import * as fs from "node:fs/promises"
import { text as textOf } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import * as Config from "../../shell/config/Config.ts"
import * as Output from "./Output.ts"

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "this is a directory, not a configuration file",
  EACCES: "no permission to read this file"
}

const unreadable = (file: string, cause: unknown): Output.CliError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  return Output.failure([`${file}: ${reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))}`])
}

/** Octets of a configuration at most: a million points that are listed one by one have less. */
const FILE_MAX = 67_108_864

/** The text of a file, which may be a pipe or a device that never ends. */
async function read(file: string): Promise<string> {
  const handle = await fs.open(file)
  // One octet more tells those that are longer.
  const text = await textOf(handle.createReadStream({ encoding: "utf8", end: FILE_MAX }))
  if (Buffer.byteLength(text) > FILE_MAX) throw new Error(`a configuration has at most ${FILE_MAX} octets`)
  return text
}

/** The folder for files is made when it is first needed; what is in its place must not be something else. */
const checkFolder = (file: string, folder: string): Effect.Effect<void, Output.CliError> =>
  Effect.promise(() => fs.stat(folder).catch(() => null)).pipe(
    Effect.flatMap((found) =>
      found === null || found.isDirectory()
        ? Effect.void
        : Effect.fail(Output.failure([`${file}: files: ${folder} is not a folder`]))
    )
  )

/** What a configuration file says, and its own words. */
export interface Loaded {
  readonly config: Config.ServerConfig
  readonly text: string
}

/** Reads and checks a configuration file; every problem is one line of the error. */
export const load = (file: string): Effect.Effect<Loaded, Output.CliError> =>
  Effect.tryPromise({ try: () => read(file), catch: (cause) => unreadable(file, cause) }).pipe(
    Effect.flatMap((text) => Effect.map(Config.parse(text, file), (config) => ({ config, text }))),
    Effect.catchTag("ConfigError", (error) =>
      Effect.fail(
        Output.failure([
          ...error.problems.map(Config.render),
          `${file}: ${Output.counted(error.problems.length, "problem")}`
        ])
      )
    ),
    Effect.tap(({ config: { files } }) => (files === null ? Effect.void : checkFolder(file, files)))
  )

/** Warnings of a configuration, a line each. */
export const warningLines = (config: Config.ServerConfig): ReadonlyArray<string> =>
  config.warnings.map((warning) => Config.render({ ...warning, message: `warning: ${warning.message}` }))

export const check = (options: { readonly file: string }): Effect.Effect<void, Output.CliError> =>
  Effect.gen(function* () {
    const { config } = yield* load(options.file)
    const points = config.stations.flatMap((station) => station.points).reduce((sum, { count }) => sum + count, 0)
    const [stations, total] = [Output.counted(config.stations.length, "station"), Output.counted(points, "point")]
    yield* Output.out([`${options.file}: ok, ${stations}, ${total}`, ...warningLines(config)])
  })
