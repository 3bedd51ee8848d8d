/**
 * The concentrator's door on a real street, knocked at by Convert clients that are not ours: DSL with a
 * round trip of 20 ms, LTE behind its carrier's NAT, servers that answer at once.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { nextProbeNumber } from '../../shared/core/probe-number.ts'
import * as libc from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { macOf, probeSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { type ConvertMessage, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { readFailure } from '../../shared/wire/convert-failure.ts'
import { encodeProbe } from '../../shared/wire/probe.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { decodeMptcpInfo } from '../../shared/wire/tcp-info.ts'
import { CONCENTRATOR, INTERNET, legAddresses } from './addresses.ts'
import { ConvertClient } from './convert-client.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { configWith, type LoneDaemon, startAlone } from './lone-daemon.ts'
import { eventually } from './onlooker.ts'
import { netnsOf } from './places.ts'
import { readState } from './state.ts'

const skip = streetImpossible()
const DSL = legAddresses('dsl', 0).cpe
const LTE = legAddresses('lte', 0)
/** What another home's DSL would have. */
const NEIGHBOUR = legAddresses('dsl', 1).cpe
const WORDS = Buffer.from('what the LAN said first')
/** 20 ms and a millisecond of jitter either way. */
const RTT_MS = 20
let street: Street
let concentrator: LoneDaemon
let cookie: Uint8Array

before(async () => {
  if (skip !== false) return
  street = await raiseStreet({ name: 'hyb-door', daemons: false })
  const { subscriber } = readState(street.name)
  cookie = Buffer.from(subscriber.cookie, 'hex')
  // Both addresses of the router leave by their own line, and its kernel may join.
  await street.exec('cpe', ['ip', '-batch', '-'], {
    input: `rule add from ${LTE.cpe.ipv4} lookup 99
      route add default via ${LTE.access.ipv4} dev lte table 99\n`,
  })
  // So few that a place which is not given back is missed before the end.
  const perSubscriber = { openMax: 12, pendingMax: 2, pooledMax: 2 }
  const limits = { drainWaitS: 7, perSubscriber }
  const dsl = [`${NEIGHBOUR.ipv4}/32`, `${NEIGHBOUR.ipv6}/128`]
  const neighbour = { id: 'neighbour', cookie: 'ab'.repeat(16), prefixes: { dsl } }
  const subscribers = [subscriber, neighbour]
  const config = configWith(street, 'concentrator', { limits, subscribers })
  concentrator = startAlone(street, 'concentrator', { config })
  await concentrator.says(/"msg":"ready"/)
})
after(async () => {
  if (skip !== false) return
  await concentrator?.[Symbol.asyncDispose]()
  await street.down()
})

for (const family of ['ipv4', 'ipv6'] as const) {
  for (const multipath of [true, false]) {
    const how = `${multipath ? 'MPTCP' : 'plain TCP'} over ${family}`

    test(`a request in the SYN is answered when the handshake is over: ${how}`, {
      skip,
    }, async () => {
      const passive = await fastOpens()
      for (let round = 0; round < 5; round++) {
        using client = knock({ family, multipath })
        await client.say(connectTo(INTERNET.own[family], cookie), WORDS)
        const { message, ms } = await client.answer()
        assert.deepEqual(message, [])
        assert.deepEqual(await client.bytes(WORDS.length), WORDS)
        // MPTCP cannot send before the last ACK; the trap would be no answer at all.
        assert.ok(ms < 2 * RTT_MS + LATE_MS, `${ms} ms`)
        assert.equal(client.isMultipath, multipath)
      }
      assert.equal((await fastOpens()) - passive, 5)
    })

    test(`a refusal of SYN data arrives, and then the end: ${how}`, { skip }, async () => {
      using client = knock({ family, multipath })
      await client.say(connectTo(INTERNET.own[family], new Uint8Array(16)))
      const { message, ms } = await client.answer()
      assert.deepEqual(codesOf(message), [ConvertError.notAuthorized])
      assert.ok(ms < 2 * RTT_MS + LATE_MS, `${ms} ms`)
      assert.ok((await client.end()) < RTT_MS + LATE_MS)
    })

    test(`half a hello in the SYN, its rest behind, a second message: ${how}`, {
      skip,
    }, async () => {
      using client = knock({ family, multipath })
      const hello = encodeConvert([{ type: 'info' }, { type: 'cookie', cookie }])
      await client.say(hello.subarray(0, 10))
      await client.say(hello.subarray(10))
      assert.equal((await client.answer()).message[0]?.type, 'supportedTcpExtensions')
      await client.say([connectTlv(INTERNET.own[family])], WORDS)
      assert.deepEqual((await client.answer()).message, [])
      assert.deepEqual(await client.bytes(WORDS.length), WORDS)
    })
  }
}

