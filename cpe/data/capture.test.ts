import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../shared/wire/address.ts'
import { type CaptureConfig, queueRules, renderCapture } from './capture.ts'

// What the rules do to packets is shown by steering/router.lab.test.ts, on a real kernel.

const config: CaptureConfig = {
  bypass: { prefixes: [] },
  capturePort: 15_800,
  lan: { interfaces: ['br-lan', 'guests'] },
  legs: { dsl: { interface: 'ppp0' }, lte: { interface: 'wwan0' } },
  tunnel: {
    enabled: false,
    interface: 'hybridge0',
    cipher: 'aes-128-gcm',
    reorderMsMax: 60,
  },
  workers: 1,
}

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
  ['a SYN that is sent again after it was captured', '== 0x00100000 goto capture'],
  ['everything else is captured', 'goto capture'],
]

test('a packet from the LAN is judged in the order that the list of exceptions needs', () => {
  const table = renderCapture(config, 'on', 'none')
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
  const doors = renderCapture(config, 'on', 'none').match(/iifname .* goto lan/g)
  assert.deepEqual(doors, [
    'iifname { "br-lan", "guests" } meta l4proto tcp ct direction original goto lan',
  ])
})

for (const holding of ['nft', 'xt', 'none'] as const) {
  test(`with capture off no connection begins, and those that stand go on: ${holding}`, () => {
    const both = (['on', 'off'] as const).map((capture) => renderCapture(config, capture, holding))
    const [on = [], off = []] = both.map((table) => table.split('\n').filter((line) => line !== ''))
    const begin =
      holding === 'none'
        ? ['    goto capture']
        : ['    meta mark set meta mark & 0xff0fffff | 0x00500000', '    goto hold_0']
    const at = on.indexOf(begin[0] ?? '')
    assert.deepEqual(on.slice(at, at + begin.length), begin)
    assert.deepEqual(on.toSpliced(at, begin.length), off)
  })
}

test('each worker has its share of the flows, for a SYN that is held as for one that is taken', () => {
  const three = { ...config, workers: 3 }
  const table = renderCapture(three, 'on', 'nft')
  const rules = (pattern: RegExp) => table.match(pattern)?.map((rule) => rule.trim())
  assert.deepEqual(rules(/.*tproxy to :\d+/g), [
    'symhash mod 3 == 0 meta l4proto tcp tproxy to :15800',
    'symhash mod 3 == 1 meta l4proto tcp tproxy to :15801',
    'symhash mod 3 == 2 meta l4proto tcp tproxy to :15802',
    'meta l4proto tcp tproxy to :15800',
    'meta l4proto tcp tproxy to :15801',
    'meta l4proto tcp tproxy to :15802',
  ])
  assert.deepEqual(rules(/.*goto hold_\d/g), [
    'symhash mod 3 == 0 goto hold_0',
    'symhash mod 3 == 1 goto hold_1',
    'symhash mod 3 == 2 goto hold_2',
  ])
  assert.deepEqual(rules(/chain hold_.*/g), [
    'chain hold_0 { queue num 15800 bypass; }',
    'chain hold_1 { queue num 15801 bypass; }',
    'chain hold_2 { queue num 15802 bypass; }',
  ])
  assert.deepEqual(queueRules(three).at(-1), { table: 'hybridge', chain: 'hold_2', queue: 15_802 })
  assert.doesNotMatch(renderCapture(three, 'on', 'xt'), /queue/)
})

test('the bypass list is split by family', () => {
  const prefixes = ['10.0.0.0/8', '2001:db8::/32', '0.0.0.0/0', '::/0', '192.0.2.1']
  const table = renderCapture(
    { ...config, bypass: { prefixes: prefixes.map((text) => parsePrefix(text)!) } },
    'on',
    'none',
  )
  assert.match(
    table,
    /bypass4 \{ .* elements = \{ 10\.0\.0\.0\/8, 0\.0\.0\.0\/0, 192\.0\.2\.1\/32 \}; \}/,
  )
  assert.match(table, /bypass6 \{ .* elements = \{ 2001:db8::\/32, ::\/0 \}; \}/)
})

test("the OS's own bits of the marks are never touched", () => {
  const table = renderCapture({ ...config, workers: 4 }, 'on', 'xt')
  const writes = table.match(/(ct|meta) mark set/g)
  const careful = table.match(/(ct|meta) mark set \1 mark & 0xff0fffff \| 0x00[01235]00000( |$)/gm)
  assert.equal(writes?.length, 27)
  assert.equal(careful?.length, writes.length)
})

for (const name of ['eth"0', 'eth*', 'eth\\']) {
  test(`an interface that nftables could misread is refused: ${name}`, () => {
    assert.throws(
      () => renderCapture({ ...config, lan: { interfaces: [name] } }, 'on', 'none'),
      /^Error: Cannot name the interface .* in nftables$/,
    )
  })
}
