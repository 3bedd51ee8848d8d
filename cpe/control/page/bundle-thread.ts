/**
 * Makes one support bundle, in a thread of its own: to read and redact 16 MiB of texts takes longer than steering may
 * wait (ADR 0054). Tells the bundle and ends; dies of what went wrong.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { type BundleSources, supportBundle } from '../../../shared/daemon/support-bundle.ts'

const BUNDLE_S_MAX = 60

// Either way, what was begun is ended and removed.
const stop = new AbortController()
parentPort?.once('message', () => stop.abort(new Error('stopped')))
const late = new Error(`it is not done after ${BUNDLE_S_MAX} s`)
setTimeout(() => stop.abort(late), BUNDLE_S_MAX * 1_000).unref()
parentPort?.postMessage(await supportBundle(workerData as BundleSources, stop.signal))
parentPort?.close()
