/**
 * Hosts and servers that open and say nothing, never read, or vanish, and more of them than there is room
 * for, on a real street: no flow outlives its ends, nobody takes more than a share, others are unharmed.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { dial, resetAndClose } from '../../shared/linux/sockets.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { openCrowd } from '../bench/crowd.ts'
import { DAEMONS } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { startAlone } from './lone-daemon.ts'
import { descriptorsOf, eventually, pidOf, residentBytes, untilWay, wayOf } from './onlooker.ts'
import { netnsOf, type Place } from './places.ts'

const skip = streetImpossible()
const SERVER = '198.51.100.10'
/** Two more: one whose client vanishes, and one that vanishes itself. */
const LEFT = '198.51.100.11'
const LOST = '198.51.100.12'
const ECHO = 7
const HTTP = 80
let street: Street

before(async () => {
  if (skip !== false) return
  const keepalive = { idleS: 1, intervalS: 1, probes: 2 }
  street = await raiseStreet({
    name: 'hyb-bad-hosts',
    // One warm uplink, so that descriptors can be compared.
    cpe: { keepalive, pool: { sizeMax: 1 } },
    concentrator: { keepalive },
  })
  for (const address of [LEFT, LOST]) {
    await street.exec('internet', ['ip', 'address', 'add', `${address}/25`, 'dev', 'core'])
  }
  // What begins with a question for a cookie has settled when a connection is bonded.
  await untilWay(street, 'bonded', 4_000)
  await pause(SETTLE_MS)
})
after(async () => {
  if (skip === false) await street.down()
})

test('a host that opens and says nothing keeps its connection, and ends it when it likes', {
  skip,
}, async () => {
  const before = await held()
  const silent = Array.from({ length: 20 }, () => open(SERVER, ECHO))
  await eventually(async () => assert.ok((await held()).cpe >= before.cpe + 40), 2_000)
  // Longer than the keepalive of both daemons waits for somebody who has vanished.
  await pause(3_300)
  for (const fd of silent) libc.send(fd, Buffer.from('?'))
  for (const fd of silent) await eventually(() => assert.equal(hear(fd), 1), 2_000)
  for (const fd of silent) libc.close(fd)
  await eventually(async () => assert.deepEqual(await held(), before), 4_000)
})

test('hosts that never read cost a bounded share of memory, and others go on', {
  skip,
}, async () => {
  const before = await held()
  const pids = await Promise.all(DAEMONS.map((daemon) => pidOf(street, daemon)))
  const bytesBefore = pids.map(residentBytes)
  const deaf = Array.from({ length: 12 }, () => open(SERVER, HTTP))
  for (const fd of deaf) {
    await eventually(() => assert.ok(libc.send(fd, Buffer.from(GET_MUCH)) > 0), 2_000)
  }
  await pause(3_000)
  assert.equal(await wayOf(street), 'bonded')
  pids.forEach((pid, i) => {
    const grownBytes = residentBytes(pid) - (bytesBefore[i] ?? 0)
    assert.ok(grownBytes <= 32_000_000, `process ${pid} grew by ${grownBytes} bytes`)
  })
  for (const fd of deaf) resetAndClose(fd)
  await eventually(async () => assert.deepEqual(await held(), before), 6_000)
})

test('the flows of a host and of a server that vanish are ended by keepalive', {
  skip,
}, async () => {
  const before = await held()
  const [lostHost, lostServer] = [open(LEFT, ECHO), open(LOST, ECHO)]
  for (const fd of [lostHost, lostServer]) {
    await eventually(() => assert.equal(libc.send(fd, Buffer.from('?')), 1), 1_000)
    await eventually(() => assert.equal(hear(fd), 1), 2_000)
  }
  await vanish('home', `ip saddr ${LEFT} drop`, `ip daddr ${LEFT} drop`)
  await vanish('internet', `ip daddr ${LOST} drop`, `ip saddr ${LOST} drop`)
  await eventually(async () => assert.deepEqual(await held(), before), 6_000)
  assert.ok(hear(lostServer) < 0, 'the host of the server that vanished hears a reset')
  for (const fd of [lostHost, lostServer]) resetAndClose(fd)
})

