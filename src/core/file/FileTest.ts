// File ASDUs with T = 1 (60870-5-101 7.2.3): no file is opened, written, listed or deleted for a test, so that what begins
// a transfer is refused as a service that does not take part in one, and what would belong to one is not answered.

import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import * as FileWire from "./FileWire.ts"
import type { Turn } from "./FileWork.ts"

const { Action, Fault } = FileWire
const { Type } = TypeTable

/** Answers the frame at `at`, which is a test about a file. */
export function request(turn: Turn, octets: Uint8Array, at: number): void {
  const to = FileWire.address(turn, octets, at)
  const [section, qualifier] = [FileWire.octet(octets, at, 2), FileWire.octet(octets, at, 3)]
  switch (Asdu.type(octets, at)) {
    case Type.F_SC_NA_1: {
      // An error is a last word.
      if (qualifier > 0x0f) return
      const directory = Asdu.cause(octets, at) === Cause.REQUEST
      return FileWire.call(turn, to, section, (directory ? Action.Default : qualifier) | Fault.Service)
    }
    case Type.F_SC_NB_1:
      return FileWire.fileReady(turn, to, 0, FileWire.NEGATIVE)
    case Type.F_FR_NA_1:
      return FileWire.call(turn, to, 0, Action.DeactivateFile | Fault.Service)
    case Type.F_SR_NA_1:
      return FileWire.call(turn, to, section, Action.DeactivateSection | Fault.Service)
    default:
      return
  }
}
