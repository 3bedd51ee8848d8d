/**
 * What is there before Hybridge comes: the two lines, the servers of the internet, and the name servers
 * of the internet and of the home router.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LegName } from '../../shared/core/leg.ts'
import { INTERNET, LAN } from './addresses.ts'
import { stateDirectory } from './daemons.ts'
import type { LinesSpec } from './line-spec.ts'
import type { LineParams } from './pairs.ts'
import { netnsOf, PLACES, type Place } from './places.ts'
import { haveEnded, sendSignal } from './process-id.ts'
import { running, start } from './processes.ts'
import { removeIfEmpty, streetDirectory } from './state.ts'

export const PORTS = { http: 80, iperf3: 5201, echo: 7 } as const

/** Both lines between `cpe` and `access`. Their devices exist as soon as this returns. */
export async function startLines(
  street: string,
  params: Readonly<Record<LegName, LineParams>>,
  signal?: AbortSignal,
): Promise<void> {
  const line = (leg: LegName, seed: number) => ({
    near: { netns: netnsOf(street, 'cpe'), device: leg },
    far: { netns: netnsOf(street, 'access'), device: leg },
    mtu: MTU_MAX,
    params: params[leg],
    seed,
  })
  const path = join(streetDirectory(street), 'lines.json')
  const spec: LinesSpec = {
    socket: linesSocket(street),
    lines: { dsl: line('dsl', 1), lte: line('lte', 2) },
  }
  writeFileSync(path, JSON.stringify(spec, undefined, 2))
  // In a place of the street, so that even an unrecorded one is found there when the street goes.
  const argv = ['node', join(import.meta.dirname, 'lines.ts'), path]
  await start(street, { role: 'lines', place: 'access', argv, ready: /^ready$/m }, signal)
}

/** Name servers and what they are for. */
export async function startServices(street: string, signal?: AbortSignal): Promise<void> {
  const { http, iperf3, echo } = PORTS
  const own = Object.values(INTERNET.own)
  const servers = join(import.meta.dirname, 'internet.ts')
  await Promise.all([
    start(
      street,
      {
        role: 'internet',
        place: 'internet',
        argv: ['node', servers, String(http), String(echo), ...own],
        ready: /^ready$/m,
      },
      signal,
    ),
    start(
      street,
      {
        role: 'iperf3',
        place: 'internet',
        argv: ['iperf3', '--server', '--forceflush', '--port', String(iperf3)],
        ready: /Server listening/,
      },
      signal,
    ),
    // Every name under hyb.example is the one server: a test can ask for a name no cache has seen.
    start(
      street,
      dnsmasq('internet', [
        '--local=/hyb.example/',
        ...own.flatMap((address) => [
          `--listen-address=${address}`,
          `--address=/hyb.example/${address}`,
        ]),
      ]),
      signal,
    ),
    startResolver(street, signal),
  ])
}

/** The home router's. It reads what the agent writes for it, if there is such a file by then. */
function startResolver(street: string, signal?: AbortSignal): Promise<void> {
  const servers = Object.values(INTERNET.own).map((address) => `--server=${address}`)
  const names = join(stateDirectory(street, 'cpe'), 'dnsmasq.conf')
  const reads = existsSync(names) ? [`--conf-file=${names}`] : []
  return start(street, dnsmasq('cpe', ['--interface=lan', ...servers, ...reads]), signal)
}

/** As after `service dnsmasq restart`. */
export async function restartResolver(street: string): Promise<void> {
  const before = running(street, 'dnsmasq-cpe')
  if (before !== undefined) {
    sendSignal(before, 'SIGTERM')
    await haveEnded([before], STOP_MS_MAX)
  }
  await startResolver(street)
}

function dnsmasq(place: Place, options: readonly string[]) {
  // Without a file of its own it would read the machine's.
  const file = options.some((option) => option.startsWith('--conf-file')) ? [] : [NO_FILE]
  return {
    role: `dnsmasq-${place}`,
    place,
    argv: ['dnsmasq', ...DNSMASQ, ...file, ...options],
    ready: /: started, version/,
  }
}

/** Where the process that is both lines takes requests. */
export function linesSocket(street: string): string {
  return join(streetDirectory(street), 'lines.sock')
}

/** What `ip netns exec` puts in the place of /etc/resolv.conf. */
export function writeResolvers(street: string): void {
  const resolvers: Readonly<Record<Place, string>> = {
    home: LAN.router.ipv4,
    cpe: '127.0.0.1',
    access: INTERNET.own.ipv4,
    concentrator: INTERNET.own.ipv4,
    internet: INTERNET.own.ipv4,
  }
  for (const place of PLACES) {
    const folder = join(NETNS_FILES, netnsOf(street, place))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${resolvers[place]}\n`)
  }
}

export function removeResolvers(street: string): void {
  for (const place of PLACES) {
    rmSync(join(NETNS_FILES, netnsOf(street, place)), { recursive: true, force: true })
  }
  removeIfEmpty(NETNS_FILES)
}

const DNSMASQ = [
  '--keep-in-foreground',
  '--log-facility=-',
  '--user=root',
  '--pid-file=',
  '--no-resolv',
  '--no-hosts',
  '--bind-interfaces',
]

const NO_FILE = '--conf-file=/dev/null'
const STOP_MS_MAX = 5_000
const NETNS_FILES = '/etc/netns'
/** Ethernet's. `line --mtu` may only lower it. */
export const MTU_MAX = 1_500