test('with its descriptors nearly gone the CPE bypasses, and every connection works', {
  skip,
}, async () => {
  await stop('cpe')
  await using cpe = startAlone(street, 'cpe', { through: FEW })
  await cpe.says(/"descriptors":400,"descriptorsPerWorker":160,"flowsMax":80,.*"msg":"ready"/)
  await untilWay(street, 'bonded', 4_000)
  await pause(SETTLE_MS)
  const descriptors = descriptorsOf(cpe.pid)
  const crowd = await openCrowd(street, 110, 0)
  assert.equal(await wayOf(street), 'direct')
  assert.equal(await crowd.finish(), 110)
  await untilWay(street, 'bonded', 4_000)
  await eventually(() => assert.equal(descriptorsOf(cpe.pid), descriptors), 4_000)

  // More connections than the flow table has rows: each gives its row back, or LTE never joins again.
  const { stdout } = await street.exec('home', [
    ...['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}\\n', '--no-progress-meter'],
    ...[
      '--parallel',
      '--parallel-immediate',
      '--parallel-max',
      '20',
      `http://${SERVER}/bytes/[1-2000]`,
    ],
  ])
  assert.equal(stdout.match(/^200$/gm)?.length, 2_000)
  await eventually(() => assert.equal(descriptorsOf(cpe.pid), descriptors), 6_000)
  const fd = open(SERVER, ECHO)
  await eventually(async () => {
    const { stdout: sockets } = await street.exec('cpe', ['ss', '-Htn', 'state', 'established'])
    assert.match(sockets, /100\.64\.0\.2/)
  }, 3_000)
  resetAndClose(fd)
  await cpe[Symbol.asyncDispose]()
  await street.restart('cpe')
})

test('a connection that is begun again from the same port is forwarded, whatever was bonded before', {
  skip,
}, async () => {
  // Ports that the kernel gives to nobody else, and one each: the host's end may wait out its time too.
  for (const [host, port] of [
    [SERVER, '20001'],
    ['[2001:db8:5::10]', '20002'],
  ] as const) {
    await untilWay(street, 'bonded', 8_000)
    // The server ends it first, so that what waits out its time is the CPE agent's socket, and not the host's: curl
    // would end it with the last byte that it was promised.
    const whole = ['-H', 'Connection: close', '--ignore-content-length']
    const options = ['-sS', '--max-time', '3', '--local-port', port, ...whole]
    const ask = ['curl', ...options, `http://${host}/whoami`]
    assert.equal((await street.exec('home', ask)).status, 0)
    const { stdout: waiting } = await street.exec('cpe', ['ss', '-Htn', 'state', 'time-wait'])
    assert.match(waiting, new RegExp(`:80 +\\S+:${port}`))
    const concentrator = await pidOf(street, 'concentrator')
    process.kill(concentrator, 'SIGSTOP')
    try {
      await untilWay(street, 'direct', 4_000)
      const { status, stderr } = await street.exec('home', ask)
      assert.equal(status, 0, `${host}: ${stderr}`)
    } finally {
      process.kill(concentrator, 'SIGCONT')
    }
  }
})

test('a concentrator without room answers Error 64, and every connection works', {
  skip,
}, async () => {
  await stop('concentrator')
  await using concentrator = startAlone(street, 'concentrator', { through: FEW })
  await concentrator.says(/"descriptors":400,"descriptorsPerWorker":80,"flowsMax":80,/)
  await untilWay(street, 'bonded', 6_000)
  await pause(SETTLE_MS)
  const descriptors = descriptorsOf(concentrator.pid)
  const crowd = await openCrowd(street, 110, 0)
  await concentrator.says(/"why":"this concentrator is full"/)
  await untilWay(street, 'direct', 8_000)
  assert.equal(await crowd.finish(), 110)
  // It asked for five seconds of peace.
  await untilWay(street, 'bonded', 8_000)
  await eventually(() => assert.equal(descriptorsOf(concentrator.pid), descriptors), 4_000)
})

/** Descriptors of each daemon. */
async function held() {
  return {
    cpe: descriptorsOf(await pidOf(street, 'cpe')),
    concentrator: descriptorsOf(await pidOf(street, 'concentrator')),
  }
}

/** A LAN host begins a connection. */
function open(host: string, port: number): number {
  const fd = inNetworkNamespace(netnsOf(street.name, 'home'), () =>
    dial(encodeSockaddr6(knownAddress(host), port), {
      multipath: false,
      mark: 0,
      from: undefined,
      congestion: undefined,
    }),
  )
  assert.ok(fd >= 0, `connect answered ${fd}`)
  return fd
}

/** Bytes that have come, 0 for the end, `-errno` when broken. Throws while there is nothing. */
function hear(fd: number): number {
  const got = libc.recv(fd, new Uint8Array(64))
  assert.notEqual(got, -EAGAIN)
  return got
}

/** From now on these packets neither enter nor leave a place. */
async function vanish(place: Place, incoming: string, outgoing: string): Promise<void> {
  const table = `table inet gone {
    chain in { type filter hook input priority 0; ${incoming}; }
    chain out { type filter hook output priority 0; ${outgoing}; }
  }`
  await street.exec(place, ['nft', table])
}

async function stop(daemon: 'cpe' | 'concentrator'): Promise<void> {
  const pid = await pidOf(street, daemon)
  process.kill(pid, 'SIGTERM')
  await eventually(async () => {
    assert.equal((await street.status()).daemons[daemon].pid, null)
  }, 5_000)
}

/** Until what a request used is closed, and the warm uplink it took replaced. */
const SETTLE_MS = 500
const FEW = ['prlimit', '--nofile=400:400']
const GET_MUCH = 'GET /bytes/1000000000 HTTP/1.1\r\nHost: files.hyb.example\r\n\r\n'
