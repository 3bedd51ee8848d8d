/**
 * Live ties: a home's fresh probe came from an address, so for some minutes the address is that home's
 * (and of that leg). Two homes behind one address make it nobody's in particular.
 */
import { eitherTie, type Owner, type Tie } from '../../shared/core/tie.ts'
import { sourceOf } from './source.ts'
import { TIES_MAX, type TieTable } from './tie-table.ts'

export class Ties {
  readonly #table: TieTable
  readonly #tieS: number
  /** By address: who was heard from it, and when last. The Map's order is the order of last hearing. */
  readonly #heard = new Map<string, Array<{ tie: Tie; atS: number }>>()
  /** By address: until when the data threads believe what they were told. */
  readonly #told = new Map<string, { owner: Owner; untilS: number }>()

  /** A tie holds for `tieS` seconds after the last probe. */
  constructor(table: TieTable, tieS: number) {
    this.#table = table
    this.#tieS = tieS
  }

  hear(tie: Tie, address: Uint8Array, nowS: number): void {
    const source = sourceOf(address)
    const key = `${source.high} ${source.low}`
    const others = (this.#heard.get(key) ?? []).filter(
      ({ tie: other, atS }) =>
        atS + this.#tieS >= nowS && (other.subscriber !== tie.subscriber || other.leg !== tie.leg),
    )
    const heard = [{ tie, atS: nowS }, ...others].slice(0, TIES_PER_ADDRESS_MAX)
    this.#heard.delete(key)
    this.#heard.set(key, heard)
    if (this.#heard.size > TIES_MAX) this.#forgetOldest()

    const owner = heard.reduce<Owner>((so, { tie: next }) => eitherTie(so, next) ?? so, tie)
    const told = this.#told.get(key)
    const untilS = nowS + this.#tieS
    // A home in trouble probes 60 times a second: what the threads know may be a little old.
    const isKnown = told !== undefined && told.untilS + TOLD_AGAIN_S > untilS
    if (isKnown && sameOwner(told.owner, owner)) return
    this.#told.set(key, { owner, untilS })
    this.#table.write(source, owner, untilS)
  }

  #forgetOldest(): void {
    const [oldest] = this.#heard.keys()
    if (oldest === undefined) return
    this.#heard.delete(oldest)
    this.#told.delete(oldest)
  }
}

/** The clock that ties are kept by, here and in the data threads: performance.now() begins anew in each. */
export function monotonicS(): number {
  return process.hrtime()[0]
}

function sameOwner(one: Owner, other: Owner): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return one.subscriber === other.subscriber && one.leg === other.leg
}

/** Behind one address: with more the answer is the same, that nothing is known. */
const TIES_PER_ADDRESS_MAX = 8
const TOLD_AGAIN_S = 10
