/**
 * One direction of one test: filled for some seconds, or until so many bytes have passed, while small questions beside
 * it tell what that does to delay.
 */
import { randomFillSync } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type SpeedSample, steadyBitsPerS } from '../../../shared/core/speed-samples.ts'
import { COUNT_BYTES, decodeCounts } from '../../../shared/wire/speed-test.ts'
import { type TestConnection, TestFailure } from './connection.ts'

/** What a transfer keeps to, beside its time. */
export interface TransferLimits {
  readonly bytes: number
  /** It is asked every 50 ms whether it may go on. */
  readonly mayGoOn: () => boolean
  readonly signal: AbortSignal
}

/** Bits a second; undefined where it was over too soon to tell. Rejects with a `TestFailure`. */
export async function receive(
  connection: TestConnection,
  limits: TransferLimits,
): Promise<number | undefined> {
  const samples: SpeedSample[] = []
  let bytes = 0
  const over = untilOver(connection, (got) => {
    bytes += got.length
    note(samples, bytes, performance.now())
  })
  await fill(limits, over, () => bytes)
  return steadyBitsPerS(samples)
}

/** The concentrator counts what arrives: what waits in our own queues is no speed. */
export async function send(
  connection: TestConnection,
  limits: TransferLimits,
): Promise<number | undefined> {
  const samples: SpeedSample[] = []
  let heard: Buffer = Buffer.alloc(0)
  let arrived = 0
  const over = untilOver(connection, (got) => {
    heard = Buffer.concat([heard, got])
    for (const { bytes, us } of decodeCounts(heard)) {
      // Of a sum that has not grown nobody knows when it was reached.
      if (bytes > arrived) samples.push({ atMs: us / 1_000, bytes })
      arrived = bytes
    }
    heard = heard.subarray(heard.length - (heard.length % COUNT_BYTES))
  })
  let said = 0
  let isOver = false
  const say = (): void => {
    while (!isOver && said < limits.bytes) {
      said += CHANCE.length
      if (!connection.say(CHANCE)) return connection.drained(say)
    }
  }
  say()
  try {
    await fill(
      limits,
      over,
      () => arrived,
      () => arrived >= limits.bytes,
    )
  } finally {
    isOver = true
  }
  return steadyBitsPerS(samples)
}

async function fill(
  { mayGoOn, signal }: TransferLimits,
  over: Promise<'over'>,
  passed: () => number,
  enough: () => boolean = () => false,
): Promise<void> {
  const beganMs = performance.now()
  let grewMs = beganMs
  let before = 0
  for (;;) {
    const first = await Promise.race([over, pause(LOOK_MS, 'look' as const)])
    const nowMs = performance.now()
    if (signal.aborted) throw new TestFailure('stopped')
    if (first === 'over' || enough() || !mayGoOn() || nowMs - beganMs >= FILL_MS) return
    if (passed() > before) grewMs = nowMs
    before = passed()
    if (nowMs - grewMs >= STALLED_MS) throw new TestFailure('stalled')
  }
}

function untilOver(connection: TestConnection, hear: (bytes: Buffer) => void): Promise<'over'> {
  const { promise, resolve, reject } = Promise.withResolvers<'over'>()
  connection.listen(hear, (why) => {
    if (why === undefined) resolve('over')
    else reject(new TestFailure(why))
  })
  // It is raced, and may be lost.
  promise.catch(() => undefined)
  return promise
}

function note(samples: SpeedSample[], bytes: number, atMs: number): void {
  const last = samples.at(-1)
  if (last !== undefined && atMs - last.atMs < SAMPLE_MS) return
  samples.push({ atMs, bytes })
}

const FILL_MS = 4_000
const STALLED_MS = 3_000
const LOOK_MS = 50
const SAMPLE_MS = 10
/** 64 KiB, as the relay writes. */
const CHANCE = randomFillSync(new Uint8Array(65_536))
