/**
 * The interfaces that a daemon shapes for as long as it lives.
 *
 * What somebody else had set on one is written to a file before it is replaced, so that it comes back also
 * when a kill -9 lies between. What a daemon before us left shaped and we do not want is undone by `keep`.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { QueuedClass } from '../wire/tc.ts'
import { leftBehind, rememberBefore } from './boot-memory.ts'
import { readLink, readLinks } from './links.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import {
  addClass,
  classBacklog,
  type ForeignQdisc,
  isShaped,
  type Shaping,
  shape,
  shapedInterfaces,
  unshape,
} from './tc.ts'

/** What one interface should be shaped as, by whichever number. */
export type LineShaping = Omit<Shaping, 'major'>

export class Shaper {
  readonly #route = new NetlinkSocket(Netlink.route)
  readonly #file: string
  readonly #major: number
  /** By interface. */
  readonly #before: Map<string, ForeignQdisc>
  #timer: NodeJS.Timeout | undefined
  #wanted: ReadonlyMap<string, LineShaping> = new Map()
  /** Interfaces on which our shaping stood at the last look. */
  readonly #standing = new Set<string>()

  /**
   * `major`: the number by which our disciplines are known. `complain` is told when the file cannot be
   * read.
   */
  constructor(file: string, major: number, complain: (sentence: string) => void) {
    this.#file = file
    this.#major = major
    mkdirSync(dirname(file), { recursive: true })
    this.#before = leftBehind(file, foreignOf, complain)
  }

  /**
   * From what is to what should be, now; and again whenever our shaping is gone from an interface, for it is
   * another or somebody has set something else. One that is not there is shaped when it comes.
   *
   * What is refused goes to `complain` as a sentence, once until it is another.
   */
  keep(wanted: ReadonlyMap<string, LineShaping>, complain: (sentence: string) => void): void {
    this.#wanted = wanted
    const shaped = shapedInterfaces(this.#route, this.#major)
    for (const { index, name } of readLinks(this.#route)) {
      if (wanted.has(name) || !shaped.includes(index)) continue
      unshape(this.#route, index, this.#major, this.#before.get(name))
      const why = this.#remember(name, undefined)
      if (why !== undefined) complain(`Cannot forget ${name}: ${why}`)
    }
    let said = ''
    let againMs = 0
    const say = (refusals: readonly string[]): void => {
      const sentence = refusals.join('; ')
      if (sentence !== '' && sentence !== said) complain(sentence)
      said = sentence
      againMs = sentence === '' ? 0 : performance.now() + REFUSED_MS
    }
    say(this.#shape(() => true))
    if (wanted.size === 0) return
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      if (performance.now() >= againMs) say(this.look())
    }, LOOK_MS)
  }

  /** One question an interface, and more where the answer is no. Answers what was refused. */
  look(): string[] {
    return this.#shape((index) => !isShaped(this.#route, index, this.#major))
  }

  /** Whether our shaping stood there at the last look, a second ago at most. */
  stands(name: string): boolean {
    return this.#standing.has(name)
  }

  /**
   * One class more on an interface that is wanted; a sentence when it was refused. Where our shaping does
   * not stand, it comes with the others when it does.
   */
  add(name: string, one: QueuedClass): string | undefined {
    const link = readLink(this.#route, name)
    if (link === undefined || !isShaped(this.#route, link.index, this.#major)) return undefined
    return addClass(this.#route, link.index, name, one)
  }

  /** How many bytes wait in a class of an interface; undefined where there is none. */
  waiting(ifIndex: number, handle: number): number | undefined {
    return classBacklog(this.#route, ifIndex, handle)
  }

  #shape(needs: (index: number) => boolean): string[] {
    const refusals: string[] = []
    for (const [name, shaping] of this.#wanted) {
      const link = readLink(this.#route, name)
      if (link === undefined) this.#standing.delete(name)
      if (link === undefined || !needs(link.index)) continue
      const wanted = { ...shaping, major: this.#major }
      const shaped = shape(this.#route, link.index, name, wanted, (replaced) =>
        this.#remember(name, replaced),
      )
      if (shaped.kind === 'shaped') {
        this.#standing.add(name)
      } else {
        this.#standing.delete(name)
        refusals.push(shaped.why)
      }
    }
    return refusals
  }

  /** Leave all interfaces as they were found. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#standing.clear()
    for (const { index, name } of readLinks(this.#route)) {
      unshape(this.#route, index, this.#major, this.#before.get(name))
    }
    rmSync(this.#file, { force: true })
    this.#route[Symbol.dispose]()
  }

  /** A sentence when the file cannot be written. */
  #remember(name: string, replaced: ForeignQdisc | undefined): string | undefined {
    if (replaced === undefined && !this.#before.has(name)) return undefined
    if (replaced === undefined) this.#before.delete(name)
    else this.#before.set(name, replaced)
    const before = Object.fromEntries(
      [...this.#before].map(([of, { handle, kind, options }]) => [
        of,
        { handle, kind, options: Buffer.from(options).toString('base64') },
      ]),
    )
    try {
      rememberBefore(this.#file, before)
      return undefined
    } catch (error) {
      return `cannot remember what stood there: ${String(error)}`
    }
  }
}

function foreignOf(before: unknown): ForeignQdisc | undefined {
  const { handle, kind, options } = (before ?? {}) as Record<string, unknown>
  const known =
    Number.isSafeInteger(handle) && typeof kind === 'string' && typeof options === 'string'
  if (!known) return undefined
  return { handle: Number(handle), kind, options: new Uint8Array(Buffer.from(options, 'base64')) }
}

const LOOK_MS = 1_000
/** A kernel without HTB looks for a module each time that it is asked. */
const REFUSED_MS = 60_000
