/**
 * Does the street do what its commands say? One street stands for most of the stories, raised by the
 * command as an engineer would, without the daemons.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { concentratorConfig } from '../../shared/config/concentrator.ts'
import { cpeConfig } from '../../shared/config/cpe.ts'
import { readConfig } from '../../shared/config/document.ts'
import type { LegName } from '../../shared/core/leg.ts'
import { CONCENTRATOR, INTERNET, NAT_ADDRESS } from './addresses.ts'
import { type Finished, run } from './command.ts'
import { Content } from './content.ts'
import { openStreet, raiseStreet, type Street, streetImpossible } from './lab.ts'
import { netnsOf, PLACES, type Place } from './places.ts'
import { isRunning, type ProcessId, processesIn, sendSignal } from './process-id.ts'
import { running } from './processes.ts'
import { streetDirectory } from './state.ts'
import type { StreetStatus } from './status.ts'
import { takeDown } from './street.ts'

const NAME = 'hyb-street'
const OTHER = 'hyb-other'

describe('the street', { skip: streetImpossible() }, () => {
  let street: Street

  before(async () => {
    await Promise.all([takeDown(NAME), takeDown(OTHER)])
    const { status, stderr } = await lab('up', '--no-daemons', '--name', NAME)
    assert.equal(status, 0, stderr)
    street = openStreet(NAME)
  })

  after(async () => {
    await Promise.all([takeDown(NAME), takeDown(OTHER)])
  })

  test('status --json has the names that scripts outside rely on', async () => {
    const { stdout } = await lab('status', '--json', '--name', NAME)
    const status = JSON.parse(stdout) as StreetStatus
    for (const place of ['home', 'cpe', 'concentrator', 'internet'] as const) {
      assert.deepEqual(Object.keys(status.places[place]), ['netns', 'ipv4', 'ipv6'])
    }
    for (const port of ['http', 'iperf3', 'echo'] as const) assert.ok(status.internet[port] > 0)
    for (const leg of ['dsl', 'lte'] as const) {
      const { up, downMbps, upMbps, rttMs, downBytes, upBytes } = status.legs[leg]
      assert.equal(up, true)
      for (const number of [downMbps, upMbps, rttMs]) assert.ok(number > 0)
      for (const number of [downBytes, upBytes]) assert.ok(number >= 0)
    }
    for (const daemon of ['cpe', 'concentrator'] as const) {
      assert.equal(status.daemons[daemon].pid, null)
      assert.equal(status.daemons[daemon].log, join(street.directory, `${daemon}.log`))
    }
    assert.deepEqual(status.concentrator, {
      address: '192.0.2.10',
      ipv6: '2001:db8:c::10',
      port: 8803,
    })
    assert.match(status.subscriber.cookie, /^[0-9a-f]{32}$/)
  })

  test('the configurations it writes are ones that the daemons accept', () => {
    for (const [daemon, schema] of Object.entries({
      cpe: cpeConfig,
      concentrator: concentratorConfig,
    })) {
      const reading = readConfig(schema, join(street.directory, `${daemon}.yaml`))
      assert.equal(reading.kind, 'value', JSON.stringify(reading))
    }
  })

  test('exec hands through the status, the standard streams and the arguments as they are', async () => {
    const inHome = ['exec', 'home', '--name', NAME, '--']
    assert.equal((await lab(...inHome, 'sh', '-c', 'exit 7')).status, 7)
    assert.equal((await lab(...inHome, 'sh', '-c', 'kill -9 $$')).status, 137)
    assert.equal((await lab(...inHome, 'echo', '--', '--name', 'a  b')).stdout, '-- --name a  b\n')
    assert.match((await lab(...inHome, 'node', '--version')).stdout, /^v24\./)
    const node = [process.execPath, join(import.meta.dirname, 'main.ts')]
    assert.equal((await run([...node, ...inHome, 'cat'], { input: 'through' })).stdout, 'through')
  })

  for (const leg of ['dsl', 'lte'] as const) {
    test(`${leg} reaches the concentrator and the internet in both families`, async () => {
      const rttMs = leg === 'dsl' ? 20 : 45
      const targets = [...Object.values(CONCENTRATOR.own), ...Object.values(INTERNET.own)]
      const medians = await Promise.all(targets.map((target) => ping(street, leg, target)))
      for (const [i, medianMs] of medians.entries()) {
        const sentence = `${targets[i]}: ${medianMs} ms`
        assert.ok(medianMs > rttMs - 2 && medianMs < rttMs + 8, sentence)
      }
    })
  }

  test('the internet sees IPv4 over LTE as the operator, and all else as it is', async () => {
    const { legs } = await street.status()
    assert.equal(await seenAs(street, 'dsl', 'ipv4'), legs.dsl.ipv4)
    assert.equal(await seenAs(street, 'dsl', 'ipv6'), legs.dsl.ipv6)
    assert.equal(await seenAs(street, 'lte', 'ipv4'), NAT_ADDRESS)
    assert.equal(await seenAs(street, 'lte', 'ipv6'), legs.lte.ipv6)

    await street.line('lte', { nat: false })
    assert.equal(await seenAs(street, 'lte', 'ipv4'), legs.lte.ipv4)
    await street.line('lte', { nat: true })
    assert.equal(await seenAs(street, 'lte', 'ipv4'), NAT_ADDRESS)
  })

  test('an operator drops what comes from an address it did not give out', async () => {
    const { stdout } = await street.exec('cpe', [
      'ping',
      '-c1',
      '-W1',
      '-Ilte',
      '-I2001:db8:1::1',
      INTERNET.own.ipv6,
    ])
    assert.match(stdout, / 0 received/)
  })

  test('home and router resolve names that the internet gives', async () => {
    const { stdout } = await street.exec('home', ['getent', 'ahosts', 'files.hyb.example'])
    assert.match(stdout, /198\.51\.100\.10 /)
    assert.match(stdout, /2001:db8:5::10 /)
    const { status } = await street.exec('cpe', ['curl', '-s', 'http://any.hyb.example/delay/0'])
    assert.equal(status, 0)
  })

  test('the internet gives bytes whose hash is known, takes any, and echoes', async () => {
    const expected = await new Content().sha256(3_000_000)
    const shell = (script: string) => street.exec('internet', ['sh', '-c', script])
    const url = `http://${INTERNET.own.ipv4}`
    const down = await shell(`curl -s ${url}/bytes/3000000 | sha256sum`)
    assert.equal(down.stdout, `${expected}  -\n`)
    const up = await shell(`curl -s ${url}/bytes/3000000 | curl -s --data-binary @- ${url}/upload`)
    assert.deepEqual(JSON.parse(up.stdout), { bytes: 3_000_000, sha256: expected })
    const told = await shell(`curl -s ${url}/sha256/3000000`)
    assert.equal(told.stdout, `${expected}\n`)
    const refused = await shell(`curl -s ${url}/bytes/-1`)
    assert.match(refused.stdout, /^N is 0 to/)

    for (const address of Object.values(INTERNET.own)) {
      assert.equal(await echoed(street, 'tcp', address), 'hello')
      assert.equal(await echoed(street, 'udp', address), 'hello')
    }
  })

  test('a line changed while it runs: status says so and ping feels it', async () => {
    const changed = await lab('line', 'dsl', '--rtt-ms', '60', '--down-mbps', '8', '--name', NAME)
    assert.equal(changed.status, 0, changed.stderr)
    const { dsl } = (await street.status()).legs
    assert.deepEqual([dsl.rttMs, dsl.downMbps, dsl.upMbps], [60, 8, 10])
    const medianMs = await ping(street, 'dsl', INTERNET.own.ipv4)
    assert.ok(medianMs > 58 && medianMs < 68, `${medianMs} ms`)
    await street.line('dsl', { rttMs: 20, downMbps: 50 })
  })

  test('--mtu holds at both ends, and the far end says so to who sends more', async () => {
    await street.line('dsl', { mtu: 1_400 })
    const { stdout } = await street.exec('internet', [
      'ping',
      '-c1',
      '-W1',
      '-Mdo',
      '-s1400',
      '203.0.113.2',
    ])
    assert.match(stdout, /mtu = 1400/)
    assert.equal((await street.status()).legs.dsl.mtu, 1_400)
    await street.line('dsl', { mtu: 1_500 })
  })

  for (const leg of ['dsl', 'lte'] as const) {
    test(`${leg} with its link cut has no carrier, and carries both families once healed`, async () => {
      await street.fail(leg)
      const { stdout } = await street.exec('cpe', ['ip', '-brief', 'link', 'show', leg])
      assert.match(stdout, /NO-CARRIER/)
      assert.equal((await street.status()).legs[leg].up, false)
      assert.ok(Number.isNaN(await ping(street, leg, INTERNET.own.ipv4)))

      await street.heal(leg)
      assert.equal((await street.status()).legs[leg].up, true)
      for (const target of Object.values(INTERNET.own)) {
        assert.ok((await ping(street, leg, target)) > 0, target)
      }
    })

    test(`${leg} failed silently keeps its carrier and loses everything`, async () => {
      await street.fail(leg, 'silent')
      const { stdout } = await street.exec('cpe', ['ip', '-brief', 'link', 'show', leg])
      assert.doesNotMatch(stdout, /NO-CARRIER/)
      assert.ok(Number.isNaN(await ping(street, leg, INTERNET.own.ipv4)))

      await street.heal(leg)
      assert.ok((await ping(street, leg, INTERNET.own.ipv4)) > 0)
    })

    test(`${leg} numbered anew works from its new addresses and only from those`, async () => {
      const old = (await street.status()).legs[leg]
      const { status, stderr } = await lab('line', leg, '--new-address', '--name', NAME)
      assert.equal(status, 0, stderr)
      const now = (await street.status()).legs[leg]
      assert.notEqual(now.ipv4, old.ipv4)
      assert.notEqual(now.ipv6, old.ipv6)

      const { stdout } = await street.exec('cpe', ['ip', '-brief', 'address', 'show', leg])
      assert.deepEqual(stdout.trim().split(/\s+/).slice(2), [`${now.ipv4}/30`, `${now.ipv6}/64`])
      assert.equal(await seenAs(street, leg, 'ipv6'), now.ipv6)
      assert.equal(await seenAs(street, leg, 'ipv4'), leg === 'lte' ? NAT_ADDRESS : now.ipv4)
    })
  }

  test('a leg numbered anew while its link is down works once it is healed', async () => {
    await street.fail('dsl')
    await street.line('dsl', { newAddress: true })
    await street.heal('dsl')
    for (const target of Object.values(INTERNET.own)) {
      assert.ok((await ping(street, 'dsl', target)) > 0, target)
    }
  })

  test('both legs can change at the same time', async () => {
    await Promise.all([street.line('dsl', { mtu: 1_492 }), street.line('lte', { mtu: 1_428 })])
    const { dsl, lte } = (await street.status()).legs
    assert.deepEqual([dsl.mtu, lte.mtu], [1_492, 1_428])
    await Promise.all([street.line('dsl', { mtu: 1_500 }), street.line('lte', { mtu: 1_500 })])
  })

  test('a mapping that idled too long is dead, and nobody is told', async () => {
    await street.line('lte', { natIdleS: 1 })
    await using idle = talk(street, 'lte')
    await using control = talk(street, 'dsl')
    assert.equal(await idle.say('before'), 'before\n')
    assert.equal(await control.say('before'), 'before\n')
    // Longer than the mapping lives: this clock is the kernel's, and only moves by itself.
    await pause(2_100)
    assert.equal(await control.say('after'), 'after\n')
    assert.equal(await idle.say('after'), undefined)
    await street.line('lte', { natIdleS: 1_800 })
  })

  test('two streets stand side by side, with the same addresses', async () => {
    {
      await using other = await raiseStreet({ name: OTHER, pair: 'twins50', daemons: false })
      assert.equal((await other.status()).legs.lte.rttMs, 25)
      assert.equal((await street.status()).legs.lte.rttMs, 45)
      await other.fail('dsl', 'silent')
      assert.ok(Number.isNaN(await ping(other, 'dsl', INTERNET.own.ipv4)))
      assert.ok((await ping(street, 'dsl', INTERNET.own.ipv4)) > 0)
    }
    assert.deepEqual(await leftOf(OTHER), [])
    assert.ok((await ping(street, 'dsl', INTERNET.own.ipv4)) > 0)
  })

  const refusals: ReadonlyArray<readonly [string, readonly string[], RegExp]> = [
    [
      'a street that stands',
      ['up', '--name', NAME],
      /^Cannot raise hyb-street: it stands already; take/,
    ],
    [
      'a pair nobody knows',
      ['up', '--name', OTHER, '--pair', 'isdn'],
      /no pair isdn; .*vdsl50-lte30/,
    ],
    ['a name that is none', ['up', '--name', 'A/b'], /^Cannot raise A\/b: a name is/],
    [
      'a street that does not stand',
      ['status', '--name', OTHER],
      /not raised: run `npm run lab -- up/,
    ],
    ['an exec where nothing stands', ['exec', 'home', '--name', OTHER, '--', 'id'], /not raised/],
    ['a leg that is none', ['fail', 'isdn', '--name', NAME], /Allowed choices are dsl, lte/],
    [
      'a rate below zero',
      ['line', 'dsl', '--up-mbps', '-1', '--name', NAME],
      /must be a number from/,
    ],
    ['translation on DSL', ['line', 'dsl', '--nat', 'off', '--name', NAME], /only lte has one/],
  ]
  for (const [name, argv, sentence] of refusals) {
    test(`${name} is refused in one sentence and with status 1`, async () => {
      const { status, stderr } = await lab(...argv)
      assert.equal(status, 1)
      assert.match(stderr, sentence)
      assert.equal(stderr.trim().split('\n').length, 1)
    })
  }

  test('a street whose daemon will not start says why and leaves nothing', async () => {
    const raising = raiseStreet({ name: OTHER, cpe: { legs: { dsl: { interface: 7 } } } })
    await assert.rejects(
      raising,
      /^Error: Cannot start (cpe|concentrator): it ended with status 2\. Its last/,
    )
    assert.deepEqual(await leftOf(OTHER), [])
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    test(`up ended by ${signal} in the middle: nothing is left, if need be after down`, async () => {
      const main = join(import.meta.dirname, 'main.ts')
      const up = street.spawn('home', ['node', main, 'up', '--no-daemons', '--name', OTHER])
      while (!existsSync(join(streetDirectory(OTHER), 'lines.log'))) await pause(5)
      up.kill(signal)
      await once(up, 'exit')
      if (signal === 'SIGKILL') assert.notDeepEqual(await leftOf(OTHER), [])
      if (signal === 'SIGKILL') assert.equal((await lab('down', '--name', OTHER)).status, 0)
      assert.deepEqual(await leftOf(OTHER), [])
    })
  }

  test('a street whose owner died is cleared away by the next to take its name', async () => {
    const owner = `import { raiseStreet } from '${join(import.meta.dirname, 'lab.ts')}'
      await raiseStreet({ name: '${OTHER}', daemons: false })
      process.kill(process.pid, 'SIGKILL')`
    await run([process.execPath, '--input-type=module', '--eval', owner])
    assert.notDeepEqual(await leftOf(OTHER), [])
    await using other = await raiseStreet({ name: OTHER, daemons: false })
    assert.ok((await ping(other, 'dsl', INTERNET.own.ipv4)) > 0)
  })

  test('down leaves no namespace, process or file, also when the lines were killed', async () => {
    const inhabitants = processesIn(PLACES.map((place) => netnsOf(NAME, place)))
    assert.ok(inhabitants.length >= 5)
    const guest = street.spawn('home', ['sleep', '60'])
    const lines = running(NAME, 'lines')
    assert.ok(lines)
    sendSignal(lines, 'SIGKILL')
    while (isRunning(lines)) await pause(5)
    const status = await lab('status', '--name', NAME)
    assert.equal(status.status, 1)
    assert.match(status.stderr, /^Cannot reach the lines of hyb-street: their process is gone/)

    assert.equal((await lab('down', '--name', NAME)).status, 0)
    assert.deepEqual(await leftOf(NAME, inhabitants), [])
    assert.ok(guest.exitCode !== null || guest.signalCode !== null)
    const again = await lab('down', '--name', NAME)
    assert.deepEqual([again.status, again.stdout], [0, `Nothing of street ${NAME} stands\n`])
  })
})

function lab(...argv: readonly string[]): Promise<Finished> {
  return run([process.execPath, join(import.meta.dirname, 'main.ts'), ...argv])
}

/** Median of five round trips over a leg, in ms; NaN when none came back. */
async function ping(street: Street, leg: LegName, target: string): Promise<number> {
  const argv = ['ping', '-c5', '-i0.02', '-W0.4', '-I', leg, target]
  const { stdout } = await street.exec('cpe', argv)
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms))
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

