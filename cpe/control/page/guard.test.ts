import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { isForUs, isFromUs, Password, passwordIn } from './guard.ts'

test('who asks for the address that was asked, or for a name of ours, is answered; nobody else', () => {
  const names = ['router.lan']
  for (const [host, local, expected] of [
    ['192.168.1.1:8806', '::ffff:192.168.1.1', true],
    ['192.168.1.1', '::ffff:192.168.1.1', true],
    ['[2001:db8:1::1]:8806', '2001:db8:1::1', true],
    ['Router.LAN:8806', '::ffff:192.168.1.1', true],
    ['192.168.1.2:8806', '::ffff:192.168.1.1', false],
    ['evil.example:8806', '::ffff:192.168.1.1', false],
    ['router.lan.evil.example', '::ffff:192.168.1.1', false],
    ['[::1', '::1', false],
    ['', '::1', false],
    [undefined, '::1', false],
  ] as const) {
    assert.equal(isForUs(asking({ host }, local), names), expected, `${host} at ${local}`)
  }
})

test('what changes something is done for our own page, and not for a form or a script of another', () => {
  const host = '192.168.1.1:8806'
  const ours = { host, 'x-hybridge': 'page' }
  for (const [headers, expected] of [
    [ours, true],
    [{ ...ours, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, true],
    [{ host, origin: `http://${host}` }, false],
    [{ ...ours, origin: 'http://evil.example' }, false],
    [{ ...ours, origin: 'null' }, false],
    [{ ...ours, 'sec-fetch-site': 'cross-site' }, false],
  ] as const) {
    assert.equal(isFromUs(asking(headers)), expected, JSON.stringify(headers))
  }
})

test('guessing is slow, and costs whoever knows the password nothing', () => {
  let nowMs = 1_000
  const password = new Password('open sesame 7', () => nowMs)
  for (let i = 0; i < 10; i++) assert.equal(password.judge('open sesame 7'), 'right')
  assert.deepEqual(
    ['a', 'b', 'c', 'open sesame 7'].map((said) => password.judge(said)),
    ['wrong', 'wrong', 'tooOften', 'tooOften'],
  )
  nowMs += 1_000
  assert.equal(password.judge('open sesame 7'), 'right')
})

test('a password comes with all its letters, and what is no encoding is a wrong one', () => {
  for (const [authorization, expected] of [
    ['Bearer gr%C3%BCn%20und%20blau', 'grün und blau'],
    ['Bearer 100%', '100%'],
    ['Bearer %E0%A4', '%E0%A4'],
    ['Basic YTpi', ''],
    [undefined, ''],
  ] as const) {
    assert.equal(passwordIn({ authorization }), expected)
  }
})

test('where there is no password, none is right', () => {
  const none = new Password(undefined, () => 0)
  assert.equal(none.isSet, false)
  assert.equal(none.judge(''), 'wrong')
  assert.equal(none.judge('undefined'), 'wrong')
})

function asking(
  headers: Readonly<Record<string, string | undefined>>,
  localAddress = '::1',
): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'localAddress', { value: localAddress })
  const message = new IncomingMessage(socket)
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) message.headers[name] = value
  }
  return message
}
