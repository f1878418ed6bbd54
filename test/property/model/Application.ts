// What the application of the model does by itself, a step at a time.
import { Batch, CommandMode, Cot } from "../../../src/api/c104/index.ts"
import type { Client } from "./Client.ts"
import { COMMANDS, FIRST_COMMAND, MONITORS, RELATED, variantOf } from "./Plant.ts"
import type { Op } from "./Programs.ts"
import { Scheduled } from "./Scheduled.ts"

export abstract class Application extends Scheduled {
  /** All connections that there were. */
  readonly all: Client[] = []
  /** Publishers that wait. */
  rooms = 0

  protected application(op: Op, a: number, b: number, c: number): void {
    const some = this.living(false)
    const at = <A>(list: readonly A[], index: number): A | undefined => list[index % Math.max(1, list.length)]
    const point = at(some, a * 8 + b)
    const command = at(this.living(true), a * 8 + b)
    const ca = 1 + (b % 2)
    switch (op) {
      case "publish":
        if (point !== undefined) this.publish(point)
        return
      case "burst":
        for (let i = 0; i < 4 + 4 * c; i++) {
          const one = at(some, a + i * (1 + (b % 3)))
          if (one !== undefined) this.publish(one)
        }
        return
      case "set":
        if (point !== undefined) this.set(point)
        return
      case "update": {
        if (point === undefined || point.kind?.type === 15) return
        const id = ++this.id
        const { length: before } = this.history
        const { published } = point
        point.id = id
        this.note(point)
        const made = point.point.update(point.kind?.value(id) as never)
        if (made) return
        // Nothing was told where nobody is there, or a small value is what it was.
        this.history.splice(before, 1)
        point.published = published
        return
      }
      case "live":
        if (point !== undefined && point.kind?.type !== 15 && point.eventType < 30) {
          this.set(point)
          point.point.transmit(Cot.REQUEST)
        }
        return
      case "batch": {
        if (point === undefined) return
        const points = some.filter((one) => one.ca === point.ca && one.type === point.type && !one.refreshed)
        const batch = new Batch({ cause: Cot.SPONTANEOUS, points: points.map((one) => one.point) })
        for (const one of points) this.set(one)
        // Those whose events or answers are of another type go together, behind or before the rest.
        const variants = new Set(points.map(({ made }) => variantOf(made)))
        if (variants.size > 1) return
        for (const one of points.sort((x, y) => x.ioa - y.ioa)) this.note(one)
        this.server.transmitBatch(batch)
        return
      }
      case "cycle": {
        if (point === undefined) return
        const points = some.filter(
          (one) => one.ca === point.ca && one.type === point.type && one.kind?.type !== 15 && one.eventType < 30
        )
        if (points.length === 0) return
        this.server.transmitBatch(new Batch({ cause: Cot.BACKGROUND_SCAN, points: points.map((one) => one.point) }))
        return
      }
      case "initialised":
        this.station(ca)?.signalInitialized(0)
        return
      case "room":
        this.rooms++
        void this.server.room().then(() => this.rooms--)
        return
      case "add":
        return this.addMonitor(ca, 1 + (a % MONITORS), c)
      case "remove":
        if (point !== undefined) this.kill(point)
        return
      case "addCommand":
        return this.addCommand(ca, FIRST_COMMAND + (a % COMMANDS), c)
      case "removeCommand":
        if (command !== undefined) this.kill(command)
        return
      case "again":
        // At its address, and of its kind or of another.
        if (command === undefined) return
        this.kill(command)
        return this.addCommand(command.ca, command.ioa, c % 4 === 0 ? c : command.made)
      case "renew":
        if (point === undefined) return
        this.kill(point)
        return this.addMonitor(point.ca, point.ioa, c % 4 === 0 && point.ioa !== RELATED ? c : point.made)
      case "window":
        this.server.protocolParameters.sendWindowSize = Math.max(2, c % 13)
        return
      case "regroup":
        if (point !== undefined && point.kind?.type !== 15) point.point.groups = c % 3 === 0 ? [] : [1 + (c % 2)]
        return
      case "mode":
        if (command?.actTerm !== true) return
        command.selects = c % 2 === 0
        command.wasDirect ||= !command.selects
        command.point.commandMode = command.selects ? CommandMode.SELECT_AND_EXECUTE : CommandMode.DIRECT
        return
      case "rehandle":
        if (command?.handled === true && !command.inTwo) this.handle(command)
        return
      case "station":
        if (this.server.getStation(ca) !== null && c % 2 === 0) this.removeStation(ca)
        else if (this.server.addStation(ca) !== null) {
          for (let i = 0; i < 3; i++) this.addMonitor(ca, 1 + ((a + i) % MONITORS), c + i)
          this.addCommand(ca, FIRST_COMMAND + (a % COMMANDS), c)
        }
        return
      case "settle": {
        const [one] = this.open.splice(a % Math.max(1, this.open.length), 1)
        one?.(c % 7 < 4 ? 1 : c % 4)
        return
      }
      case "release":
        if (command !== undefined) this.release(command)
        return
      case "transmit": {
        const life = at([...this.left.keys()], a) ?? command
        if (life !== undefined)
          this.answer(life, c % 3 === 0 ? Cot.ACTIVATION_CON : Cot.ACTIVATION_TERMINATION, c % 5 === 4)
        return
      }
      case "closing":
        return this.closeOne(a)
      case "shutdown":
        if (c % 4 === 0) this.shutdown()
        return
      default:
        return this.schedule(op, ca, point, c)
    }
  }

  protected closeOne(index: number): void {
    const { connections } = this.server
    const one = connections[index % Math.max(1, connections.length)]
    const mine = this.all.find((client) => !client.ended && client.port === one?.port)
    mine?.leaves()
    one?.close()
  }
}
