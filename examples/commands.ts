// Commands that are decided at once, later, after a selection, and step by step. The same in Python: python/commands.py.
//   npm run build && npx node examples/commands.ts [PORT]     (default 2404, 0 = any free port)
import { setTimeout } from "node:timers/promises"
import {
  CommandMode,
  Cot,
  Double,
  DoubleCmd,
  Qoc,
  type ReceiveCallback,
  ResponseState,
  Server,
  SingleCmd,
  Step,
  Type
} from "iec104"

const server = new Server({ ip: "127.0.0.1", port: Number(process.argv[2] ?? 2404), selectTimeoutMs: 10_000 })
const station = server.addStation(47)!
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

// Decided at once. The related point follows, and is sent between confirmation and termination.
const lamp = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })!
const lampCommand = station.addPoint({
  ioAddress: 101,
  type: Type.C_SC_NA_1,
  relatedIoAddress: lamp.ioAddress,
  relatedIoAutoreturn: true
})!
lampCommand.onReceive((point, previousInfo, message) => {
  const pulse = message.info instanceof SingleCmd && message.info.qualifier === Qoc.SHORT_PULSE
  say(`lamp: ${previousInfo.value} -> ${point.value}${pulse ? " (short pulse)" : ""}, OA ${message.originatorAddress}`)
  lamp.value = point.value
  return ResponseState.SUCCESS
})

// Decided later: the confirmation is sent when the promise is settled. A rejected one refuses.
const setpoint = station.addPoint({ ioAddress: 102, type: Type.C_SE_NC_1 })!
setpoint.onReceive(async (point, _, message) => {
  await setTimeout(50, undefined, { signal: message.signal }) // aborted when nobody waits any more
  say(`set-point: ${point.value}`)
  return point.value >= 0 && point.value <= 100 ? ResponseState.SUCCESS : ResponseState.FAILURE
})

// Executed only after it was selected, by the client that selected it.
const breaker = station.addPoint({ ioAddress: 3, type: Type.M_DP_TB_1 })!
const breakerCommand = station.addPoint({
  ioAddress: 103,
  type: Type.C_DC_NA_1,
  commandMode: CommandMode.SELECT_AND_EXECUTE
})!
const operate: ReceiveCallback<typeof Type.C_DC_NA_1> = (point, _, { info }) => {
  say(
    `breaker: ${info instanceof DoubleCmd && info.state === Double.ON ? "on" : "off"}, selected by ${point.selectedBy}`
  )
  breaker.value = point.value
  breaker.transmit(Cot.RETURN_INFO_REMOTE)
  return ResponseState.SUCCESS
}
breakerCommand.onReceive(operate)

// Answered step by step: NONE says nothing now, `transmit` confirms and terminates when the drive says so.
const tap = station.addPoint({ ioAddress: 4, type: Type.M_ST_NA_1 })!
const tapCommand = station.addPoint({ ioAddress: 104, type: Type.C_RC_NA_1, actTerm: "manual" })!
tapCommand.onReceive((point) => {
  const step = point.value === Step.HIGHER ? 1 : -1
  void drive(step)
  return ResponseState.NONE
})
async function drive(step: number): Promise<void> {
  await setTimeout(50)
  tapCommand.transmit(Cot.ACTIVATION_CON)
  await setTimeout(50)
  tap.value += step
  tap.transmit(Cot.RETURN_INFO_REMOTE)
  tapCommand.transmit(Cot.ACTIVATION_TERMINATION)
}

// Refused: FAILURE, and everything that is no clear yes. An exception is reported through onError as well.
station.addPoint({ ioAddress: 105, type: Type.C_SC_NA_1 })!.onReceive(() => ResponseState.FAILURE)
station.addPoint({ ioAddress: 106, type: Type.C_SC_NA_1 })!.onReceive(() => {
  throw new Error("the drive does not answer")
})
server.onError((_, error) => say(`error: ${error.message}`))

await server.start()
say(`listening on ${server.ip}:${server.port}`)
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop())
