// The package as users get it: packed, installed into an empty project with `effect` as the only other package, used
// from JavaScript (import and require) and from TypeScript 5.9, 6 and 7, and started. `npm run test:package`.
// Prints `ok NAME` or `not ok NAME: why` for each check and "N passed, N failed, N skipped" at the end.
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, "..", "..")
const work = join(root, ".cache", "package")
const project = join(work, "project")
const compilers = join(work, "compilers")
const startLimitMs = 300
const runs = 7
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const typescript = { "typescript-5.9": "5.9", "typescript-6": "6", "typescript-7": manifest.devDependencies.typescript }

const say = (text) => process.stdout.write(`${text}\n`)
const total = { passed: 0, failed: 0 }
const check = (name, why) => {
  total[why === null ? "passed" : "failed"]++
  say(why === null ? `ok ${name}` : `not ok ${name}: ${why}`)
}

const run = (command, args, cwd) => {
  const startMs = performance.now()
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 })
  const output = `${result.error?.message ?? ""}${result.stdout ?? ""}${result.stderr ?? ""}`.trim()
  return { ok: result.status === 0, output, stdout: result.stdout ?? "", ms: performance.now() - startMs }
}
const node = (args, cwd = project) => run(process.execPath, args, cwd)
const must = (result, what) => {
  if (!result.ok) throw new Error(`${what} failed:\n${result.output}`)
  return result
}
const npm = (args, cwd) => must(run("npm", [...args, "--no-audit", "--no-fund"], cwd), `npm ${args.join(" ")}`)
const write = (folder, name, content) =>
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content, null, 2))

const fails = (result, expected) =>
  result.ok && result.stdout.trim() === expected ? null : `it says ${result.output.slice(0, 2000)}`

/** The median of several starts. */
const startMs = (args) => {
  const times = Array.from({ length: runs }, () => must(node(args), args.join(" ")).ms)
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)]
}

const inTime = (name, ms, limitMs = startLimitMs) =>
  check(
    `${name} within ${limitMs.toFixed()} ms`,
    ms < limitMs ? null : `the median of ${runs} runs is ${ms.toFixed()} ms`
  )

const program = `
const server = new Server({ ip: "127.0.0.1", port: 0 })
const point = server.addStation(47).addPoint({ ioAddress: 11, type: Type.M_ME_NC_1 })
point.value = 1.5
server.start().then(() => {
  const open = server.isRunning && server.port > 0
  return server.stop().then(() => process.stdout.write(open && point.value === 1.5 ? "works" : "does not work"))
})
`

const prepare = () => {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(project, { recursive: true })
  mkdirSync(compilers)
  npm(["run", "build"], root)
  npm(["pack", "--pack-destination", work], root)
  const [archive] = readdirSync(work).filter((name) => name.endsWith(".tgz"))
  // A configuration of its own: what npm finds above this folder is not what a user has.
  for (const folder of [project, compilers]) write(folder, "package.json", { private: true, type: "module" })
  npm(["install", join(work, archive), `effect@${manifest.devDependencies.effect}`], project)
  const types = `@types/node@${manifest.devDependencies["@types/node"]}`
  npm(["install", types, ...Object.entries(typescript).map(([name, v]) => `${name}@npm:typescript@${v}`)], compilers)
}

const javascript = () => {
  const installed = Object.keys(JSON.parse(readFileSync(join(project, "package.json"), "utf8")).dependencies)
  check("effect is the only other package", installed.sort().join() === "effect,iec104" ? null : installed.join())
  write(project, "esm.mjs", `import { Server, Type } from "iec104"\n${program}`)
  check("import", fails(node(["esm.mjs"]), "works"))
  write(project, "require.cjs", `const { Server, Type } = require("iec104")\n${program}`)
  check("require", fails(node(["require.cjs"]), "works"))
  write(
    project,
    "entries.mjs",
    `import { make } from "iec104/effect"\nimport { Explain, Hex } from "iec104/core"
process.stdout.write([typeof make, typeof Explain, typeof Hex].join())\n`
  )
  check("the entries effect and core", fails(node(["entries.mjs"]), "function,object,object"))
  write(project, "deep.mjs", `import("iec104/dist/shell/Host.js").catch((e) => process.stdout.write(e.code))\n`)
  check("nothing else can be imported", fails(node(["deep.mjs"]), "ERR_PACKAGE_PATH_NOT_EXPORTED"))
}

const examples = (compiler, name) => {
  const folder = join(project, name)
  cpSync(join(root, "examples"), folder, { recursive: true, filter: (path) => !path.endsWith(".py") })
  // It needs a package more than the others.
  rmSync(join(folder, "effect.ts"))
  write(
    folder,
    "program.ts",
    `import { Server, Type } from "iec104"\n${program.replaceAll(")\npoint", ")!\npoint").replace("(47)", "(47)!")}`
  )
  const strict = {
    target: "es2023",
    // The declarations of effect speak of CryptoKey, which is of the DOM.
    lib: ["es2023", "esnext.disposable", "dom"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    outDir: "out",
    rootDir: ".",
    typeRoots: [join(compilers, "node_modules", "@types")],
    types: ["node"]
  }
  write(folder, "tsconfig.json", { compilerOptions: strict, include: ["*.ts"] })
  const compiled = node([compiler, "-p", "."], folder)
  check(
    `${name} compiles the examples, and the declarations of the package`,
    compiled.ok ? null : compiled.output.slice(0, 2000)
  )
  check(`what ${name} makes of them runs`, fails(node([join(name, "out", "program.js")]), "works"))
  write(folder, "wrong.ts", `import { Server } from "iec104"\nnew Server({ port: "2404" })\n`)
  const wrong = node([compiler, "-p", "."], folder)
  check(`${name} refuses a wrong option`, !wrong.ok && wrong.output.includes("wrong.ts(2,") ? null : wrong.output)
}

const starts = () => {
  const cli = join(project, "node_modules", "iec104", "dist", "cli", "main.js")
  check("the command line says its version", fails(node([cli, "--version"]), manifest.version))
  check("npx finds it", fails(run("npx", ["--no-install", "iec104", "--version"], project), manifest.version))
  const commandMs = startMs([cli, "--version"])
  inTime("the command line starts", commandMs)
  // On a machine that is slow today, beside the command line: a server also rehearses.
  inTime("a server is imported, started and stopped", startMs(["esm.mjs"]), Math.max(startLimitMs, 4 * commandMs))
}

try {
  prepare()
  check("the package is built, packed and installed", null)
  javascript()
  for (const name of Object.keys(typescript)) {
    const compiler = join(compilers, "node_modules", name, "bin", "tsc")
    check(`${name} is installed`, existsSync(compiler) ? null : compiler)
    examples(compiler, name)
  }
  starts()
} catch (error) {
  check("the run", error.message)
}
say(`${total.passed} passed, ${total.failed} failed, 0 skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
