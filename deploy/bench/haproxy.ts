/**
 * The peer of the relay bench: HAProxy under `mptcpize` on both ends of the bond, in the manner of its
 * documentation for TCP proxies. Kernel path manager, both legs joined, as ours has it.
 */
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Street } from '../lab/lab.ts'

export interface HaproxyOptions {
  readonly threads: number
  /** tune.bufsize; undefined for the default of 16,384. */
  readonly bufferBytes: number | undefined
  /** Where the server listens; that of iperf3 unless said otherwise. */
  readonly serverPort?: number
}

/** Start both; LAN hosts reach the server at `server:port`. Ends with the street. */
export async function startHaproxy(
  street: Street,
  options: HaproxyOptions,
): Promise<{ server: string; port: number; processes: ChildProcess[] }> {
  const { places, legs } = await haproxyPlaces(street)
  const steps: ReadonlyArray<readonly ['cpe' | 'concentrator', readonly string[]]> = [
    ['cpe', ['ip', 'mptcp', 'limits', 'set', 'subflows', '4', 'add_addr_accepted', '0']],
    ['concentrator', ['ip', 'mptcp', 'limits', 'set', 'subflows', '4', 'add_addr_accepted', '0']],
    ['cpe', ['ip', 'mptcp', 'endpoint', 'add', legs.lte, 'dev', 'lte', 'id', '2', 'subflow']],
    ['cpe', ['ip', 'route', 'add', 'default', 'dev', 'lte', 'via', legs.gateway, 'table', '102']],
    ['cpe', ['ip', 'rule', 'add', 'from', legs.lte, 'table', '102']],
  ]
  for (const [place, argv] of steps) {
    const { status, stderr } = await street.exec(place, argv)
    if (status !== 0) throw new Error(`Cannot prepare HAProxy: ${argv.join(' ')}: ${stderr}`)
  }
  const processes = [
    run(
      street,
      'concentrator',
      options,
      `${places.concentrator}:${PORT}`,
      `${places.internet}:${options.serverPort ?? 5_201}`,
    ),
    run(street, 'cpe', options, `${places.router}:${PORT}`, `${places.concentrator}:${PORT}`),
  ]
  await sleep(START_MS)
  return { server: places.router, port: PORT, processes }
}

function run(
  street: Street,
  place: 'cpe' | 'concentrator',
  { threads, bufferBytes }: HaproxyOptions,
  bind: string,
  server: string,
): ChildProcess {
  const file = join(street.directory, `haproxy-${place}.cfg`)
  const tune = bufferBytes === undefined ? '' : `  tune.bufsize ${bufferBytes}\n`
  writeFileSync(
    file,
    `global
  nbthread ${threads}
  maxconn 2000
${tune}defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen relay
  bind ${bind}
  server far ${server}
`,
  )
  return street.spawn(place, ['mptcpize', 'run', 'haproxy', '-db', '-f', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function haproxyPlaces(street: Street) {
  const { stdout } = await street.exec('cpe', ['ip', '-j', '-4', 'address', 'show', 'dev', 'lte'])
  const [link] = JSON.parse(stdout) as Array<{ addr_info: Array<{ local: string }> }>
  const lte = link?.addr_info[0]?.local
  if (lte === undefined) throw new Error('Cannot prepare HAProxy: the LTE leg has no address')
  return {
    legs: { lte, gateway: '100.64.0.1' },
    places: { router: '192.168.1.1', concentrator: '192.0.2.10', internet: '198.51.100.10' },
  }
}

const PORT = 6_000
const START_MS = 700
