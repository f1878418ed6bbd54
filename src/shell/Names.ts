// What things are called in reports, logs and facts.
import * as TypeTable from "../core/wire/TypeTable.ts"

/** The mnemonic of a type, e.g. C_SC_NA_1. */
export const ofType = (type: number): string => TypeTable.byId[type]?.mnemonic ?? `type ${type}`
