/**
 * The clock that all threads of a daemon share: the kernel's monotonic one, in milliseconds.
 *
 * `performance.now()` begins anew in every thread, and `performance.timeOrigin` takes the date at which that
 * was: a date that is set meanwhile makes two threads differ by as much.
 */

export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** When the calling thread's `performance.now()` was 0. */
export function threadStartMs(): number {
  return sharedNowMs() - performance.now()
}
