/**
 * Our bits of a mark, as nftables says them; the OS's bits are never touched (core/marks.ts).
 */
import { MARK_MASK } from '../../shared/core/marks.ts'

type Bearer = 'ct' | 'meta'

/** Set our bits and leave the OS's as they are. */
export function claim(bearer: Bearer, mark: number): string {
  const others = hex(~MARK_MASK >>> 0)
  return `${bearer} mark set ${bearer} mark & ${others} | ${hex(mark)}`
}

export function is(bearer: Bearer, mark: number): string {
  return `${bearer} mark & ${hex(MARK_MASK)} == ${hex(mark)}`
}

export function isNot(bearer: Bearer, mark: number): string {
  return `${bearer} mark & ${hex(MARK_MASK)} != ${hex(mark)}`
}

export function has(bearer: Bearer): string {
  return isNot(bearer, 0)
}

export function hex(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`
}
