/**
 * What somebody sees who looks at the street from outside: which way the home's connections go, what the
 * daemons hold and say, and what they have changed on the router.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { CONCENTRATOR } from './addresses.ts'
import type { DaemonName } from './daemons.ts'
import type { Street } from './lab.ts'
import type { Place } from './places.ts'

/** `bonded`: the server saw the concentrator. `none`: there was no answer within six seconds. */
export type Way = 'bonded' | 'direct' | 'none'

/** Which way a connection goes that the home opens now. */
export async function wayOf(street: Street, host = '198.51.100.10'): Promise<Way> {
  const argv = ['curl', '-s', '--max-time', '6', `http://${host}/whoami`]
  const { status, stdout } = await street.exec('home', argv)
  if (status !== 0) return 'none'
  const { address } = JSON.parse(stdout) as { readonly address: string }
  return Object.values<string>(CONCENTRATOR.own).includes(address) ? 'bonded' : 'direct'
}

/** Milliseconds until new connections go that way. Throws when they do not in time. */
export async function untilWay(street: Street, wanted: Way, withinMs: number): Promise<number> {
  const beganMs = performance.now()
  await eventually(async () => {
    const way = await wayOf(street)
    if (way !== wanted) throw new Error(`Connections go ${way} and not ${wanted}`)
  }, withinMs)
  return performance.now() - beganMs
}

/** Descriptors that a process has open. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Memory of a process that is its own and in RAM. */
export function residentBytes(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return Number(pages) * PAGE_BYTES
}

export async function pidOf(street: Street, daemon: DaemonName): Promise<number> {
  const { pid } = (await street.status()).daemons[daemon]
  if (pid === null) throw new Error(`The ${daemon} does not run`)
  return pid
}

/** Everything that a daemon of the street has said. */
export function logOf(street: Street, daemon: DaemonName): string {
  return readFileSync(street.log(daemon), 'utf8')
}

/** Do something, and wait until the daemon says so: it must do so in time. */
export async function untilSaid(
  street: Street,
  daemon: DaemonName,
  words: RegExp,
  doing: () => unknown,
  withinMs: number,
): Promise<void> {
  const spoken = logOf(street, daemon).length
  await doing()
  await eventually(() => {
    const said = logOf(street, daemon).slice(spoken)
    if (!words.test(said)) throw new Error(`No ${words} in what the ${daemon} has said:\n${said}`)
  }, withinMs)
}

/** Rules, routes, nftables and settings of a place, as text to be compared. */
export async function networkOf(street: Street, place: Place): Promise<string> {
  const commands = [
    'ip rule; ip -6 rule',
    'ip route show table all; ip -6 route show table all',
    'nft --stateless list ruleset',
    // The count of connections is no setting.
    "sysctl -a -r '^net[.](ipv4|ipv6|mptcp|netfilter)' 2>/dev/null | grep -v conntrack_count",
  ]
  const { stdout } = await street.exec(place, ['sh', '-c', commands.join('\n')])
  return stdout
}

/** The house may need a moment; it must get there by itself. */
export async function eventually<Answer>(
  check: () => Answer | Promise<Answer>,
  withinMs: number,
): Promise<Answer> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await pause(POLL_MS)
    }
  }
}

const POLL_MS = 50
const PAGE_BYTES = 4_096
