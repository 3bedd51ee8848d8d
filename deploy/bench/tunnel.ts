/**
 * The tunnel beside its peers, in one run, over plain cables: what one TCP flow and one flow of datagrams
 * carry through it, and what a gigabyte costs. All three leave the far end translated, to the same server.
 */

import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { CONCENTRATOR, INTERNET } from '../lab/addresses.ts'
import { requireCommands } from '../lab/command.ts'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { eventually } from '../lab/onlooker.ts'
import { running } from '../lab/processes.ts'
import { cpuMs } from './process-cost.ts'
import { type Peer, startOpenvpn, startWireguard } from './tunnel-peers.ts'

export interface TunnelFigures {
  readonly contender: string
  readonly tcpMbps: number
  /** Of both ends, user and system, for a gigabyte of that flow. */
  readonly cpuSecondsPerGB: number
  /** Datagrams a second that arrive when as many are sent, but for LOSS_MAX. */
  readonly large: number
  readonly small: number
}

/** `only`: contenders whose names begin so; empty: all. */
export async function* measureTunnels(
  rounds: number,
  seconds: number,
  only: readonly string[],
): AsyncGenerator<TunnelFigures> {
  requireCommands(COMMANDS)
  const isAsked = (name: string) =>
    only.length === 0 || only.some((begin) => name.startsWith(begin))
  for (let round = 0; round < rounds; round++) {
    for (const cipher of ['aes-128-gcm', 'chacha20-poly1305', 'none']) {
      if (!isAsked(`hybridge ${cipher}`)) continue
      yield await onStreet({ cipher }, async (street) => {
        const processes = (['cpe', 'concentrator'] as const).map(
          (daemon) => running(street.name, daemon)!.pid,
        )
        return await measure(street, `hybridge ${cipher}`, 'hybridge0', processes, seconds)
      })
    }
    for (const [name, start] of [
      ['wireguard-go', startWireguard],
      ['openvpn aes-128-gcm', startOpenvpn],
    ] as const) {
      if (!isAsked(name)) continue
      yield await onStreet(undefined, async (street) => {
        await using peer: Peer = await start(street)
        const processes = peer.processes.map(({ pid }) => pid!)
        return await measure(street, name, peer.device, processes, seconds)
      })
    }
  }
}

/** With our daemons and this cipher, or without them. */
async function onStreet(
  ours: { readonly cipher: string } | undefined,
  work: (street: Street) => Promise<TunnelFigures>,
): Promise<TunnelFigures> {
  await using street = await raiseStreet({
    name: 'hyb-bench',
    plainLines: true,
    daemons: ours !== undefined,
    cpe: { tunnel: { enabled: true, cipher: ours?.cipher ?? 'none' } },
    // It has an address on each cable: answers must come from the one that was asked.
    concentrator: {
      listen: { addresses: Object.values(CONCENTRATOR.own) },
      tunnel: { enabled: true },
    },
  })
  if (ours !== undefined) await stands(street)
  return await work(street)
}

/** Until packets are routed into our tunnel. */
async function stands(street: Street): Promise<void> {
  await eventually(async () => {
    const { stdout } = await street.exec('cpe', ['ip', 'route', 'show', 'table', '8803'])
    if (!stdout.includes('hybridge0')) {
      throw new Error('Cannot measure: the tunnel does not stand')
    }
  }, SETTLE_MS_MAX)
}

async function measure(
  street: Street,
  contender: string,
  device: string,
  processes: readonly number[],
  seconds: number,
): Promise<TunnelFigures> {
  const cpuS = () => processes.reduce((sum, pid) => sum + cpuMs(pid) / 1_000, 0)
  const before = cpuS()
  const { mbps, bytes } = await tcp(street, device, seconds)
  const spent = cpuS() - before
  return {
    contender,
    tcpMbps: mbps,
    cpuSecondsPerGB: spent / (bytes / 1e9),
    large: await most(street, device, LARGE_BYTES, seconds),
    small: await most(street, device, SMALL_BYTES, seconds),
  }
}

async function tcp(street: Street, device: string, seconds: number) {
  const argv = ['iperf3', '--json', '-c', INTERNET.own.ipv4, '--bind-dev', device]
  argv.push('--omit', String(WARM_S), '-t', String(seconds))
  const { stdout } = await street.exec('cpe', argv)
  const { end, error, intervals } = JSON.parse(stdout) as {
    error?: string
    end?: { sum_received?: { bits_per_second: number } }
    intervals?: ReadonlyArray<{ sum: { bytes: number } }>
  }
  const sum = end?.sum_received
  if (sum === undefined) throw new Error(`Cannot measure TCP by ${device}: ${error}`)
  // What was omitted has cost too.
  const bytes = (intervals ?? []).reduce((all, interval) => all + interval.sum.bytes, 0)
  return { mbps: sum.bits_per_second / 1e6, bytes }
}

/**
 * The most that was carried with no more than LOSS_MAX of it lost: twice as many a step, then between the last two. 0 when
 * even the first loses more.
 */
async function most(
  street: Street,
  device: string,
  bytes: number,
  seconds: number,
): Promise<number> {
  let carried = 0
  const carries = async (perSecond: number): Promise<boolean> => {
    // Whoever finds out the rate of the line by itself may do so.
    await offer(street, device, bytes, perSecond, WARM_S)
    const { sent, came, ms } = await offer(street, device, bytes, perSecond, seconds)
    if (came < sent * (1 - LOSS_MAX)) return false
    carried = Math.max(carried, (came / ms) * 1_000)
    return true
  }
  let good = 0
  let bad = FIRST_STEP
  while (bad < STEPS_MAX && (await carries(bad))) {
    good = bad
    bad *= 2
  }
  for (let i = 0; good > 0 && i < HALVINGS; i++) {
    const middle = (good + bad) / 2
    if (await carries(middle)) good = middle
    else bad = middle
  }
  return carried
}

async function offer(
  street: Street,
  device: string,
  bytes: number,
  perSecond: number,
  seconds: number,
): Promise<{ sent: number; came: number; ms: number }> {
  const { ipv4 } = INTERNET.own
  const sink = street.spawn('internet', ['node', SINK, ipv4, PORT], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  sink.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  while (!said.includes('ready')) await pause(10)
  const argv = ['node', LOAD, ipv4, PORT, String(bytes), String(perSecond), String(seconds), device]
  const { stdout, stderr } = await street.exec('cpe', argv)
  await pause(DRAIN_MS)
  sink.stdin?.end()
  await once(sink, 'close')
  const sent = Number(stdout)
  if (!(sent > 0)) throw new Error(`Cannot send datagrams by ${device}: ${stderr}`)
  const { datagrams, ms } = JSON.parse(said.replace('ready\n', '')) as {
    datagrams: number
    ms: number
  }
  return { sent, came: datagrams, ms }
}

const LOAD = new URL('datagram-load.ts', import.meta.url).pathname
const SINK = new URL('datagram-sink.ts', import.meta.url).pathname
const PORT = '9999'
/** With its headers 1,400 bytes, and 160: what the interface takes, and a call's. */
const LARGE_BYTES = 1_372
const SMALL_BYTES = 132
const FIRST_STEP = 15_000
const STEPS_MAX = 400_000
const HALVINGS = 2
/** Not counted. */
const WARM_S = 2
const LOSS_MAX = 0.01
const SETTLE_MS_MAX = 15_000
const DRAIN_MS = 300
const COMMANDS = {
  'wireguard-go': 'wireguard-go',
  wg: 'wireguard-tools',
  openvpn: 'openvpn',
  openssl: 'openssl',
}
