import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CaptureConfig, renderCapture } from './capture.ts'

// What the rules do to packets is shown by deploy/lab/tunnel.alone.lab.test.ts, on a real kernel.

const config: CaptureConfig = {
  bypass: { prefixes: [] },
  capturePort: 15_800,
  lan: { interfaces: ['br-lan', 'guests'] },
  legs: { dsl: { interface: 'ppp0' }, lte: { interface: 'wwan0' } },
  tunnel: { enabled: true, interface: 'hybridge0', cipher: 'aes-128-gcm', reorderMsMax: 60 },
  workers: 1,
}

/** The way of a datagram from the LAN, rule by rule: the first that fits decides. */
const journey: ReadonlyArray<readonly [who: string, rule: string]> = [
  ['what belongs to a leg', 'ct mark & 0x00f00000 == 0x00200000 meta mark set'],
  ['what came in through the tunnel', 'iifname "hybridge0" ct direction original'],
  ['a flow of the tunnel', 'ct mark & 0x00f00000 == 0x00d00000 meta mark set'],
  ['a flow that begins', 'meta l4proto != tcp ct state new ct mark & 0x00f00000 == 0x00000000'],
  ['goes on', 'goto datagrams'],
  [
    'the router itself and all kinds of everybody',
    '{ local, broadcast, anycast, multicast } accept',
  ],
  ['link-local neighbours', 'ip daddr 169.254.0.0/16 accept'],
  ['link-local neighbours over IPv6', 'ip6 daddr fe80::/10 accept'],
  ['what does not leave by a leg', 'fib daddr oifname != { "ppp0", "wwan0" } accept'],
  ["the operator's bypass list", 'ip daddr @bypass4 accept'],
  ["the operator's bypass list for IPv6", 'ip6 daddr @bypass6 accept'],
  ['everything else is remembered', 'ct mark set ct mark & 0xff0fffff | 0x00d00000'],
  ['and routed', 'meta mark set meta mark & 0xff0fffff | 0x00d00000 accept'],
]

for (const capture of ['on', 'off'] as const) {
  test(`a datagram from the LAN is judged in the order of the list of exceptions: ${capture}`, () => {
    const table = renderCapture(config, capture, 'nft')
    let at = 0
    for (const [who, rule] of journey) {
      const found = table.indexOf(rule, at)
      assert.ok(found >= 0, `${who}: no \`${rule}\` after ${table.slice(at, at + 80)}`)
      at = found + rule.length
    }
  })
}

test("what leaves by a leg though it is the tunnel's belongs to that leg from now on", () => {
  const table = renderCapture(config, 'on', 'nft')
  for (const [device, mark] of [
    ['ppp0', '0x00200000'],
    ['wwan0', '0x00300000'],
  ]) {
    assert.match(
      table,
      new RegExp(
        `oifname "${device}" ct direction original ct mark & 0x00f00000 \\{ 0, 0x00d00000 \\} .* \\| ${mark}`,
      ),
    )
  }
})

test('what enters the tunnel has the address that the tunnel has', () => {
  assert.match(renderCapture(config, 'on', 'nft'), /oifname "hybridge0" .* masquerade/)
})

test('without a tunnel nothing of it is in the table', () => {
  const tunnel = { ...config.tunnel, enabled: false }
  const table = renderCapture({ ...config, tunnel }, 'on', 'nft')
  assert.doesNotMatch(table, /hybridge0|datagrams/)
})
