/**
 * The TCP segments that pass a place, as tcpdump tells them, a line each:
 *
 *   IP 192.0.2.10.40000 > 198.51.100.10.7000: Flags [S], seq ..., options [mss 1460,...], length 0
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { inPlace, type Place, streetEnvironment } from './places.ts'

export class Capture implements AsyncDisposable {
  readonly #child: ChildProcess
  #text = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      this.#text += piece
    })
  }

  /** `filter` in tcpdump's words. Resolves when it looks. */
  static async begin(street: string, place: Place, device: string, filter: string) {
    const dump = ['tcpdump', '-i', device, '-nn', '-t', '-l', '--immediate-mode', filter]
    const [file = '', ...rest] = inPlace(street, place, dump)
    const child = spawn(file, rest, {
      env: streetEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const capture = new Capture(child)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        said += piece
        if (said.includes('listening on')) resolve()
      })
      child.once('exit', () => reject(new Error(`Cannot capture in ${place}: ${said}`)))
    })
    return capture
  }

  /** All segments seen, once one of them is such a one; rejects when none is in time. */
  async lines(such: RegExp): Promise<string[]> {
    const untilMs = performance.now() + SEEN_MS_MAX
    while (!such.test(this.#text)) {
      if (performance.now() > untilMs) throw new Error(`No ${such} in:\n${this.#text}`)
      await pause(POLL_MS)
    }
    return this.#text.split('\n').filter((line) => line !== '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}

const SEEN_MS_MAX = 3_000
const POLL_MS = 10
