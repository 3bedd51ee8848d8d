/**
 * Daemons of a few lines, started as processes, told to stop as the world tells them.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { untilAborted } from './lifecycle.ts'

test('a daemon whose body returns exits 0, whatever timers are left', async () => {
  const end = await daemon('setInterval(() => {}, 1000); open()')
  assert.deepEqual(end, { code: 0, signal: null, said: ['open'] })
})

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  test(`${name} aborts the signal, the body cleans up, the daemon exits 0`, async () => {
    const body = `
      await using _rules = { [Symbol.asyncDispose]: async () => say('rules undone') }
      open()
      await untilAborted(signal)`
    const end = await daemon(body, (child) => child.kill(name))
    assert.deepEqual(end, { code: 0, signal: null, said: ['open', 'stopping', 'rules undone'] })
  })
}

test('a second signal ends the daemon at once, though its clean-up hangs', async () => {
  const body = `
    signal.addEventListener('abort', () => say('hanging'))
    open()
    await new Promise(() => {})`
  const end = await daemon(body, (child, message) => {
    if (message === 'open' || message === 'hanging') child.kill('SIGTERM')
  })
  assert.deepEqual(end, { code: null, signal: 'SIGTERM', said: ['open', 'stopping', 'hanging'] })
})

test('a body that waits for nothing else stays until it is told to stop', async () => {
  const end = await daemon('open(); await untilAborted(signal)', (child) => child.kill())
  assert.deepEqual(end, { code: 0, signal: null, said: ['open', 'stopping'] })
})

test('a wait that ends because it was told to is no failure', async () => {
  const body = `
    open()
    await (await import('node:timers/promises')).setTimeout(60_000, undefined, { signal })`
  const end = await daemon(body, (child) => child.kill())
  assert.deepEqual(end, { code: 0, signal: null, said: ['open', 'stopping'] })
})

test('an error of the body is one sentence, and exit 1', async () => {
  const end = await daemon(`open(); throw new Error('Cannot bind')`)
  assert.deepEqual(end, { code: 1, signal: null, said: ['open', 'failed: Cannot bind'] })
})

test('the stack of an error is told to whoever debugs', async () => {
  const end = await daemon(`new Log({}).level = 'debug'; open(); throw new Error('Cannot bind')`)
  assert.deepEqual(end.said, ['open', 'failed: Cannot bind', 'failed at'])
})

for (const [name, throws] of [
  ['an exception nobody caught', `setImmediate(() => { throw new Error('Lost') })`],
  ['a rejection nobody caught', `void Promise.reject(new Error('Lost'))`],
] as const) {
  test(`${name} is one sentence, the body cleans up, exit 1`, async () => {
    const body = `
      await using _rules = { [Symbol.asyncDispose]: async () => say('rules undone') }
      open()
      ${throws}
      await untilAborted(signal)`
    const end = await daemon(body)
    assert.deepEqual(end, { code: 1, signal: null, said: ['open', 'failed: Lost', 'rules undone'] })
  })
}

test('untilAborted() resolves at once when all is over, and later when it will be', async () => {
  await untilAborted(AbortSignal.abort())
  const stop = new AbortController()
  const waiting = untilAborted(stop.signal)
  stop.abort()
  await waiting
})

test('a body that asks for it is followed by the same program, in the same process', async () => {
  const body = `
    if (process.env.SECOND === '1') {
      say('second ' + process.pid)
      return
    }
    say('first ' + process.pid)
    process.env.SECOND = '1'
    await using closing = { [Symbol.asyncDispose]: async () => say('closed') }
    void closing
    again()
    await untilAborted(signal)`
  const { code, said } = await daemon(body)
  assert.equal(code, 0)
  const [first, closed, anew, second] = said
  assert.deepEqual([closed, anew], ['closed', 'beginning anew'])
  assert.equal(first?.replace('first', ''), second?.replace('second', ''))
})

interface End {
  readonly code: number | null
  readonly signal: string | null
  /** Messages in order, failures with their sentence. */
  readonly said: readonly string[]
}

/** Run `body` as a daemon; `hear` is called with each message it says. */
async function daemon(
  body: string,
  hear: (child: ChildProcess, message: string) => void = () => undefined,
): Promise<End> {
  const source = `
    import { runDaemon, untilAborted } from '${new URL('./lifecycle.ts', import.meta.url).href}'
    import { Log } from '${new URL('./log.ts', import.meta.url).href}'
    import { writeSync } from 'node:fs'
    const say = (msg) => writeSync(1, JSON.stringify({ msg }) + '\\n')
    const open = () => say('open')
    void [Log, untilAborted]
    await runDaemon(async (signal, again) => { ${body} })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A daemon that does not hear its signal must not outlive the test.
    timeout: DAEMON_MS_MAX,
    killSignal: 'SIGKILL',
  })
  const said: string[] = []
  const lines = createInterface(child.stdout).on('line', (line) => {
    const { msg, error } = JSON.parse(line) as { msg: string; error?: string }
    said.push(error === undefined ? msg : `${msg}: ${error}`)
    if (msg !== 'stopping') hear(child, msg)
  })
  const [[code, signal]] = (await Promise.all([once(child, 'exit'), once(lines, 'close')])) as [
    [number | null, string | null],
    unknown,
  ]
  return { code, signal, said }
}

const DAEMON_MS_MAX = 30_000
