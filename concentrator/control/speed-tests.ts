/**
 * Speed tests that operators order from homes (ADR 0053), in memory: asked for over a home's session, told by it as they go.
 *
 *    asked ── its first word ──▶ running ── a result ──▶ over
 *      │                            └── silent, or for too long ──▶ lost, until its result is heard
 *      └── refused, silent, an agent that knows none: no test
 */
import { randomBytes } from 'node:crypto'
import type { SpeedTestNews, SpeedTestOrder } from '../../shared/config/speed-messages.ts'
import type { Subject } from '../../shared/core/speed-result.ts'

/** Of the session of a home that is here. */
export interface TestedSession {
  orderTest(order: SpeedTestOrder): void
}

export interface SpeedTestsParts {
  readonly sessionOf: (subscriber: string) => TestedSession | undefined
  readonly nowMs: () => number
  readonly unixMs: () => number
}

export interface OrderedTest {
  readonly id: string
  readonly subscriber: string
  /** Unix time; and the name of the token by which it was asked for. */
  readonly askedMs: number
  readonly askedBy: string
  readonly state: 'running' | 'over' | 'lost'
  readonly news: SpeedTestNews
}

/** Why there is no test. */
export interface NoTest {
  readonly why: 'away' | 'runs' | 'often' | 'full' | 'unable' | 'silent'
  readonly waitS: number
}

interface Entry extends Pick<OrderedTest, 'askedBy' | 'askedMs' | 'id' | 'subscriber'> {
  news: SpeedTestNews
  /** On our own clock: its first word, and its last. */
  readonly begunMs: number
  heardMs: number
}

/** Asked for, and the home has not said anything yet. */
interface Question extends Pick<OrderedTest, 'askedBy' | 'askedMs' | 'id' | 'subscriber'> {
  readonly answer: (answer: Entry | NoTest) => void
}

export class SpeedTests {
  /** What came of those that were ordered since the start. */
  readonly answers = new Map<'begun' | NoTest['why'], number>([['begun', 0]])
  readonly #parts: SpeedTestsParts
  /** By home, oldest first; the homes by when they were asked last. */
  readonly #byHome = new Map<string, Entry[]>()
  readonly #running = new Set<Entry>()
  readonly #questions = new Map<string, Question>()

  constructor(parts: SpeedTestsParts) {
    this.#parts = parts
  }

