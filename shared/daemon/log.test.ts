import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Log, sentenceOf } from './log.ts'
import { debug, error, info, type LogLevel, WHATEVER_IS_KNOWN, warn } from './log-event.ts'

const events = {
  looked: debug('It was looked at'),
  open: info('It is open'),
  said: info('Whatever it is', WHATEVER_IS_KNOWN),
  'leg is dead': warn('It carries nothing', ['leg', 'silentMs'], 2),
  refused: warn('Somebody was refused', ['hidden'], 1),
  broken: error('It is broken'),
} as const

test('a line is one JSON object: level by name, ISO time, a stable message, fields', () => {
  const { log, lines } = painted()
  log.warn('leg is dead', { leg: 'dsl', silentMs: 500 })
  assert.equal(lines.length, 1)
  const { time, pid, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.deepEqual(rest, { level: 'warn', leg: 'dsl', silentMs: 500, msg: 'leg is dead' })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.equal(pid, process.pid)
  assert.ok(lines[0]?.endsWith('\n') && lines[0].indexOf('\n') === lines[0].length - 1)
})

test('a message without fields is a line too, and fields cannot break the line', () => {
  const { log, lines } = painted()
  log.info('open')
  log.info('said', { text: 'a\n"b"', count: 10n, nothing: undefined })
  assert.equal(lines.join('').split('\n').length, 3)
  const { text, count } = JSON.parse(lines[1] ?? '') as Record<string, unknown>
  assert.deepEqual({ text, count }, { text: 'a\n"b"', count: 10 })
})

test('what is not declared so does not compile', () => {
  const { log } = painted()
  // @ts-expect-error: nobody has declared it
  assert.throws(() => log.info('opened'))
  // @ts-expect-error: it is a warning
  log.info('leg is dead', { leg: 'dsl', silentMs: 500 })
  // @ts-expect-error: of which leg?
  log.warn('leg is dead', { silentMs: 500 })
  // @ts-expect-error: nothing is said with it
  log.info('open', { door: 7 })
})

for (const [level, heard] of [
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const) {
  test(`level ${level} says ${heard.join(', ')}`, () => {
    const { log, lines } = painted()
    log.level = level
    log.debug('looked')
    log.info('open')
    log.warn('leg is dead', { leg: 'lte', silentMs: 1 })
    log.error('broken')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { level: LogLevel }).level),
      heard,
    )
  })
}

test('a flood of one event is a few lines, and the next says how many there were', () => {
  const { log, lines, clock } = painted()
  for (let fall = 0; fall < 5; fall++) log.warn('leg is dead', { leg: 'dsl', silentMs: fall })
  assert.equal(lines.length, 2)
  clock.ms += 60_000
  log.warn('leg is dead', { leg: 'dsl', silentMs: 9 })
  assert.match(lines[2] ?? '', /"silentMs":9,"hidden":3,/)
})

test('what was hidden where it was counted first is hidden still', () => {
  const { log, lines, clock } = painted()
  for (let line = 0; line < 3; line++) log.warn('refused', { hidden: 10 })
  clock.ms += 60_000
  log.warn('refused', { hidden: 10 })
  assert.match(lines[1] ?? '', /"hidden":32,/)
})

test('who debugs hears everything', () => {
  const { log, lines } = painted()
  log.level = 'debug'
  for (let fall = 0; fall < 5; fall++) log.warn('leg is dead', { leg: 'dsl', silentMs: fall })
  assert.equal(lines.length, 5)
})

test('sentenceOf() is the message of an error, and the text of anything else', () => {
  assert.equal(sentenceOf(new RangeError('Cannot encode')), 'Cannot encode')
  assert.equal(sentenceOf('lost'), 'lost')
  assert.equal(sentenceOf(undefined), 'undefined')
})

function painted() {
  const lines: string[] = []
  const clock = { ms: 0 }
  const log = new Log(events, { write: (line) => void lines.push(line) }, () => clock.ms)
  return { log, lines, clock }
}