/** Which address the internet sees when the router calls over a leg. */
async function seenAs(street: Street, leg: LegName, family: 'ipv4' | 'ipv6'): Promise<string> {
  const host = family === 'ipv4' ? INTERNET.own.ipv4 : `[${INTERNET.own.ipv6}]`
  const argv = ['curl', '-s', '-m', '5', '--interface', leg, `http://${host}/whoami`]
  const { status, stdout } = await street.exec('cpe', argv)
  assert.equal(status, 0, `${leg} ${family}`)
  return (JSON.parse(stdout) as { address: string }).address
}

/** What the echo service makes of `hello`. */
async function echoed(street: Street, protocol: 'tcp' | 'udp', address: string): Promise<string> {
  const script = `exec 3<>/dev/${protocol}/${address}/7; printf hello >&3; head -c 5 <&3`
  return (await street.exec('internet', ['bash', '-c', script], { timeoutMs: 2_000 })).stdout
}

/** A TCP connection from the router over a leg to the echo service, held open. */
function talk(street: Street, leg: LegName) {
  const place: Place = 'cpe'
  const url = `telnet://${INTERNET.own.ipv4}:7`
  const curl = street.spawn(place, ['curl', '-sN', '--interface', leg, url], { stdio: 'pipe' })
  return {
    /** Answers what comes back, or undefined when nothing does. */
    async say(word: string): Promise<string | undefined> {
      curl.stdin?.write(`${word}\n`)
      const soon = { signal: AbortSignal.timeout(ECHO_MS_MAX) }
      const [answer] = await once(curl.stdout!, 'data', soon).catch(() => [undefined])
      return answer?.toString()
    },
    async [Symbol.asyncDispose]() {
      curl.kill('SIGKILL')
      await once(curl, 'exit')
    },
  }
}

/** What still reminds of a street: namespaces, folders, and whoever of `inhabitants` lives. */
async function leftOf(name: string, inhabitants: readonly ProcessId[] = []): Promise<string[]> {
  const ours = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).filter((entry) => belongs(entry, name)) : []
  const { stdout } = await run(['ip', 'netns', 'list'])
  return [
    ...stdout.split('\n').filter((line) => belongs(line.split(' ')[0] ?? '', name)),
    ...ours('/etc/netns'),
    ...(existsSync(streetDirectory(name)) ? [streetDirectory(name)] : []),
    ...inhabitants.filter(isRunning).map(({ pid }) => `process ${pid}`),
  ]
}

function belongs(netns: string, name: string): boolean {
  return PLACES.some((place) => netns === netnsOf(name, place))
}

const ECHO_MS_MAX = 1_000
