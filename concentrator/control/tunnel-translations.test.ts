import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../shared/wire/address.ts'
import { hex } from '../../shared/wire/hex.fake.ts'
import { translationIn } from './tunnel-translations.ts'

const BEGUN = 0x100
const DESTROYED = 0x102

test('a flow of a home is told by its number, and where to only if that is wanted', () => {
  const begun = translationIn(config(false), BEGUN, flowFrom('c6120005'), 7)
  assert.deepEqual(begun, {
    event: 'begin',
    atMs: 7,
    subscriber: 3,
    protocol: 17,
    address: '192.0.2.10',
    port: 40_001,
  })
  const ended = translationIn(config(true), DESTROYED, flowFrom('c6120002'), 8)
  assert.deepEqual(
    [ended?.event, ended?.subscriber, ended?.destination],
    ['end', 0, { address: '198.51.100.10', port: 53 }],
  )
})

test('what others send through this host is nobody’s', () => {
  for (const source of ['c0a80101', 'c6120001', 'c6120000', 'c6140002']) {
    assert.equal(translationIn(config(true), BEGUN, flowFrom(source), 7), undefined, source)
  }
  assert.equal(translationIn(config(true), 0x101, flowFrom('c6120002'), 7), undefined)
})

function config(destinations: boolean) {
  return {
    tunnel: {
      ...({} as Parameters<typeof translationIn>[0]['tunnel']),
      prefix4: parsePrefix('198.18.0.0/15')!,
      prefix6: parsePrefix('fd48:7962:7269::/64')!,
    },
    translationLog: {
      directory: '/x',
      destinations,
      fileMegabytes: 1,
      fileHours: 1,
      filesMax: 1,
    },
  }
}

/** UDP to 198.51.100.10:53, leaving from 192.0.2.10:40001. */
function flowFrom(source: string): Uint8Array {
  return hex(`
    02000000
    3400 0180 1400 0180 0800 0100 ${source} 0800 0200 c633640a
              1c00 0280 0500 0100 11000000 0600 0200 13880000 0600 0300 00350000
    3400 0280 1400 0180 0800 0100 c633640a 0800 0200 c000020a
              1c00 0280 0500 0100 11000000 0600 0200 00350000 0600 0300 9c410000`)
}
