// Rows 111 to 217 of the parity list: requests and what is answered, transmission, batches, cycles, TLS.
import { rowsControl } from "./rowsControl.ts"
import { rowsSending } from "./rowsSending.ts"
import { type Row, tester } from "./support.ts"

export const rowsB: readonly Row[] = [...rowsControl, ...rowsSending]

/** `row(112, body)`: the test of a row of this half. */
export const row = tester(rowsB)
