/**
 * A speed test that the operator has ordered through the concentrator (ADR 0053): begun here, and told over the session as it
 * goes. Of the household's own tests nothing is told.
 */
import type { SpeedTestNews, SpeedTestOrder } from '../../../shared/config/speed-messages.ts'
import type { SpeedTester } from './speed-test.ts'

export type OrderedTester = Pick<SpeedTester, 'start' | 'state' | 'stop' | 'watch'>

export class OrderedTest implements Disposable {
  readonly #tester: OrderedTester
  readonly #say: (news: SpeedTestNews) => void
  readonly #watching: Disposable
  /** The order that runs. */
  #order: string | undefined
  /** What was told last of one that is over, which may not have arrived. */
  #last: SpeedTestNews | undefined

  constructor(tester: OrderedTester, say: (news: SpeedTestNews) => void) {
    this.#tester = tester
    this.#say = say
    this.#watching = tester.watch(() => this.#tell())
  }

  obey({ order, wish, subjects }: SpeedTestOrder): void {
    if (wish === 'stop') {
      if (order === this.#order) this.#tester.stop()
      return
    }
    if (order === this.#order || order === this.#last?.order) return this.tellAgain()
    const before = this.#order
    // It tells of its first step before it returns.
    this.#order = order
    const refused = this.#tester.start('operator', subjects)
    if (refused === undefined) return
    this.#order = before
    const { why, waitMs } = refused
    this.#say({ order, refused: { why, waitS: Math.ceil(waitMs / 1_000) } })
  }

  /** A session stands: what was told while none did was heard by nobody. */
  tellAgain(): void {
    if (this.#order !== undefined) this.#tell()
    else if (this.#last !== undefined) this.#say(this.#last)
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]()
  }

  #tell(): void {
    const order = this.#order
    if (order === undefined) return
    const news = { order, ...this.#tester.state }
    this.#say(news)
    if (news.running !== undefined) return
    this.#order = undefined
    this.#last = news
  }
}
