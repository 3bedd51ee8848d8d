/**
 * Somebody has come, is another, or has gone while we serve: what is open of who has gone ends at once, and
 * what nobody uses yet is refused when it asks (judge.ts).
 */
import type { RollChange } from '../subscribers/roll.ts'
import type { StreetRoom } from './room.ts'

export function changeRoll(
  { roll, mint, flows }: Pick<StreetRoom, 'roll' | 'mint' | 'flows'>,
  change: RollChange,
): void {
  const { number, subscriber } = change
  roll.change(change)
  mint.know(number, subscriber?.pseudonym)
  if (subscriber !== undefined) return
  for (const [flow, owner] of flows) if (owner === number) flow.reset()
}
