// The examples and all code of docs/MIGRATING.md compile against the sources, and the documents show what is there.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import * as iec104 from "../../src/api/c104/index.ts"
import { root, tsc } from "../architecture/project.ts"
import { blocks, column, migrating, modules } from "./Snippets.ts"

const nursery = join(root, ".cache")
mkdirSync(nursery, { recursive: true })
const folder = mkdtempSync(join(nursery, "examples-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler says of these files; what it says of the sources is told by `npm run typecheck`. */
const complaints = async (files: readonly string[]): Promise<readonly string[]> => {
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: {
      rootDir: "../..",
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: {
        iec104: ["../../src/api/c104/index.ts"],
        "iec104/effect": ["../../src/api/effect/index.ts"],
        "iec104/core": ["../../src/core/index.ts"]
      }
    },
    include: files
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  const { code, stdout, stderr } = await tsc(folder, "-p", ".", "--pretty", "false")
  expect(stderr).toBe("")
  const lines = stdout.split("\n").filter((line) => line.includes("error TS"))
  expect(code === 0, stdout).toBe(lines.length === 0)
  return lines.filter((line) => !line.startsWith("../../src/"))
}

describe("the compiler accepts", () => {
  it("the examples", async () => {
    expect(await complaints(["../../examples/*.ts"])).toEqual([])
  })

  it("all code of docs/MIGRATING.md", async () => {
    const files = modules(migrating(), Object.keys(iec104))
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code)
    expect(await complaints(["*.ts"])).toEqual([])
  })

  it("nothing that is wrong: the check itself works", async () => {
    writeFileSync(join(folder, "wrong.ts"), `import { Server } from "iec104"\nnew Server({ port: "2404" })\n`)
    expect(await complaints(["wrong.ts"])).toEqual([expect.stringContaining("wrong.ts(2,")])
  })
})

/** The members of c104 that a server program can reach. */
const members: Readonly<Record<string, string>> = {
  server:
    "add_station get_station remove_station start stop transmit_batch on_connect on_clock_sync on_receive_raw on_send_raw on_unexpected_message ip port tick_rate_ms is_running stations has_stations open_connection_count has_open_connections active_connection_count has_active_connections max_connections protocol_parameters",
  station:
    "server connection common_address is_local has_points points get_point add_point remove_point signal_initialized",
  point:
    "station io_address type related_io_address related_io_autoreturn command_mode selected_by report_ms timer_ms info value quality recorded_at processed_at transmit read on_receive on_before_read on_before_auto_transmit on_timer",
  info: "value quality recorded_at processed_at is_readonly",
  batch:
    "type common_address originator_address cot is_test is_negative is_sequence number_of_objects has_points points add_point",
  message:
    "type cot common_address originator_address io_address info is_test is_negative is_sequence is_select_command number_of_objects number_of_object raw raw_explain first next",
  parameters:
    "send_window_size receive_window_size connection_timeout message_timeout confirm_interval keep_alive_interval",
  tls: "set_certificate set_ca_certificate add_allowed_remote_certificate set_ciphers set_version set_renegotiation_time set_resumption_interval set_hostname_verification",
  c104: "Server TransportSecurity Batch Information SingleInfo SingleCmd DoubleInfo DoubleCmd StepInfo StepCmd BinaryInfo BinaryCmd NormalizedInfo NormalizedCmd ScaledInfo ScaledCmd ShortInfo ShortCmd BinaryCounterInfo ProtectionEventInfo ProtectionStartInfo ProtectionCircuitInfo StatusAndChanged Byte32 Int7 Int16 UInt5 UInt7 UInt16 NormalizedFloat Type Cot Qoi Qoc Rqt Frz Coi Umc ResponseState CommandMode Step Double EventState TlsVersion TlsCipher Quality BinaryCounterQuality StartEvents OutputCircuits PackedSingle Debug explain_bytes explain_bytes_dict set_debug_mode get_debug_mode enable_debug disable_debug"
}

describe("docs/MIGRATING.md", () => {
  const known = column(migrating(), "c104").map(({ code }) => code)

  it.each(Object.entries(members))("tells every member of %s", (owner, names) => {
    const missing = names
      .split(" ")
      .filter((name) => !known.some((code) => new RegExp(`\\b${owner}\\.${name}\\b`).test(code)))
    expect(missing).toEqual([])
  })
})

it("README.md shows the examples as they are", () => {
  const shown = blocks(readFileSync("README.md", "utf8"), "ts")
  for (const name of ["simple", "effect"]) expect(shown).toContain(readFileSync(`examples/${name}.ts`, "utf8"))
})
