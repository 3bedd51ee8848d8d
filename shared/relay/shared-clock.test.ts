import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { sharedNowMs, threadStartMs } from './shared-clock.ts'

test('two threads read the same time, and it is not that of the calendar', async () => {
  const module = JSON.stringify(new URL('shared-clock.ts', import.meta.url).href)
  const code = `
    const { parentPort } = require('node:worker_threads')
    import(${module}).then(({ threadStartMs }) => parentPort.postMessage(threadStartMs() + performance.now()))`
  const fromMs = sharedNowMs()
  const theirs = await new Promise<number>((resolve, reject) => {
    new Worker(code, { eval: true }).once('message', resolve).once('error', reject)
  })
  const ours = threadStartMs() + performance.now()
  assert.ok(theirs >= fromMs - 1 && theirs <= ours + 1, `${fromMs} ${theirs} ${ours}`)
  assert.ok(Math.abs(ours - sharedNowMs()) < 100)
})
