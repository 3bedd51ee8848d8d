/**
 * The data thread's end of the main thread's bell (workers.ts).
 */
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
