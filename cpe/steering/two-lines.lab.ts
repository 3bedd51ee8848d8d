/**
 * A home on two lines that can be cut between their ends, as a real one is: neither end is told.
 *
 *      home                        access                      cloud
 *     ┌──────┐ dsl 10.9.1.2 ── .1 ┌────────┐
 *     │      │                    │ cuts   │ core .1 ── .10  ┌───────┐
 *     │      │ lte 10.9.2.2 ── .1 │        │ 192.0.2.0/24    │       │
 *     └──────┘                    └────────┘                 └───────┘
 *
 * Each is a network namespace. Needs root.
 */
import { execFileSync } from 'node:child_process'
import { pid } from 'node:process'

export interface TwoLines extends Disposable {
  readonly home: string
  readonly cloud: string
  /** `ip -n HOME ...`. */
  ip(command: string): void
  /** From now on the line swallows everything, in both directions; `healLines` ends it. */
  cutLine(line: 'dsl' | 'lte'): void
  healLines(): void
}

export function raiseTwoLines(): TwoLines {
  const home = `hyb-paths-${pid}-home`
  const access = `hyb-paths-${pid}-access`
  const cloud = `hyb-paths-${pid}-cloud`
  const places = [home, access, cloud]
  const nft = (command: string) => run(`ip netns exec ${access} nft ${command}`)
  const lines: TwoLines = {
    home,
    cloud,
    ip: (command) => run(`ip -n ${home} ${command}`),
    cutLine: (line) => {
      for (const way of ['iifname', 'oifname']) nft(`add rule inet line cut ${way} ${line} drop`)
    },
    healLines: () => nft('flush chain inet line cut'),
    [Symbol.dispose]: () => {
      for (const place of places) run(`ip netns del ${place}`)
    },
  }
  try {
    for (const place of places) {
      run(`ip netns add ${place}`)
      run(`ip -n ${place} link set lo up`)
      run(`ip netns exec ${place} sysctl -qw net.mptcp.path_manager=userspace`)
      run(`ip netns exec ${place} sysctl -qw net.ipv4.ip_forward=1`)
    }
    join(home, '10.9.1.2', access, '10.9.1.1', 'dsl')
    join(home, '10.9.2.2', access, '10.9.2.1', 'lte')
    join(access, '192.0.2.1', cloud, '192.0.2.10', 'core')
    run(`ip -n ${cloud} route add default via 192.0.2.1`)
    run(`ip -n ${home} route add default via 10.9.1.1 dev dsl metric 100`)
    run(`ip -n ${home} route add default via 10.9.2.1 dev lte metric 200`)
    nft('add table inet line')
    nft('add chain inet line cut { type filter hook forward priority 0 ; }')
    return lines
  } catch (error) {
    lines[Symbol.dispose]()
    throw error
  }
}

function join(one: string, address: string, other: string, far: string, name: string): void {
  run(`ip -n ${one} link add ${name} type veth peer name ${name} netns ${other}`)
  for (const [place, own] of [
    [one, address],
    [other, far],
  ] as const) {
    run(`ip -n ${place} addr add ${own}/24 dev ${name}`)
    run(`ip -n ${place} link set ${name} up`)
  }
}

function run(command: string): void {
  const [program = '', ...words] = command.split(' ')
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] })
}
