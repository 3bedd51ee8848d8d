import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../shared/wire/address.ts'
import { parseEndpoint, resolveEndpoint } from './endpoint.ts'
import { Misuse } from './misuse.ts'

for (const [text, portDefault, host, port] of [
  ['192.0.2.25:443', undefined, '192.0.2.25', 443],
  ['[2001:db8::1]:443', undefined, '2001:db8::1', 443],
  ['files.hyb.example:80', undefined, 'files.hyb.example', 80],
  ['192.0.2.10', 8803, '192.0.2.10', 8803],
  ['192.0.2.10:99', 8803, '192.0.2.10', 99],
  ['2001:db8::10', 8803, '2001:db8::10', 8803],
  ['[2001:db8::10]', 8803, '2001:db8::10', 8803],
  ['[2001:db8::10]:99', 8803, '2001:db8::10', 99],
  ['hag.example', 8803, 'hag.example', 8803],
] as const) {
  test(`${text} with ${portDefault ?? 'no'} default is ${host} port ${port}`, () => {
    assert.deepEqual(parseEndpoint(text, portDefault), { host, port })
  })
}

for (const [text, says] of [
  ['', /is no HOST:PORT/],
  ['192.0.2.25', /names no port; write 192\.0\.2\.25:PORT/],
  ['192.0.2.25:', /is no HOST:PORT/],
  ['192.0.2.25:70000', /70000 is no port; the last is 65535/],
  ['2001:db8::1:443', /may be an address or one with a port/],
  ['[192.0.2.25]:443', /is no HOST:PORT/],
  ['[2001:db8::1]:443x', /is no HOST:PORT/],
  ['http://files:80', /is no HOST:PORT/],
] as const) {
  test(`'${text}' is told what is wrong`, () => {
    assert.throws(
      () => parseEndpoint(text),
      (error) => error instanceof Misuse && says.test(error.message),
    )
  })
}

test('an address is asked of nobody', async () => {
  const written = { host: '192.0.2.25', port: 443 }
  assert.deepEqual(await resolveEndpoint(written), {
    address: knownAddress('192.0.2.25'),
    port: 443,
  })
})