test('an address that no probe came from is given no cookie', { skip }, async () => {
  using client = knock({})
  await client.say([{ type: 'info' }])
  assert.deepEqual(codesOf((await client.answer()).message), [])
  await client.end()
})

test('a probe ties its address: a cookie is given there, and taken there alone', {
  skip,
}, async () => {
  await probe(DSL.ipv4, LEG_NUMBER.dsl)
  const issued = await eventually(async () => {
    using client = knock({})
    await client.say([{ type: 'info' }])
    const { message } = await client.answer()
    assert.deepEqual(codesOf(message), [ConvertError.missingCookie])
    assert.equal(message[0]?.type, 'supportedTcpExtensions')
    return cookieIn(message)
  }, 2_000)
  assert.equal(issued.length, 32)

  using here = knock({})
  await here.say(connectTo(INTERNET.own.ipv4, issued), WORDS)
  assert.deepEqual((await here.answer()).message, [])
  assert.deepEqual(await here.bytes(WORDS.length), WORDS)

  using elsewhere = knock({ own: LTE.cpe.ipv4 })
  await elsewhere.say(connectTo(INTERNET.own.ipv4, issued))
  assert.deepEqual(codesOf((await elsewhere.answer()).message), [ConvertError.notAuthorized])
  await concentrator.says(/"subscriber":"[^"]+","why":"its cookie was issued to another address"/)
})

test('behind a carrier’s NAT a probe gets nobody a cookie', { skip }, async () => {
  await probe(LTE.cpe.ipv4, LEG_NUMBER.lte)
  using client = knock({ own: LTE.cpe.ipv4 })
  await client.say([{ type: 'info' }])
  assert.deepEqual(codesOf((await client.answer()).message), [])
  await client.end()
})

test('a home cannot be reached through the concentrator, nor the concentrator', {
  skip,
}, async () => {
  const homes = [NEIGHBOUR.ipv4, NEIGHBOUR.ipv6]
  for (const address of [...homes, CONCENTRATOR.own.ipv4, CONCENTRATOR.own.ipv6]) {
    using client = knock({})
    await client.say(connectTo(address, cookie))
    assert.deepEqual(
      codesOf((await client.answer()).message),
      [ConvertError.notAuthorized],
      address,
    )
  }
})

test('a server that refuses is told as such, again and again', { skip }, async () => {
  for (let i = 0; i < 12; i++) {
    using client = knock({ fastOpen: i % 2 === 0 })
    await client.say([
      { ...connectTlv(INTERNET.own.ipv4), port: 9 },
      { type: 'cookie', cookie },
    ])
    assert.deepEqual(codesOf((await client.answer()).message), [ConvertError.connectionReset])
  }
})

test('while it drains, requests wait elsewhere, flows go on, and legs join', { skip }, async () => {
  using running = knock({ fastOpen: false })
  await running.say(connectTo(INTERNET.own.ipv4, cookie), WORDS)
  assert.deepEqual((await running.answer()).message, [])
  assert.deepEqual(await running.bytes(WORDS.length), WORDS)
  using warm = knock({ fastOpen: false })
  await warm.say([{ type: 'info' }, { type: 'cookie', cookie }])
  await warm.answer()

  concentrator.kill('SIGUSR1')
  await concentrator.says(/"msg":"draining"/)
  await warm.end()
  using refused = knock({ fastOpen: false })
  await refused.say(connectTo(INTERNET.own.ipv4, cookie))
  const [error] = (await refused.answer()).message
  assert.ok(error?.type === 'error')
  assert.deepEqual(readFailure(error), { code: ConvertError.resourceExceeded, waitS: 7 })

  assert.equal(joinsOf(running), 0)
  const endpoint = [LTE.cpe.ipv4, 'dev', 'lte', 'subflow']
  const added = await street.exec('cpe', ['ip', 'mptcp', 'endpoint', 'add', ...endpoint])
  assert.equal(added.status, 0, added.stderr)
  await eventually(() => Promise.resolve(assert.equal(joinsOf(running), 1)), 2_000)
  await running.say(WORDS)
  assert.deepEqual(await running.bytes(WORDS.length), WORDS)

  concentrator.kill('SIGUSR1')
  await concentrator.says(/"msg":"serving again"/)
  using welcome = knock({ fastOpen: false })
  await welcome.say(connectTo(INTERNET.own.ipv4, cookie))
  assert.deepEqual((await welcome.answer()).message, [])
})

