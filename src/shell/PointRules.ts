// Whoever sets something at a point that cannot have it is told so: the rules are those of the core.

import type { Block } from "../core/image/Block.ts"
import * as PointRules from "../core/image/PointRules.ts"
import type * as Value from "../core/image/Value.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import { InvalidArgument } from "./Errors.ts"

type Setting = PointRules.Setting

/** Throws {@link InvalidArgument} unless points of a block may have a setting, which the caller knows as `what`. */
export function verify(setting: Setting, block: Block, what: string = setting): void {
  const { type } = block.of
  verifyType(setting, type, block.layout, what)
}

/** As {@link verify}, of a type. */
export function verifyType(setting: Setting, type: number, layout: Value.Layout, what: string = setting): void {
  const rule = PointRules.broken(setting, type, layout).at(-1)
  if (rule !== undefined)
    throw new InvalidArgument({ what, expected: rule.one, value: TypeTable.byId[type]?.mnemonic ?? type })
}
