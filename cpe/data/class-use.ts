/**
 * Which classes are in use: for those that want to know the quality of the legs, steering asks only while it
 * matters (steering/leg-qualities.ts).
 */
import type { ServiceClass } from '../../shared/core/service-class.ts'
import { COUNT } from './room.ts'

/** A connection of the class begins, or has carried something. `sharedMs`: on the clock of all threads. */
export function noteUse(
  count: Float64Array,
  serviceClass: ServiceClass | undefined,
  sharedMs: number,
): void {
  if (serviceClass === 'interactive') count[COUNT.interactiveMs] = sharedMs
  if (serviceClass === 'handover') count[COUNT.handoverMs] = sharedMs
}