test('it says how homes arrived, and puts the kernel back, when it ends', { skip }, async () => {
  const setting = ['sysctl', '-n', 'net.ipv4.tcp_fastopen']
  assert.equal((await street.exec('concentrator', setting)).stdout.trim(), '3')
  await concentrator[Symbol.asyncDispose]()
  assert.match(
    concentrator.said(),
    /"acceptedDsl":[1-9]\d*,"acceptedLte":\d+,"plainTcp":[1-9]\d*,.*"msg":"access"/,
  )
  assert.equal((await street.exec('concentrator', setting)).stdout.trim(), '1')
})

interface Knock {
  readonly family?: 'ipv4' | 'ipv6'
  readonly multipath?: boolean
  readonly fastOpen?: boolean
  readonly own?: string
}

function knock({ family = 'ipv4', multipath = true, fastOpen = true, own = DSL[family] }: Knock) {
  const to = { address: CONCENTRATOR.own[family], port: CONCENTRATOR.port }
  return new ConvertClient({ street: street.name, place: 'cpe', to, multipath, fastOpen, own })
}

function connectTlv(address: string) {
  return { type: 'connect', address: knownAddress(address), port: 7 } as const
}

function connectTo(address: string, shown: Uint8Array): ConvertMessage {
  return [connectTlv(address), { type: 'cookie', cookie: shown }]
}

function codesOf(message: ConvertMessage): number[] {
  return message.flatMap((tlv) => (tlv.type === 'error' ? [tlv.code] : []))
}

function cookieIn(message: ConvertMessage): Uint8Array {
  const error = message.find((tlv) => tlv.type === 'error')
  const failure = error && readFailure(error)
  assert.ok(failure?.code === ConvertError.missingCookie)
  return failure.cookie
}

/** Subflows beside the first. */
function joinsOf(client: ConvertClient): number {
  const info = new Uint8Array(96)
  assert.ok(libc.getsockopt(client.fd, SOL_MPTCP, MPTCP_INFO, info) > 0)
  return decodeMptcpInfo(info).extraSubflows
}

/** Connections that the concentrator's kernel has taken with data in their SYN. */
async function fastOpens(): Promise<number> {
  const { stdout } = await street.exec('concentrator', [
    'nstat',
    '-asz',
    'TcpExtTCPFastOpenPassive',
  ])
  return Number(/TCPFastOpenPassive\s+(\d+)/.exec(stdout)?.[1])
}

/** One genuine probe of this home's. */
async function probe(own: string, legId: number): Promise<void> {
  const { sessionId, key } = probeSecret(cookie)
  const packetNumber = nextProbeNumber(0, Date.now())
  const frame = {
    type: 'probe',
    sessionId,
    legId,
    packetNumber,
    sentUs: 1,
    shapedKbps: 0,
    unsent: false,
  } as const
  const fd = inNetworkNamespace(netnsOf(street.name, 'cpe'), () => {
    const opened = libc.socket(libc.AF_INET6, libc.SOCK_DGRAM | libc.SOCK_CLOEXEC, 0)
    libc.bind(opened, encodeSockaddr6(knownAddress(own), 0))
    return opened
  })
  const to = encodeSockaddr6(knownAddress(CONCENTRATOR.own.ipv4), CONCENTRATOR.port)
  assert.ok(libc.sendto(fd, encodeProbe(frame, macOf(key)), to) > 0)
  await pause(RTT_MS)
  libc.close(fd)
}

/** What this machine may add while it does other things. */
const LATE_MS = 150
const SOL_MPTCP = 284
const MPTCP_INFO = 1
