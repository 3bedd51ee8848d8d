import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { Live } from './live.ts'

test('the seventeenth page closes the one that is open for longest', () => {
  const live = new Live()
  const pages = Array.from({ length: 17 }, (_, i) => open(live, `192.168.1.${i + 1}`))
  assert.deepEqual(
    pages.filter(({ destroyed }) => destroyed),
    [pages[0]],
  )
})

test('the fifth page of a host closes its own first, and nobody else’s', () => {
  const live = new Live()
  const other = open(live, '192.168.1.9')
  const own = Array.from({ length: 20 }, () => open(live, '192.168.1.10'))
  assert.equal(other.destroyed, false)
  assert.equal(own.filter(({ destroyed }) => !destroyed).length, 4)
  assert.equal(own.at(-1)?.destroyed, false)
})

function open(live: Live, source: string): ServerResponse {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  live.add(response, source)
  return response
}
