/**
 * What the demo shows: a line that moves on a terminal, a line a second elsewhere, and the table.
 */
import type { WriteStream } from 'node:tty'
import type { DemoResult } from './demo.ts'
import type { Street } from './lab.ts'

/** One transfer on the screen. */
export interface Watch {
  /** `part` of the whole, 0 to 1. */
  progress(bytes: number, part: number): void
  event(what: string): void
  done(result: string): Promise<void>
}

export class Screen {
  readonly #out: NodeJS.WriteStream | WriteStream
  readonly #live: boolean

  constructor(out: NodeJS.WriteStream | WriteStream) {
    this.#out = out
    this.#live = out.isTTY === true
  }

  say(text: string): void {
    this.#out.write(`${text}\n`)
  }

  /** Leave the moving line for good. */
  end(): void {
    if (this.#live) this.#out.write('\n')
  }

  /** Follow one transfer: rate of each leg from the lines' own counters, and how far it is. */
  watch(street: Street, title: string): Watch {
    const rates = new LegRates(street)
    const period = this.#live ? LIVE_MS : PLAIN_MS
    let part = 0
    const draw = async () => {
      const { dsl, lte } = await rates.next()
      const bars = `DSL ${bar(dsl)} ${mbps(dsl)}  LTE ${bar(lte)} ${mbps(lte)} Mbit/s`
      const line = `  ${title.padEnd(TITLE_WIDTH)} ${bars}  ${progressBar(part)}`
      this.#out.write(this.#live ? `\r\x1b[K${line}` : `${line}\n`)
    }
    const timer = setInterval(() => void draw(), period)
    return {
      progress: (_bytes, now) => {
        part = Math.min(1, now)
      },
      event: (what) => this.#out.write(this.#live ? `\r\x1b[K  ! ${what}\n` : `  ! ${what}\n`),
      done: async (result) => {
        clearInterval(timer)
        await draw()
        this.#out.write(this.#live ? `  ${result}\n` : `  ${title}: ${result}\n`)
      },
    }
  }

  table(
    result: DemoResult,
    limits: { readonly percentOfSumMin: number; readonly longestGapMsMax: number },
  ): void {
    const rows: ReadonlyArray<readonly [string, string, string]> = [
      ['DSL alone', `${result.dslMbps} Mbit/s`, ''],
      ['LTE alone', `${result.lteMbps} Mbit/s`, ''],
      ['bonded', `${result.bondedMbps} Mbit/s`, ''],
      [
        'bond of the sum',
        `${result.percentOfSum} %`,
        verdict(
          result.percentOfSum >= limits.percentOfSumMin,
          `at least ${limits.percentOfSumMin} %`,
        ),
      ],
      [
        'longest gap, DSL cut and healed',
        `${result.longestGapMs} ms`,
        verdict(
          result.longestGapMs <= limits.longestGapMsMax,
          `at most ${limits.longestGapMsMax} ms`,
        ),
      ],
      [
        'file arrived whole (SHA-256)',
        result.sha256Ok ? 'yes' : 'no',
        verdict(result.sha256Ok, ''),
      ],
    ]
    this.say('')
    for (const [what, figure, judged] of rows) {
      this.say(`  ${what.padEnd(33)}${figure.padStart(14)}   ${judged}`.trimEnd())
    }
    this.say(`\n  ${result.ok ? 'All of it worked.' : 'Something failed: see above.'}`)
  }
}

/** Mbit/s of each leg towards the home, between one look at the lines' counters and the next. */
class LegRates {
  readonly #street: Street
  #lastMs = 0
  #last = { dsl: 0, lte: 0 }

  constructor(street: Street) {
    this.#street = street
  }

  async next(): Promise<{ dsl: number; lte: number }> {
    const { legs } = await this.#street.status()
    const nowMs = performance.now()
    const seconds = (nowMs - this.#lastMs) / 1_000
    const now = { dsl: legs.dsl.downBytes, lte: legs.lte.downBytes }
    const first = this.#lastMs === 0
    const rates = {
      dsl: first ? 0 : ((now.dsl - this.#last.dsl) * 8) / seconds / 1_000_000,
      lte: first ? 0 : ((now.lte - this.#last.lte) * 8) / seconds / 1_000_000,
    }
    this.#lastMs = nowMs
    this.#last = now
    return rates
  }
}

function verdict(good: boolean, limit: string): string {
  return `${good ? 'ok' : 'FAILED'}${limit === '' ? '' : ` (${limit})`}`
}

/** An eighth of a cell is one Mbit/s. */
function bar(mbps: number): string {
  const eighths = Math.min(BAR_CELLS * 8, Math.round(mbps))
  const full = '█'.repeat(Math.floor(eighths / 8))
  const rest = eighths % 8 === 0 ? '' : String.fromCharCode(0x2590 - (eighths % 8))
  return (full + rest).padEnd(BAR_CELLS)
}

function progressBar(part: number): string {
  const cells = Math.round(part * PROGRESS_CELLS)
  return `[${'='.repeat(cells)}${' '.repeat(PROGRESS_CELLS - cells)}] ${String(Math.round(part * 100)).padStart(3)} %`
}

function mbps(value: number): string {
  return value.toFixed(1).padStart(6)
}

const LIVE_MS = 200
const PLAIN_MS = 1_000
const TITLE_WIDTH = 27
const BAR_CELLS = 8
const PROGRESS_CELLS = 20
