// The line of a session as a port of the station: octets are written from where they lie, and who asked is told when the kernel has
// taken them.
import type * as Outgoing from "../core/station/Outgoing.ts"
import type { Line } from "./Line.ts"
import * as Records from "./tls/Records.ts"
import { Views, viewOf } from "./Views.ts"

/** Where all sessions write from: while the kernel takes everything at once, that is always the same place. */
let views = new Views(new Uint8Array(0), 0)

export class Port implements Outgoing.Port {
  readonly line: Line
  /** Over TLS the last APDU of every write has a record of its own. */
  readonly separate: boolean
  private readonly taken: () => void
  private readonly left: () => void

  constructor(line: Line, taken: () => void, left: () => void) {
    this.line = line
    this.separate = Records.separate(line)
    this.taken = taken
    this.left = left
  }

  get isCut(): boolean {
    return this.line.destroyed
  }

  get waits(): number {
    return this.line.writableLength
  }

  write({ octets, start }: Outgoing.Region, from: number, to: number, report: Outgoing.Report): void {
    const { line } = this
    const view = from > start ? viewOf(octets, from, to - from) : this.viewsOf(octets, start).of(to - from)
    if (report === "nothing") line.write(view)
    else line.write(view, report === "taken" ? this.taken : this.left)
  }

  private viewsOf(octets: Uint8Array, start: number): Views {
    if (views.slab !== octets || views.from !== start) views = new Views(octets, start)
    return views
  }
}
