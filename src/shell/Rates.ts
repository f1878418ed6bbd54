// When a change of a measured value is worth an event: deadbands, absolute or in percent (60870-5-5 6.4).
import type { Hooks } from "./Hooks.ts"

/** Whether value or quality, as they would be told, have moved far enough from what was told last. */
export function moved(hooks: Hooks, value: number, quality: number): boolean {
  const { deadband, toldValue, toldQuality } = hooks
  if (Number.isNaN(toldValue) || quality !== toldQuality) return true
  if (deadband === null) return value !== toldValue
  const band = "absolute" in deadband ? deadband.absolute : (Math.abs(toldValue) * deadband.percent) / 100
  return Math.abs(value - toldValue) > band
}