  /** Until the home has begun it, or has said why not. */
  async ask(
    subscriber: string,
    askedBy: string,
    subjects: readonly Subject[] | undefined,
  ): Promise<OrderedTest | NoTest> {
    const answer = await this.#ask(subscriber, askedBy, subjects)
    const what = 'why' in answer ? answer.why : 'begun'
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1)
    return 'why' in answer ? answer : this.#shown(answer)
  }

  async #ask(
    subscriber: string,
    askedBy: string,
    subjects: readonly Subject[] | undefined,
  ): Promise<Entry | NoTest> {
    const refused = this.#whyNot(subscriber)
    if (refused !== undefined) return refused
    const id = randomBytes(ID_BYTES).toString('hex')
    const { promise, resolve } = Promise.withResolvers<Entry | NoTest>()
    const askedMs = this.#parts.unixMs()
    this.#questions.set(subscriber, { id, subscriber, askedBy, askedMs, answer: resolve })
    const timer = setTimeout(() => resolve(SILENT), ANSWER_MS_MAX)
    this.#order(subscriber, {
      order: id,
      wish: 'start',
      ...(subjects && { subjects: [...subjects] }),
    })
    const answer = await promise
    clearTimeout(timer)
    if (!('why' in answer)) return answer
    this.#questions.delete(subscriber)
    // Its answer may have been on its way.
    if (answer === SILENT) this.#order(subscriber, { order: id, wish: 'stop' })
    return answer
  }

  /** A home tells of a test. Of one that we know nothing of any more nothing is kept. */
  hear(subscriber: string, news: SpeedTestNews): void {
    const question = this.#questions.get(subscriber)
    if (question?.id === news.order) return this.#answered(question, news)
    const entry = this.#byHome.get(subscriber)?.find(({ id }) => id === news.order)
    if (entry === undefined) return
    entry.news = news
    entry.heardMs = this.#parts.nowMs()
    if (isOver(entry)) this.#running.delete(entry)
  }

  /** A home has not understood what it was told. */
  notUnderstood(subscriber: string, of: string): void {
    if (of === 'speedTest') this.#questions.get(subscriber)?.answer(UNABLE)
  }

  /** Oldest first. */
  of(subscriber: string): readonly OrderedTest[] {
    return (this.#byHome.get(subscriber) ?? []).map((entry) => this.#shown(entry))
  }

  /** False where its home is not here. */
  stop({ id, subscriber }: Pick<OrderedTest, 'id' | 'subscriber'>): boolean {
    return this.#order(subscriber, { order: id, wish: 'stop' })
  }

  forget(subscriber: string): void {
    for (const entry of this.#byHome.get(subscriber) ?? []) this.#running.delete(entry)
    this.#byHome.delete(subscriber)
  }

  #whyNot(subscriber: string): NoTest | undefined {
    if (this.#parts.sessionOf(subscriber) === undefined) return AWAY
    if (this.#questions.has(subscriber)) return RUNS
    for (const entry of this.#running) if (this.#isLost(entry)) this.#running.delete(entry)
    for (const entry of this.#running) if (entry.subscriber === subscriber) return RUNS
    return this.#running.size + this.#questions.size >= RUNNING_MAX ? FULL : undefined
  }

  #order(subscriber: string, order: SpeedTestOrder): boolean {
    const session = this.#parts.sessionOf(subscriber)
    session?.orderTest(order)
    return session !== undefined
  }

  /** Its first word: more of them may be on their way, so nothing is left for later. */
  #answered({ answer, ...asked }: Question, news: SpeedTestNews): void {
    if (news.refused !== undefined) return answer(noTestFrom(news.refused))
    this.#questions.delete(asked.subscriber)
    const begunMs = this.#parts.nowMs()
    const entry = { ...asked, news, begunMs, heardMs: begunMs }
    this.#keep(entry)
    answer(entry)
  }

  #keep(entry: Entry): void {
    const { subscriber } = entry
    const tests = this.#byHome.get(subscriber) ?? []
    tests.push(entry)
    if (tests.length > TESTS_OF_HOME) tests.shift()
    this.#byHome.delete(subscriber)
    this.#byHome.set(subscriber, tests)
    const [oldest] = this.#byHome.keys()
    if (this.#byHome.size > HOMES_MAX && oldest !== undefined) this.forget(oldest)
    if (!isOver(entry)) this.#running.add(entry)
  }

  #shown(entry: Entry): OrderedTest {
    const { begunMs: _, heardMs: __, ...shown } = entry
    return { ...shown, state: isOver(entry) ? 'over' : this.#isLost(entry) ? 'lost' : 'running' }
  }

  #isLost({ begunMs, heardMs }: Entry): boolean {
    const nowMs = this.#parts.nowMs()
    return nowMs - heardMs > LOST_MS || nowMs - begunMs > TEST_MS_MAX
  }
}

function isOver({ news: { running, result } }: Entry): boolean {
  return running === undefined && result !== undefined
}

/** A later home may have reasons of its own. */
function noTestFrom({ why, waitS }: NonNullable<SpeedTestNews['refused']>): NoTest {
  return { why: why === 'runs' ? 'runs' : 'often', waitS }
}

/** Tests of a home, and homes, that are remembered: 8 KB of each home. */
const TESTS_OF_HOME = 5
const HOMES_MAX = 2_000
/** Each has two connections, and a data thread has 64 of them (data/speed-test.ts). */
const RUNNING_MAX = 32
const ANSWER_MS_MAX = 5_000
/** Longer than any step of a test tells nothing. */
const LOST_MS = 30_000
/** Longer than all steps of one at their limits. A home that tells of one without end must not keep 31 others from theirs. */
const TEST_MS_MAX = 300_000
const ID_BYTES = 8
const AWAY: NoTest = { why: 'away', waitS: 0 }
const RUNS: NoTest = { why: 'runs', waitS: 20 }
const FULL: NoTest = { why: 'full', waitS: 10 }
const UNABLE: NoTest = { why: 'unable', waitS: 0 }
const SILENT: NoTest = { why: 'silent', waitS: 0 }
