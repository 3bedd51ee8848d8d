/**
 * Which leg the unbonded flows take, and what the router must know of the legs for it.
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegHealth } from '../../shared/core/leg-health.ts'
import type { CpeLog } from '../control/log.ts'
import type { LinkFacts, LinkSamples } from './links.ts'
import type { Router } from './router.ts'
import { routedLeg } from './routes.ts'

export interface UnbondedParts {
  readonly router: Pick<Router, 'flushLeg' | 'refreshLeg' | 'setActiveLeg'>
  readonly log: Pick<CpeLog, 'info'>
}

export class UnbondedWay {
  readonly #parts: UnbondedParts
  readonly #seen: Record<LegName, SeenLeg> = { dsl: UNSEEN, lte: UNSEEN }
  #leg: LegName | undefined

  constructor(parts: UnbondedParts) {
    this.#parts = parts
  }

  /** undefined while no leg has a line. */
  get leg(): LegName | undefined {
    return this.#leg
  }

  /** The leg may be another line than at the last look: its routes go there, before it is asked. */
  place(leg: LegName, facts: LinkFacts, dead: boolean): void {
    if (facts.path === this.#seen[leg].path) return
    this.#parts.router.refreshLeg(leg, routedLeg(facts, !dead))
  }

  /** The legs have been judged: what dies is left, where there is another way to go. */
  follow(samples: LinkSamples, legs: Readonly<Record<LegName, LegHealth>>): void {
    const { router, log } = this.#parts
    const died: LegName[] = []
    for (const leg of LEGS) {
      const { facts } = samples[leg]
      const dead = legs[leg].state === 'dead'
      const before = this.#seen[leg]
      this.#seen[leg] = { dead, path: facts.path }
      if (dead !== before.dead) router.refreshLeg(leg, routedLeg(facts, !dead))
      if (dead && !before.dead) died.push(leg)
    }
    const best = bestOf(legs)
    if (best !== this.#leg) {
      this.#leg = best
      router.setActiveLeg(best)
      log.info('leg for unbonded traffic', { leg: best ?? 'none' })
    }
    // Only when there is another way to go; and after it was opened.
    for (const leg of died) if (best !== undefined && best !== leg) router.flushLeg(leg)
  }
}

/** DSL unless it is dead; with every leg dead, one that at least has a line. */
function bestOf(legs: Readonly<Record<LegName, LegHealth>>): LegName | undefined {
  return LEGS.find((leg) => legs[leg].inService) ?? LEGS.find((leg) => legs[leg].present)
}

/** What the router was told last. */
interface SeenLeg {
  readonly dead: boolean
  readonly path: string
}

const UNSEEN: SeenLeg = { dead: false, path: '' }
