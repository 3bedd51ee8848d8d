import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../shared/wire/address.ts'
import { type CaptureConfig, renderCapture } from './capture.ts'

// What the rules do to packets is shown by steering/router.lab.test.ts, on a real kernel.

const config: CaptureConfig = {
  bypass: { prefixes: [] },
  capturePort: 15_800,
  lan: { interfaces: ['br-lan', 'guests'] },
  legs: { dsl: { interface: 'ppp0' }, lte: { interface: 'wwan0' } },
  workers: 1,
}

test('the table replaces itself in one transaction', () => {
  assert.match(
    renderCapture(config, 'on'),
    /^table inet hybridge\ndelete table inet hybridge\ntable inet hybridge \{\n/,
  )
})

/** The way of a first packet from the LAN, rule by rule: the first that fits decides. */
const journey: ReadonlyArray<readonly [who: string, rule: string]> = [
  [
    'the agent itself, and whoever carries a mark of ours',
    'meta mark & 0x00f00000 != 0x00000000 accept',
  ],
  [
    'a reply to a connection that came in over DSL',
    'ct mark & 0x00f00000 == 0x00200000 meta mark set',
  ],
  [
    'a reply to a connection that came in over LTE',
    'ct mark & 0x00f00000 == 0x00300000 meta mark set',
  ],
  [
    'TCP that the LAN opened goes on, everything else is left alone',
    'ct direction original goto lan',
  ],
  ["servers on a worker's own port number", 'tcp dport 15800 accept'],
  [
    'a captured flow',
    'socket transparent 1 meta mark set meta mark & 0xff0fffff | 0x00100000 accept',
  ],
  ['a captured flow whose worker is gone', '== 0x00100000 reject with tcp reset'],
  [
    'a flow that was not captured when it began',
    'tcp flags & (fin | syn | rst | ack) != syn ct state established accept',
  ],
  [
    'the router itself and all kinds of everybody',
    '{ local, broadcast, anycast, multicast } accept',
  ],
  ['link-local neighbours', 'ip daddr 169.254.0.0/16 accept'],
  ['link-local neighbours over IPv6', 'ip6 daddr fe80::/10 accept'],
  ['what does not leave by a leg', 'fib daddr oifname != { "ppp0", "wwan0" } accept'],
  [
    'a flow that was forgotten when its leg died',
    'tcp flags & (fin | syn | rst | ack) != syn reject with tcp reset',
  ],
  ["the operator's bypass list", 'ip daddr @bypass4 accept'],
  ["the operator's bypass list for IPv6", 'ip6 daddr @bypass6 accept'],
  ['everything else is captured', 'jump capture'],
]

test('a packet from the LAN is judged in the order that the list of exceptions needs', () => {
  const table = renderCapture(config, 'on')
  let at = 0
  for (const [who, rule] of journey) {
    const found = table.indexOf(rule, at)
    assert.ok(
      found >= 0,
      `${who}: no \`${rule}\` after ${JSON.stringify(table.slice(at, at + 80))}`,
    )
    at = found + rule.length
  }
})

test('only the interfaces of the LAN are captured', () => {
  const doors = renderCapture(config, 'on').match(/iifname .* goto lan/g)
  assert.deepEqual(doors, [
    'iifname { "br-lan", "guests" } meta l4proto tcp ct direction original goto lan',
  ])
})

test('with capture off there is no rule that takes a connection', () => {
  const both = [renderCapture(config, 'on'), renderCapture(config, 'off')] as const
  const taking = both.map((table) => table.match(/tproxy to/g)?.length ?? 0)
  assert.deepEqual(taking, [1, 0])
  assert.deepEqual(
    both[0].split('\n').filter((line) => line !== '' && !line.includes('tproxy')),
    both[1].split('\n').filter((line) => line !== ''),
    'and nothing else is different',
  )
})

test('each worker takes an even share of what those before it left', () => {
  const rules = renderCapture({ ...config, workers: 3 }, 'on').match(/.*tproxy to :\d+/g)
  assert.deepEqual(
    rules?.map((rule) => rule.trim()),
    [
      'numgen inc mod 3 == 0 meta l4proto tcp tproxy to :15800',
      'numgen inc mod 2 == 0 meta l4proto tcp tproxy to :15801',
      'meta l4proto tcp tproxy to :15802',
    ],
  )
})

test('the bypass list is split by family', () => {
  const prefixes = ['10.0.0.0/8', '2001:db8::/32', '0.0.0.0/0', '::/0', '192.0.2.1']
  const table = renderCapture(
    { ...config, bypass: { prefixes: prefixes.map((text) => parsePrefix(text)!) } },
    'on',
  )
  assert.match(
    table,
    /bypass4 \{ .* elements = \{ 10\.0\.0\.0\/8, 0\.0\.0\.0\/0, 192\.0\.2\.1\/32 \}; \}/,
  )
  assert.match(table, /bypass6 \{ .* elements = \{ 2001:db8::\/32, ::\/0 \}; \}/)
})

test("the OS's own bits of the marks are never touched", () => {
  const table = renderCapture({ ...config, workers: 4 }, 'on')
  const writes = table.match(/(ct|meta) mark set/g)
  const careful = table.match(/(ct|meta) mark set \1 mark & 0xff0fffff \| 0x00[123]00000( |$)/gm)
  assert.equal(writes?.length, 17)
  assert.equal(careful?.length, writes.length)
})

for (const name of ['eth"0', 'eth*', 'eth\\']) {
  test(`an interface that nftables could misread is refused: ${name}`, () => {
    assert.throws(
      () => renderCapture({ ...config, lan: { interfaces: [name] } }, 'on'),
      /^Error: Cannot name the interface .* in nftables$/,
    )
  })
}
