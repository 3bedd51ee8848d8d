/**
 * Small questions on a connection of their own, one after the other: how long an answer takes now.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { medianOf } from '../../../shared/core/speed-samples.ts'
import type { TestConnection } from './connection.ts'

export class Pings {
  readonly #connection: Pick<TestConnection, 'listen' | 'say'>
  #answered: () => void = () => undefined
  #got = 0

  constructor(connection: Pick<TestConnection, 'listen' | 'say'>) {
    this.#connection = connection
    connection.listen(
      (bytes) => {
        this.#got += bytes.length
        if (this.#got >= PING.length) this.#answered()
      },
      () => undefined,
    )
  }

  /** The median of round trips until `over` settles or `most` were made; undefined where none was answered. */
  async medianMs(most: number, over: Promise<unknown> = NEVER): Promise<number | undefined> {
    const roundTripsMs: number[] = []
    let isOver = false
    const ended = over.then(
      () => (isOver = true),
      () => (isOver = true),
    )
    for (let i = 0; i < most && !isOver; i++) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#got = 0
      this.#answered = resolve
      const askedMs = performance.now()
      this.#connection.say(PING)
      await Promise.race([promise, ended, pause(PATIENCE_MS)])
      const tookMs = performance.now() - askedMs
      if (this.#got >= PING.length) roundTripsMs.push(tookMs)
      await Promise.race([ended, pause(Math.max(0, PACE_MS - tookMs))])
    }
    return medianOf(roundTripsMs)
  }
}

const PING = new Uint8Array(8)
const PACE_MS = 50
/** An answer that takes longer came too late to be one to this question. */
const PATIENCE_MS = 3_000
const NEVER = new Promise<never>(() => undefined)
