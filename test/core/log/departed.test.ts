// What is still told of points that are gone: who removes and adds points does not ask every session for each of them.
import { expect, it } from "vitest"
import * as Image from "../../../src/core/image/Image.ts"
import * as Departed from "../../../src/core/log/Departed.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import { iec } from "../../../src/core/Profile.ts"
import { Type } from "../../../src/core/wire/TypeTable.ts"

const POINTS = 4096
const SPONTANEOUS = 3

const given = (acknowledged: (end: number) => number) => {
  let asked = 0
  const log: EventLog.EventLog = EventLog.make(65_536, () => {
    asked++
    return acknowledged(log.end)
  })
  const image = Image.withStation(Image.empty, 1)
  const { block } = Image.withBlock(image, 1, Image.blockType(1, Type.M_SP_NA_1, iec))
  const add = (ioa: number): void => Departed.comeBack(log, block, block.add(ioa))
  const remove = (ioa: number): void => {
    const slot = block.find(ioa)
    Departed.leave(log, block, slot)
    block.remove(slot)
  }
  const tell = (ioa: number): void => void EventLog.append(log, block, block.find(ioa), SPONTANEOUS, 0, 0)
  return { log, block, add, remove, tell, asked: () => asked }
}

it.each<readonly [string, (end: number) => number]>([
  ["everybody has had everything", (end) => end],
  ["somebody has had nothing", () => 0]
])("points go and come again while %s", (_, acknowledged) => {
  const { log, block, add, remove, tell, asked } = given(acknowledged)
  for (let ioa = 1; ioa <= POINTS; ioa++) add(ioa)
  for (let ioa = 1; ioa <= POINTS; ioa++) tell(ioa)
  const before = asked()
  for (let ioa = 1; ioa <= POINTS; ioa++) remove(ioa)
  for (let ioa = 1; ioa <= POINTS; ioa++) add(ioa)
  for (let ioa = 1; ioa <= POINTS; ioa++) remove(ioa)
  expect(asked() - before).toBeLessThan(POINTS / 20)
  // What is kept of them is bounded by what somebody is still told.
  expect(log.departed.behind.size).toBeLessThanOrEqual(acknowledged(1) === 0 ? POINTS : 64)
  expect(block.heirs?.size ?? 0).toBe(0)
})
