import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRepeatable } from './repeatable.ts'

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const record = (type: number, bytes: number) =>
  Uint8Array.of(type, 3, 1, bytes >> 8, bytes & 255, ...new Uint8Array(bytes))
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

const greeting = record(0x16, 517)

for (const [name, bytes] of [
  ['silence', new Uint8Array(0)],
  ['a ClientHello', greeting],
  ['a ClientHello of which only a part has come', greeting.subarray(0, 100)],
  ['a ClientHello cut in its header', greeting.subarray(0, 3)],
  ['a ClientHello in two records', joined(greeting, greeting.subarray(0, 9))],
  ['a ClientHello with the change of cipher of old', joined(greeting, record(0x14, 1))],
  ['a GET', ascii('GET /bytes/9 HTTP/1.1\r\nHost: files\r\n\r\n')],
  ['a HEAD', ascii('HEAD / HTTP/1.1\r\n\r\n')],
  ['a GET whose head goes on', ascii('GET / HTTP/1.1\r\nCookie: a')],
] as const) {
  test(`${name} may be said twice`, () => assert.equal(isRepeatable(bytes), true))
}

for (const [name, bytes] of [
  ['a POST', ascii('POST /order HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi')],
  ['a POST behind a GET', ascii('GET / HTTP/1.1\r\n\r\nPOST /order HTTP/1.1\r\n')],
  ['a word that is no method yet', ascii('GE')],
  ['TLS early data', joined(greeting, record(0x17, 40))],
  ['the greeting of SSH', ascii('SSH-2.0-OpenSSH_10\r\n')],
  ['a GET with more than a head', ascii(`GET /?${'x'.repeat(9_000)}`)],
] as const) {
  test(`${name} may not be said twice`, () => assert.equal(isRepeatable(bytes), false))
}
