/**
 * The door in for sealed frames: whose, under which key, never seen before, and genuine. In this order, the
 * dear question last.
 */
import type { Pinned } from '../linux/pinned.ts'
import { keyIdAt, legAt, numberAt } from '../wire/tunnel.ts'
import { type KeyRing, LEGS, type SessionKey } from './key-ring.ts'

export interface OpenCounts {
  /** No frame of ours at all, or of a form that we do not know. */
  alien: number
  /** Of another session, or under a key that is not here. */
  foreign: number
  /** Seen before, or too old to tell. */
  replayed: number
  /** Not sealed with our key, or not so. */
  forged: number
}

export function noOpenCounts(): OpenCounts {
  return { alien: 0, foreign: 0, replayed: 0, forged: 0 }
}

export class Opener {
  readonly counts: OpenCounts
  /** Of the frame opened last: its number was the highest of its leg so far. */
  isNewest = false
  /** Of the frame opened last: how many right before it are missing; -1 for one that was. */
  lost = 0
  readonly #ring: KeyRing

  constructor(ring: KeyRing, counts = noOpenCounts()) {
    this.#ring = ring
    this.counts = counts
  }

  /** Opened in place: the key that did it, or undefined. */
  open(frame: Pinned, at: number, bytes: number): SessionKey | undefined {
    const id = keyIdAt(frame.bytes, at)
    const leg = legAt(frame.bytes, at)
    if (leg < 1 || leg > LEGS) {
      this.counts.alien += 1
      return undefined
    }
    const key = this.#ring.find(id)
    if (key === undefined) {
      this.counts.foreign += 1
      return undefined
    }
    const number = numberAt(frame.bytes, at)
    const window = key.window(leg)
    if (!window.isNew(number)) {
      this.counts.replayed += 1
      return undefined
    }
    if (!key.opens.open(frame, at, bytes)) {
      this.counts.forged += 1
      return undefined
    }
    this.isNewest = number > window.highest
    this.lost = this.isNewest ? number - window.highest - 1 : -1
    window.see(number)
    return key
  }
}
