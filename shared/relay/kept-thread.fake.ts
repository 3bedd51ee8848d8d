/** A thread that says with what it was born and what it hears, and dies when it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import { hearBell, lettersAt } from './bell.ts'
import { Loop } from './loop.ts'
import type { WorkerBirth } from './workers.ts'

const { bell, orders, settings } = workerData as WorkerBirth<string>
const port = parentPort!
using loop = new Loop()
hearBell(loop, bell, orders, () => {
  for (const letter of lettersAt<string>(port)) {
    if (letter === 'die') throw new Error('as ordered')
    port.postMessage({ event: `heard ${letter}` })
  }
})
port.postMessage({ event: `born with ${settings}` })
port.postMessage({ event: 'serving' })
loop.run()
