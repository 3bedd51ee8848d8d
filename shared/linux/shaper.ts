/**
 * The interfaces that a daemon shapes for as long as it lives.
 *
 * What somebody else had set on one is written to a file first, so that it comes back also when a kill -9
 * lies between. What a daemon before us left shaped and we do not want is undone at the first `settle`.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readLinks } from './links.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import { readSysctl } from './sysctl.ts'
import { type ForeignQdisc, type Shaping, shape, shapedInterfaces, unshape } from './tc.ts'

export class Shaper {
  readonly #route = new NetlinkSocket(Netlink.route)
  readonly #file: string
  readonly #major: number
  /** By interface. */
  readonly #before: Map<string, ForeignQdisc>

  /** `major`: the number by which our disciplines are known. */
  constructor(file: string, major: number) {
    this.#file = file
    this.#major = major
    mkdirSync(dirname(file), { recursive: true })
    this.#before = leftBehind(file)
  }

  /**
   * From what is to what should be; answers what was refused, in sentences. An interface that is not there
   * is no refusal: it is shaped when it comes. Cheap enough for every second.
   */
  settle(wanted: ReadonlyMap<string, Omit<Shaping, 'major'>>): string[] {
    const links = readLinks(this.#route)
    const shapedBefore = shapedInterfaces(this.#route, this.#major)
    const refusals: string[] = []
    for (const { index, name } of links) {
      const shaping = wanted.get(name)
      if (shaping === undefined) {
        if (shapedBefore.includes(index)) this.#release(index, name)
        continue
      }
      const shaped = shape(this.#route, index, name, { ...shaping, major: this.#major })
      if (shaped.kind === 'refused') refusals.push(shaped.why)
      else if (shaped.began) this.#remember(name, shaped.replaced)
    }
    return refusals
  }

  /** Leave all interfaces as they were found. */
  [Symbol.dispose](): void {
    for (const { index, name } of readLinks(this.#route)) this.#release(index, name)
    rmSync(this.#file, { force: true })
    this.#route[Symbol.dispose]()
  }

  #release(index: number, name: string): void {
    unshape(this.#route, index, this.#major, this.#before.get(name))
    this.#remember(name, undefined)
  }

  #remember(name: string, replaced: ForeignQdisc | undefined): void {
    if (replaced === undefined && !this.#before.has(name)) return
    if (replaced === undefined) this.#before.delete(name)
    else this.#before.set(name, replaced)
    const before = Object.fromEntries(
      [...this.#before].map(([of, { handle, kind, options }]) => [
        of,
        { handle, kind, options: Buffer.from(options).toString('base64') },
      ]),
    )
    const memory: Memory = { boot: bootId(), before }
    // Renamed into place: a start after a crash finds the whole of it or the one before.
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(memory, null, 2)}\n`)
    renameSync(`${this.#file}.new`, this.#file)
  }
}

interface Memory {
  readonly boot: string
  readonly before: Readonly<Record<string, { handle: number; kind: string; options: string }>>
}

/** What a daemon of this boot replaced and did not put back. */
function leftBehind(file: string): Map<string, ForeignQdisc> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // The usual case: nothing was replaced, or all was put back.
    return new Map()
  }
  const { boot, before } = JSON.parse(text) as Memory
  if (boot !== bootId()) return new Map()
  return new Map(
    Object.entries(before).map(([name, { handle, kind, options }]) => [
      name,
      { handle, kind, options: new Uint8Array(Buffer.from(options, 'base64')) },
    ]),
  )
}

function bootId(): string {
  return readSysctl('kernel/random/boot_id') ?? ''
}
