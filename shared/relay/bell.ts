/**
 * The data thread's end of the main thread's bell (workers.ts).
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import * as libc from '../linux/libc.ts'
import type { Loop, Watcher } from './loop.ts'

/** Stop the loop when ordered to; else call `onRing`, for shared memory has changed. */
export function hearBell(
  loop: Loop,
  bell: number,
  orders: SharedArrayBuffer,
  onRing: () => void,
): void {
  const cells = new Int32Array(orders)
  const drained = new Uint8Array(8)
  const watcher: Watcher = {
    onReady() {
      libc.read(bell, drained)
      if (Atomics.load(cells, 0) === 1) loop.stop()
      else onRing()
    },
    onTurn() {},
  }
  loop.watch(bell, watcher)
}

/** What the main thread has sent since the last look (`tell`), in order. To be called when the bell rings. */
export function* lettersAt<Letter>(port: MessagePort): Generator<Letter> {
  for (;;) {
    const received = receiveMessageOnPort(port) as { readonly message: Letter } | undefined
    if (received === undefined) return
    yield received.message
  }
}
