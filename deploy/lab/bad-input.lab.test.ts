/**
 * What an operator may get wrong, on a real street: each has a sentence, an exit status, and leaves the
 * router as it was.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { CONCENTRATOR, legAddresses } from './addresses.ts'
import { DAEMONS, type DaemonName } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { configWith, type LoneOptions, startAlone, writeConfigText } from './lone-daemon.ts'
import { networkOf, untilWay, wayOf } from './onlooker.ts'
import { netnsOf } from './places.ts'

const skip = streetImpossible()
let street: Street

before(async () => {
  if (skip === false) street = await raiseStreet({ name: 'hyb-bad-input', daemons: false })
})
after(async () => {
  if (skip === false) await street.down()
})

for (const [name, text, sentence] of [
  ['what is no YAML', 'lan: { interfaces: [lan\n', /^\/.*\/cpe-alone\.yaml:2:1: .+\n$/],
  ['an unknown key', 'capturport: 15800\n', /cpe-alone\.yaml:1:1: .*capturport.*capturePort/],
  ['a value out of range', 'capturePort: 99999\n', /cpe-alone\.yaml:1:14: capturePort .*99999/],
] as const) {
  test(`${name} ends the CPE with status 2 and names the place`, { skip }, async () => {
    const config = writeConfigText(street, 'cpe', text)
    await using cpe = startAlone(street, 'cpe', { config })
    assert.equal(await cpe.ended, 2)
    assert.match(cpe.said(), sentence)
  })
}

test('without root both daemons say so', { skip }, async () => {
  for (const daemon of DAEMONS) {
    const through = ['setpriv', '--reuid', '65534', '--clear-groups']
    const { status, said } = await failing(daemon, { through })
    assert.equal(status, 1)
    assert.match(said, /Cannot start: not root; run it as root/)
  }
})

test('without MPTCP in the kernel both daemons name the setting', { skip }, async () => {
  for (const daemon of DAEMONS) {
    await street.exec(daemon, ['sysctl', '-qw', 'net.mptcp.enabled=0'])
    const { status, said } = await failing(daemon)
    await street.exec(daemon, ['sysctl', '-qw', 'net.mptcp.enabled=1'])
    assert.equal(status, 1)
    assert.match(said, /it is switched off, run `sysctl -w net\.mptcp\.enabled=1`/)
  }
})

for (const [daemon, port, sentence] of [
  ['cpe', 15_800, /Cannot listen on port 15800 for captured connections: bind answered EADDRINUSE/],
  ['concentrator', CONCENTRATOR.port, /Cannot listen on \[::\]:8803: bind answered EADDRINUSE/],
] as const) {
  test(`a port that somebody has is named by the ${daemon}`, { skip }, async () => {
    const occupant = inNetworkNamespace(netnsOf(street.name, daemon), () =>
      openListener(
        {
          address: encodeSockaddr6(knownAddress('::'), port),
          multipath: false,
          transparent: false,
          reusePort: false,
        },
        'a port that a daemon wants',
      ),
    )
    const { status, said } = await failing(daemon)
    libc.close(occupant)
    assert.equal(status, 1)
    assert.match(said, sentence)
  })
}

test('a leg without interface does not stop the other, and serves when it appears', {
  skip,
}, async () => {
  await using _concentrator = startAlone(street, 'concentrator')
  const config = configWith(street, 'cpe', { legs: { lte: { interface: 'wwan0' } } })
  await using cpe = startAlone(street, 'cpe', { config })
  await cpe.says(/"lte-down no interface wwan0","msg":"leg down"/)
  await cpe.says(/"msg":"ready"/)
  await untilWay(street, 'bonded', 2_000)

  const { cpe: own, access } = legAddresses('lte', 0)
  const appear = `link set lte down
    link set lte name wwan0
    link set wwan0 up
    address add ${own.ipv6}/64 dev wwan0 nodad
    route add default via ${access.ipv4} dev wwan0 metric 200
    route add default via ${access.ipv6} dev wwan0 metric 200\n`
  await street.exec('cpe', ['ip', '-batch', '-'], { input: appear })
  await cpe.says(/"leg":"lte","reason":"lte-up probe/)
  await street.fail('dsl', 'link')
  await untilWay(street, 'bonded', 4_000)
  await street.heal('dsl')
})

test('a second daemon started by mistake does the first no harm', { skip }, async () => {
  await using concentrator = startAlone(street, 'concentrator')
  await concentrator.says(/"msg":"ready"/)
  await using cpe = startAlone(street, 'cpe')
  await cpe.says(/"msg":"ready"/)
  await untilWay(street, 'bonded', 2_000)
  for (const daemon of DAEMONS) {
    const { status, said } = await failing(daemon)
    assert.equal(status, 1)
    assert.match(said, /EADDRINUSE/)
  }
  assert.equal(await wayOf(street), 'bonded')
})

/** How a daemon ends that must not start; it leaves the network of its place as it was. */
async function failing(daemon: DaemonName, options: LoneOptions = {}) {
  const before = await networkOf(street, daemon)
  await using alone = startAlone(street, daemon, options)
  const status = await alone.ended
  assert.equal(await networkOf(street, daemon), before)
  return { status, said: alone.said() }
}
