/**
 * Two hosts and two lines between them, for tests that want a real kernel.
 *
 *      home                              cloud
 *     ┌──────┐ dsl 10.9.1.2 ── .1 dsl ┌───────┐
 *     │      │     2001:db8:91::2  ::1│       │ lo 192.0.2.10, 2001:db8:c::10
 *     │      │ lte 10.9.2.2 ── .1 lte │       │
 *     └──────┘     2001:db8:92::2  ::1└───────┘
 *
 * Each is a network namespace with a veth pair per line; home has a default route by each line, DSL
 * preferred, and both use MPTCP with the userspace path manager. Needs root.
 */
import { execFileSync } from 'node:child_process'
import { getuid, pid } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { inNetworkNamespace } from './netns.ts'

export interface Host {
  readonly netns: string
  /** Do something in this namespace: sockets made there stay there. `work` must not wait. */
  readonly within: <T>(work: () => T) => T
  /** `ip -n NETNS ...`. */
  readonly ip: (command: string) => void
  /** `nft ...` in the namespace. */
  readonly nft: (command: string) => void
  /** What `conntrack -L` says, a line an entry, both families. */
  readonly conntrack: () => string[]
  /** Packets that come in by this line vanish, and nobody is told; `false` ends it. */
  readonly deafen: (line: 'dsl' | 'lte', deaf: boolean) => void
}

export interface TwoHosts extends Disposable {
  readonly home: Host
  readonly cloud: Host
}

export function canRaiseHosts(): boolean {
  return getuid?.() === 0
}

export function raiseTwoHosts(): TwoHosts {
  const home = host(`hyb-hosts-${pid}-home`)
  const cloud = host(`hyb-hosts-${pid}-cloud`)
  const hosts = {
    home,
    cloud,
    [Symbol.dispose]: () => {
      run(`ip netns del ${home.netns}`)
      run(`ip netns del ${cloud.netns}`)
    },
  }
  try {
    for (const { netns, ip } of [home, cloud]) {
      run(`ip netns add ${netns}`)
      ip('link set lo up')
      run(`ip netns exec ${netns} sysctl -qw net.mptcp.path_manager=userspace`)
    }
    for (const [line, number] of Object.entries(LINES)) {
      home.ip(`link add ${line} type veth peer name ${line} netns ${cloud.netns}`)
      for (const [end, { ip }] of [cloud, home].entries()) {
        ip(`link set ${line} up`)
        ip(`addr add 10.9.${number}.${end + 1}/24 dev ${line}`)
        ip(`addr add 2001:db8:9${number}::${end + 1}/64 dev ${line} nodad`)
      }
      home.ip(`route add default via 10.9.${number}.1 dev ${line} metric ${number}00`)
      home.ip(`-6 route add default via 2001:db8:9${number}::1 dev ${line} metric ${number}00`)
    }
    cloud.ip('addr add 192.0.2.10/32 dev lo')
    cloud.ip('-6 addr add 2001:db8:c::10/128 dev lo')
    return hosts
  } catch (error) {
    hosts[Symbol.dispose]()
    throw error
  }
}

/** Look again and again until it is so; an error that names `what` after two seconds. */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const seen = look()
    if (seen !== undefined && seen !== false) return seen
    await setTimeout(TRY_MS)
  }
  throw new Error(`Cannot see in ${TRIES_MAX * TRY_MS} ms: ${what}`)
}

function host(netns: string): Host {
  const nft = (command: string) => {
    run(`ip netns exec ${netns} nft ${command}`)
  }
  return {
    netns,
    ip: (command) => {
      run(`ip -n ${netns} ${command}`)
    },
    nft,
    conntrack: () =>
      ['ipv4', 'ipv6'].flatMap((family) =>
        run(`ip netns exec ${netns} conntrack -L -f ${family}`).split('\n').filter(Boolean),
      ),
    deafen: (line, deaf) => {
      if (!deaf) return nft(`delete table inet ${line}`)
      nft(`add table inet ${line}`)
      nft(`add chain inet ${line} in { type filter hook prerouting priority -300 ; }`)
      nft(`add rule inet ${line} in iifname ${line} drop`)
    },
    within: (work) => inNetworkNamespace(netns, work),
  }
}

function run(command: string): string {
  const [program = '', ...words] = command.split(' ')
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

const LINES = { dsl: 1, lte: 2 }
const TRY_MS = 5
const TRIES_MAX = 400
