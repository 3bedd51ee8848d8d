/**
 * Whether LTE is in a foreign network, as the OS says it: whoever runs the modem writes `roaming` or `home` into a
 * file at each registration. Without a file, LTE is at home.
 */
import { readFileSync } from 'node:fs'

export class Roaming {
  readonly #file: string | undefined
  readonly #complain: (why: string) => void
  #readMs = -Infinity
  #roaming = false
  #said = ''

  /** `complain` is told once of a file that says something else. */
  constructor(file: string | undefined, complain: (why: string) => void) {
    this.#file = file
    this.#complain = complain
  }

  /** Reads the file once a second. */
  look(nowMs: number): boolean {
    if (this.#file === undefined || nowMs - this.#readMs < READ_MS) return this.#roaming
    this.#readMs = nowMs
    const word = this.#read(this.#file)
    // Nobody can say where it is: what costs more is not assumed, and what was known stays.
    if (word === 'roaming' || word === 'home') this.#roaming = word === 'roaming'
    else if (word === '') this.#roaming = false
    else this.#say(`${this.#file} says neither roaming nor home`)
    return this.#roaming
  }

  #read(file: string): string {
    try {
      return readFileSync(file, 'utf8').slice(0, CHARACTERS_MAX).trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#say(String(error))
      return ''
    }
  }

  #say(why: string): void {
    if (why !== this.#said) this.#complain(why)
    this.#said = why
  }
}

const READ_MS = 1_000
const CHARACTERS_MAX = 64
