/**
 * Mixed load on restless lines that never die: every leg that is declared dead is a false alarm.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Street } from '../lab/lab.ts'
import { download, upload } from '../lab/transfer.ts'
import { openCrowd } from './crowd.ts'

/** The log lines that declared a leg dead. */
export async function measureCalm(street: Street, seconds: number): Promise<string[]> {
  const untilMs = Date.now() + seconds * 1_000
  const crowd = await openCrowd(street, CONNECTIONS, BEAT_MS)
  while (Date.now() < untilMs) {
    await Promise.all([
      download(street, '/bytes/4000000000', { seconds: 8 }),
      upload(street, UPLOAD_BYTES),
    ])
    await download(street, '/bytes/200000')
    await sleep(2_000)
  }
  await crowd.finish()
  return readFileSync(street.log('cpe'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"msg":"leg down"'))
}

const CONNECTIONS = 20
const BEAT_MS = 300
const UPLOAD_BYTES = 6_000_000
