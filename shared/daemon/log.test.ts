import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Log, type LogLevel, sentenceOf } from './log.ts'

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

for (const [level, heard] of [
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const) {
  test(`level ${level} says ${heard.join(', ')}`, () => {
    const { log, lines } = painted()
    log.level = level
    for (const say of ['debug', 'info', 'warn', 'error'] satisfies LogLevel[]) log[say](say)
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { level: string }).level),
      heard,
    )
  })
}

test('sentenceOf() is the message of an error, and the text of anything else', () => {
  assert.equal(sentenceOf(new RangeError('Cannot encode')), 'Cannot encode')
  assert.equal(sentenceOf('lost'), 'lost')
  assert.equal(sentenceOf(undefined), 'undefined')
})

function painted(): { log: Log; lines: string[] } {
  const lines: string[] = []
  return { log: new Log({ write: (line) => void lines.push(line) }), lines }
}
