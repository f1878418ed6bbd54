// Requests as the rules of the model tell them apart: which are selects, and which are one command.
import type { Request } from "./Client.ts"
import { hexOf } from "./Octets.ts"

export const COMMANDS: ReadonlySet<number> = new Set([45, 46, 47, 49, 51, 58, 59, 62, 64])

export const isSelect = ({ type, element }: Request): boolean =>
  ((element[type === 49 || type === 62 ? 2 : 0] as number) & 0x80) !== 0 && type !== 51 && type !== 64

/** A command, whether it is selected or carried out. */
export const baseOf = (request: Request): string =>
  `${request.oa} ${request.type} ${request.ca}/${request.ioa} ${hexOf(
    Uint8Array.from(
      request.element.map((octet, i) =>
        i === (request.type === 49 || request.type === 62 ? 2 : 0) ? octet & 0x7f : octet
      )
    )
  )}`
