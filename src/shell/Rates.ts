// When a change of a measured value is worth an event: deadbands, absolute or in percent (60870-5-5 6.4).
import type { Hooks } from "./Hooks.ts"

/** Whether value or quality have moved far enough from what was reported last. */
export function moved(hooks: Hooks, value: number, quality: number): boolean {
  const { deadband, reportedValue, reportedQuality } = hooks
  if (Number.isNaN(reportedValue) || quality !== reportedQuality) return true
  if (deadband === null) return value !== reportedValue
  const band = "absolute" in deadband ? deadband.absolute : (Math.abs(reportedValue) * deadband.percent) / 100
  return Math.abs(value - reportedValue) > band
}
