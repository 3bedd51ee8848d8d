/**
 * The home's control session: opened over whichever leg works, held while it lasts, opened again (ADR 0036).
 *
 * While it stands it is a connection like others to the path manager, of the class `overflow`: it moves with the
 * legs. Only where the line has made it plain TCP it ends with its leg.
 */
import type { SpeedTestNews } from '../../shared/config/speed-messages.ts'
import { Backoff } from '../../shared/core/backoff.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { Fail } from '../../shared/daemon/supervise.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import { Conversation, type ConversationEnd, type ConversationParts } from './conversation.ts'
import type { DialledSession } from './dial-session.ts'
import type { CpeLog } from './log.ts'

export interface SessionParts extends Omit<ConversationParts, 'ended' | 'failed'> {
  readonly board: Pick<LegBoard, 'leg'>
  readonly dial: (leg: LegName) => Promise<DialledSession>
  /** Until so many milliseconds have passed, or `signal`. Does not reject. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 up to 1. */
  readonly chance: () => number
  readonly log: Pick<CpeLog, 'info' | 'warn'>
}

export class HomeControl {
  readonly #parts: SessionParts
  readonly #backoff = new Backoff()
  #standing: DialledSession | undefined
  #conversation: Conversation | undefined
  #tries = 0
  #said = ''

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** It is open. */
  get standing(): boolean {
    return this.#standing !== undefined
  }

  /** The session's connection, for the path manager. */
  *flows(): Generator<HouseFlow> {
    const token = this.#standing?.token
    if (token === undefined) return
    yield { token, pooled: false, bulk: false, serviceClass: 'overflow', upBytes: 0, downBytes: 0 }
  }

  /** How the speed test goes that was ordered; unsaid while no session stands. */
  tellTest(news: SpeedTestNews): void {
    this.#conversation?.tellTest(news)
  }

  /** Until `signal`. `failed` hears mistakes of ours, after which this is over. */
  async keep(signal: AbortSignal, failed: Fail): Promise<void> {
    while (!signal.aborted) {
      const { waitS } = await this.#once(signal, failed)
      const waitMs = this.#backoff.wait(this.#parts.chance(), waitS * 1_000)
      await this.#rest(waitMs, waitS > 0, signal)
    }
  }

  async #once(signal: AbortSignal, failed: Fail): Promise<Pick<ConversationEnd, 'waitS'>> {
    const legs = this.#up()
    const leg = legs[this.#tries % legs.length]
    if (leg === undefined) return { waitS: 0 }
    let link: DialledSession
    try {
      link = await this.#parts.dial(leg)
    } catch (error) {
      this.#tries += 1
      const why = sentenceOf(error)
      this.#complain(`not opened: ${why}`, (log) =>
        log.warn('control session not opened', { leg, why }),
      )
      return { waitS: 0 }
    }
    const end = await this.#hold(link, signal, failed)
    this.#standing = undefined
    this.#conversation = undefined
    if (end.opened) this.#backoff.reset()
    this.#tries = end.opened ? 0 : this.#tries + 1
    const { why, waitS } = end
    this.#complain(`ended: ${why}`, (log) => log.warn('control session ended', { leg, why, waitS }))
    return end
  }

  async #hold(link: DialledSession, signal: AbortSignal, failed: Fail): Promise<ConversationEnd> {
    const { promise, resolve } = Promise.withResolvers<ConversationEnd>()
    const conversation = new Conversation(link, {
      ...this.#parts,
      opened: () => {
        this.#standing = link
        this.#conversation = conversation
        this.#said = ''
        this.#parts.opened()
        this.#parts.log.info('control session opened', {
          leg: link.leg,
          multipath: link.token !== undefined,
        })
      },
      ended: resolve,
      failed,
    })
    const watch = setInterval(() => {
      if (signal.aborted) conversation.end('we stop')
      const stranded = link.token === undefined && !this.#parts.board.leg(link.leg).up
      if (stranded) conversation.end('its leg is down')
    }, LOOK_MS)
    const end = await promise
    clearInterval(watch)
    return end
  }

  /** A leg that comes up is tried at once, unless we were told to stay away. */
  async #rest(waitMs: number, told: boolean, signal: AbortSignal): Promise<void> {
    const before = this.#up().join()
    for (let waitedMs = 0; waitedMs < waitMs && !signal.aborted; waitedMs += LOOK_MS) {
      if (!told && this.#up().join() !== before) return
      await this.#parts.wait(Math.min(LOOK_MS, waitMs - waitedMs), signal)
    }
  }

  #up(): LegName[] {
    return LEGS.filter((leg) => this.#parts.board.leg(leg).up)
  }

  /** The same trouble is told once. */
  #complain(trouble: string, say: (log: SessionParts['log']) => void): void {
    if (trouble !== this.#said) say(this.#parts.log)
    this.#said = trouble
  }
}

const LOOK_MS = 250
