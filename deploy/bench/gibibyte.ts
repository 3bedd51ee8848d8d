/**
 * A long transfer whose DSL dies silently twice on the way: it must arrive whole.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Content } from '../lab/content.ts'
import type { Street } from '../lab/lab.ts'
import { download, type Transfer, upload } from '../lab/transfer.ts'
import type { Direction } from './iperf.ts'

export interface LongTransfer {
  readonly seconds: number
  readonly mbps: number
  readonly longestGapMs: number
  readonly hashOk: boolean
}

/** DSL is cut silently at 1/5 and 3/5 of the bytes and healed `DEAD_MS` later. */
export async function measureGibibyte(
  street: Street,
  direction: Direction,
  bytes: number,
): Promise<LongTransfer> {
  const cuts = [bytes / 5, (3 * bytes) / 5]
  const weather: Array<Promise<void>> = []
  const onProgress = (progress: { readonly bytes: number }) => {
    const [next] = cuts
    if (next === undefined || progress.bytes < next) return
    cuts.shift()
    weather.push(blackout(street))
  }
  const expected = new Content().sha256(bytes)
  const transfer =
    direction === 'down'
      ? await download(street, `/bytes/${bytes}`, { onProgress })
      : await upload(street, bytes, onProgress)
  await Promise.all(weather)
  if (weather.length < 2) throw new Error('Cannot judge: the transfer was over before both cuts')
  return {
    seconds: transfer.elapsedMs / 1_000,
    mbps: (bytes * 8) / transfer.elapsedMs / 1_000,
    longestGapMs: transfer.longestGapMs,
    hashOk: arrived(transfer, direction) === (await expected),
  }
}

/** What reached the far end, by its SHA-256. */
function arrived(transfer: Transfer, direction: Direction): string {
  if (direction === 'down') return transfer.sha256
  return (JSON.parse(transfer.said) as { sha256: string }).sha256
}

async function blackout(street: Street): Promise<void> {
  await street.fail('dsl', 'silent')
  await sleep(DEAD_MS)
  await street.heal('dsl')
}

const DEAD_MS = 4_000
