/**
 * An operator's AAA and the concentrator: FreeRADIUS hears of sessions, also of those that a killed concentrator had;
 * radclient changes one while it lasts, and ends it.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CONCENTRATOR, INTERNET, LEG_PREFIXES, NAT_ADDRESS } from './addresses.ts'
import { patchConfig } from './daemons.ts'
import { askForChange, type Detail, RADIUS_SECRET, startFreeradius, told } from './freeradius.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { eventually, logOf, untilWay } from './onlooker.ts'
import { readState } from './state.ts'
import { download, upload } from './transfer.ts'

const skip = streetImpossible()
const folder = mkdtempSync(join(tmpdir(), 'hybridge-radius-'))
const secretFile = join(folder, 'secret')
const translations = join(folder, 'translations')
const address = '127.0.0.1'
let street: Street

before(async () => {
  if (skip !== false) return
  writeFileSync(secretFile, `${RADIUS_SECRET}\n`, { mode: 0o600 })
  const servers = [1_814, 1_813].map((port) => ({ address, port, secretFile }))
  street = await raiseStreet({
    name: 'hyb-radius',
    session: true,
    cpe: { classes: { default: 'aggregate' }, tunnel: { enabled: true } },
    concentrator: {
      accounting: { enabled: true, intervalS: 1 },
      translationLog: { directory: translations },
      tunnel: { enabled: true },
      radius: {
        accounting: { servers, interimS: 10 },
        changes: { clients: [{ prefix: '::1', secretFile }] },
      },
    },
  })
})
after(async () => {
  if (skip === false) await street.down()
  rmSync(folder, { recursive: true, force: true })
})

test('what no server heard before a kill -9 is told after it, and that what was open has ended', {
  skip,
}, async () => {
  await eventually(() => assert.match(logOf(street, 'concentrator'), /"msg":"home came"/), 8_000)
  // Nobody is at the first of the two servers, now and later.
  await startFreeradius(street, folder, 1_813)
  await street.restart('concentrator', 'SIGKILL')
  await eventually(() => {
    assert.deepEqual(told(folder).map(spoken), [
      'Accounting-On',
      'Start home-1',
      'Stop home-1 NAS-Reboot',
      'Accounting-On',
      'Start home-1',
    ])
  }, 10_000)
  const [, first, stop, , second] = told(folder)
  assert.equal(stop?.['Acct-Session-Id'], first?.['Acct-Session-Id'])
  assert.notEqual(second?.['Acct-Session-Id'], first?.['Acct-Session-Id'])
  assert.equal(second?.['NAS-Identifier'], 'concentrator-1')
})

test('a session is changed while it lasts, by who may', { skip }, async () => {
  // What goes past the concentrator is not its to count.
  await untilWay(street, 'bonded', 8_000)
  await Promise.all([download(street, '/bytes/3000000'), upload(street, 1_000_000)])
  const at = [...SIGNED, 'User-Name = "home-1"']
  assert.equal(await ask('coa', [...at, 'Hybridge-Policy = "overflow.trialS=9"']), 'CoA-ACK')
  await eventually(() => assert.match(logOf(street, 'cpe'), /"changed":\["overflow"\]/), 3_000)
  const unknown = await ask('coa', [...at, 'Filter-Id = "lead"'])
  assert.equal(unknown, 'CoA-NAK Invalid-Attribute-Value')
  const absent = await ask('coa', [...SIGNED, 'User-Name = "home-9"', 'Filter-Id = "(none)"'])
  assert.equal(absent, 'CoA-NAK Session-Context-Not-Found')
  const silences = await Promise.all([
    ask('coa', at, { secret: 'another secret 16', timeoutS: 0.4 }),
    ask('coa', at.slice(1), { timeoutS: 0.4 }),
    // From an address that is no client's.
    ask('coa', at, { to: '127.0.0.1:3799', timeoutS: 0.4 }),
  ])
  assert.deepEqual(silences, ['nothing', 'nothing', 'nothing'])
})

test('who left from which port is written down when it begins and when it ends, and not where to', {
  skip,
}, async () => {
  const before = Date.now()
  const ping = await street.exec('home', ['ping', '-c1', '-W3', INTERNET.own.ipv4])
  assert.equal(ping.status, 0, ping.stdout)
  await eventually(() => {
    const echo = logged().find(
      ({ protocol, at }) => protocol === 1 && Date.parse(String(at)) >= before,
    )
    const { subscriber, carrier, address, destination } = echo ?? {}
    const told = [subscriber, carrier, address, destination]
    assert.deepEqual(told, ['home-1', 'tunnel', CONCENTRATOR.own.ipv4, undefined])
  }, 3_000)
  const { stdout } = await street.exec('home', ['curl', '-s', `http://${INTERNET.own.ipv4}/whoami`])
  const seen = JSON.parse(stdout) as { readonly address: string; readonly port: number }
  await eventually(() => {
    const lines = logged().filter(
      ({ port, at }) => port === seen.port && Date.parse(String(at)) >= before,
    )
    const [begun, ended] = lines
    const { at: _begun, ...what } = begun ?? {}
    const told = { subscriber: 'home-1', carrier: 'tcp', address: seen.address, port: seen.port }
    assert.deepEqual(what, { event: 'begin', ...told })
    assert.equal(ended?.['event'], 'end')
  }, 3_000)
})

test('its interims say what it carried, by leg and direction', { skip }, async () => {
  await eventually(() => {
    const interim = told(folder).findLast((one) => spoken(one).startsWith('Interim-Update'))
    assert.ok(interim !== undefined, JSON.stringify(told(folder).map(spoken)))
    const octets = (name: string) => Number(interim[name] ?? Number.NaN)
    const down = octets('Hybridge-DSL-Output-Octets') + octets('Hybridge-LTE-Output-Octets')
    const up = octets('Hybridge-DSL-Input-Octets') + octets('Hybridge-LTE-Input-Octets')
    assert.deepEqual([octets('Acct-Output-Octets'), octets('Acct-Input-Octets')], [down, up])
    assert.ok(down > 3_000_000 && down < 3_600_000, `${down} down`)
    assert.ok(up > 1_000_000 && up < 1_400_000, `${up} up`)
    assert.ok(octets('Hybridge-LTE-Output-Octets') > 100_000, JSON.stringify(interim))
  }, 14_000)
})

test('Disconnect ends the session and what is open, and the stop says what it carried', {
  skip,
}, async () => {
  const url = 'http://files.hyb.example/bytes/1000000000'
  const argv = ['curl', '-sN', url, '-o', '/dev/null', '-w', '%{size_download}']
  const loading = street.exec('home', argv, { timeoutMs: 20_000 })
  await eventually(async () => {
    const { stdout } = await street.exec('concentrator', ['ss', '-Htn', 'dport', '=', ':80'])
    assert.notEqual(stdout, '')
  }, 5_000)
  const session = told(folder).at(-1)?.['Acct-Session-Id'] ?? ''
  const answer = await ask('disconnect', [
    ...SIGNED,
    `Acct-Session-Id = "${session}"`,
    'Reply-Message = "not paid"',
  ])
  assert.equal(answer, 'Disconnect-ACK')
  const { status } = await loading
  assert.ok(status !== 0 && status !== 137, `status ${status}`)
  await eventually(() => assert.match(logOf(street, 'cpe'), /"why":"not paid"/), 2_000)
  await eventually(() => {
    const last = told(folder).at(-1)
    assert.equal(last && spoken(last), 'Stop home-1 Admin-Reset')
    assert.equal(last?.['Acct-Session-Id'], session)
    assert.ok(Number(last?.['Acct-Output-Octets']) > 3_000_000, JSON.stringify(last))
  }, 5_000)
})

test('a line that the operator did not give to this home carries next to nothing', {
  skip,
}, async () => {
  const { subscriber } = readState(street.name)
  const { ipv4, ipv6 } = LEG_PREFIXES.dsl
  const prefixes = { dsl: [ipv4, ipv6], lte: ['192.0.2.200/32', '2001:db8:ff::/48'] }
  patchConfig(street.name, 'concentrator', { subscribers: [{ ...subscriber, prefixes }] })
  await street.restart('concentrator')
  await untilWay(street, 'bonded', 8_000)
  const before = { joins: await joinsHeard(), lte: await lteBytes(), atMs: performance.now() }
  await download(street, '/bytes/4000000')
  const elsewhere = new RegExp(
    `"subscriber":"home-1","source":"${NAT_ADDRESS}".*"joined from elsewhere"`,
  )
  await eventually(() => assert.match(logOf(street, 'concentrator'), elsewhere), 5_000)
  // The home tries again, and each try stands for the time that the kernel's word takes to us.
  const tries = (await joinsHeard()) - before.joins
  const perS = tries / ((performance.now() - before.atMs) / 1_000)
  const carried = (await lteBytes()) - before.lte
  assert.ok(carried < 500_000 && perS < 100, `${carried} bytes by LTE, ${perS} tries a second`)
})

/** What LTE has brought home. */
async function lteBytes(): Promise<number> {
  const { stdout } = await street.exec('cpe', ['cat', '/sys/class/net/lte/statistics/rx_bytes'])
  return Number(stdout)
}

/** Since the concentrator's place was made. */
async function joinsHeard(): Promise<number> {
  const { stdout } = await street.exec('concentrator', ['nstat', '-asz', 'MPTcpExtMPJoinAckRx'])
  return Number(/MPJoinAckRx +(\d+)/.exec(stdout)?.[1] ?? 0)
}

function logged(): Record<string, unknown>[] {
  return readdirSync(translations)
    .flatMap((name) => readFileSync(join(translations, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

const SIGNED = ['Message-Authenticator = 0x00', 'Event-Timestamp = "%l"']

function ask(
  kind: 'coa' | 'disconnect',
  attributes: readonly string[],
  asked?: Parameters<typeof askForChange>[4],
): Promise<string> {
  const now = String(Math.floor(Date.now() / 1_000))
  const said = attributes.map((line) => line.replace('"%l"', now))
  return askForChange(street, folder, kind, said, asked)
}

function spoken(detail: Detail): string {
  return ['Acct-Status-Type', 'User-Name', 'Acct-Terminate-Cause']
    .map((name) => detail[name])
    .filter((value) => value !== undefined)
    .join(' ')
}
