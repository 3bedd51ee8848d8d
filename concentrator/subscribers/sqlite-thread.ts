/**
 * The thread of the SQLite keeper: its calls block, and nobody else waits for them. One question at a
 * time, answered in order.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { openDatabase } from './sqlite-database.ts'

export interface Question {
  readonly call: number
  readonly method: string
  readonly given: readonly unknown[]
}

export type Answer =
  | { readonly call: number; readonly kind: 'answer'; readonly value: unknown }
  | { readonly call: number; readonly kind: 'unavailable' | 'broken'; readonly why: string }

const port = parentPort
if (port === null) throw new Error('Cannot run on its own: the thread of the SQLite keeper')
const { file } = workerData as { readonly file: string }
const methods = new Map<string, (...given: never[]) => unknown>(Object.entries(openDatabase(file)))

port.on('message', ({ call, method, given }: Question) => {
  const answer = answerTo(call, method, given)
  if (method === 'close') port.close()
  else port.postMessage(answer)
})

function answerTo(call: number, method: string, given: readonly unknown[]): Answer {
  try {
    return { call, kind: 'answer', value: methods.get(method)?.(...(given as never[])) }
  } catch (error) {
    const why = sentenceOf(error)
    return { call, kind: isSqlite(error) ? 'unavailable' : 'broken', why }
  }
}

/** Full disks, locks and damaged files, and no mistakes of ours. */
function isSqlite(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error)) return false
  return !OURS.includes(Number(error.errcode) & 0xff)
}

/** SQLITE_ERROR, _CONSTRAINT, _MISUSE and _RANGE. */
const OURS = [1, 19, 21, 25]
