// Rows 1 to 110 of the parity list: server, points, values, messages, link, interrogation, counters.
import { rowsApi } from "./rowsApi.ts"
import { rowsLink } from "./rowsLink.ts"
import { type Row, tester } from "./support.ts"

export const rowsA: readonly Row[] = [...rowsApi, ...rowsLink]

/** `row(12, body)`: the test of a row of this half. */
export const row = tester(rowsA)
