/**
 * Kernel settings that a daemon changes for as long as it lives.
 *
 * What a setting was before is written to a file first, so that the next start heals what a kill -9
 * left behind. Settings under `net` are those of the calling thread's network namespace; therefore
 * nothing here is asynchronous, for libuv's threads may stand in another one.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { leftBehind, rememberBefore } from './boot-memory.ts'

/**
 * Take hold of the kernel's settings; `file` remembers the old values. Settings that a daemon killed
 * in this boot left behind are put back at once. Throws when the directory cannot be made; `complain` is
 * told when the file cannot be read.
 */
export function openSysctls(file: string, complain: (sentence: string) => void): Sysctls {
  mkdirSync(dirname(file), { recursive: true })
  for (const [name, value] of leftBehind(file, settingOf, complain)) writeSysctl(name, value)
  rmSync(file, { force: true })
  return new Sysctls(file)
}

/** The setting's value, as in `readSysctl('net/mptcp/enabled')`; undefined when there is none. */
export function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`${ROOT}/${name}`, 'utf8').trim()
  } catch {
    // Another kernel, or the setting of an interface that is gone.
    return undefined
  }
}

export class Sysctls {
  readonly #file: string
  readonly #before = new Map<string, string>()

  constructor(file: string) {
    this.#file = file
  }

  /** Whether the setting now has that value; false when the kernel has no such setting or refuses. */
  set(name: string, value: string): boolean {
    const current = readSysctl(name)
    if (current === undefined) return false
    if (current === value) return true
    if (!this.#before.has(name)) this.#remember(name, current)
    return writeSysctl(name, value)
  }

  /** Put everything back as it was. */
  [Symbol.dispose](): void {
    for (const [name, value] of this.#before) writeSysctl(name, value)
    this.#before.clear()
    rmSync(this.#file, { force: true })
  }

  #remember(name: string, value: string): void {
    this.#before.set(name, value)
    rememberBefore(this.#file, Object.fromEntries(this.#before))
  }
}

/**
 * MPTCP as both daemons need it: path managers in user space, theirs, and no automatic farewell to
 * MPTCP. Throws when this kernel cannot leave path management to us (before Linux 5.19).
 */
export function takeOverMptcp(sysctls: Sysctls): void {
  const taken =
    sysctls.set('net/mptcp/path_manager', 'userspace') || sysctls.set('net/mptcp/pm_type', '1')
  if (!taken) {
    throw new Error(
      'Cannot take over MPTCP path management: net.mptcp.path_manager (pm_type before Linux 6.15) ' +
        'is missing or cannot be written',
    )
  }
  // One leg that eats MPTCP options would otherwise end MPTCP on both for an hour. We look ourselves.
  sysctls.set('net/mptcp/blackhole_timeout', '0')
}

/**
 * Let this namespace forward packets of both families. Whether it did before: what else is forwarded now is
 * for the caller to say.
 */
export function allowForwarding(sysctls: Sysctls): Record<'ipv4' | 'ipv6', boolean> {
  const forwards = { ipv4: readSysctl(FORWARD4) === '1', ipv6: readSysctl(FORWARD6) === '1' }
  sysctls.set(FORWARD4, '1')
  if (!forwards.ipv6) {
    // Who forwards takes no router's word any more, and would lose the default route it has from one.
    for (const name of readdirSync(`${ROOT}/net/ipv6/conf`)) {
      const setting = `net/ipv6/conf/${name}/accept_ra`
      if (readSysctl(setting) === '1') sysctls.set(setting, '2')
    }
    sysctls.set(FORWARD6, '1')
  }
  return forwards
}

/** Let listeners of this namespace take data in a SYN. False where the kernel does not let us. */
export function allowFastOpen(sysctls: Sysctls): boolean {
  const current = Number(readSysctl(FAST_OPEN) ?? 0)
  return sysctls.set(FAST_OPEN, String(current | FAST_OPEN_SERVER))
}

function settingOf(before: unknown): string | undefined {
  return typeof before === 'string' ? before : undefined
}

/** For what vanishes with us; all else belongs into `Sysctls`, which puts it back. */
export function writeSysctl(name: string, value: string): boolean {
  try {
    writeFileSync(`${ROOT}/${name}`, value)
    return true
  } catch {
    // The caller says what it means: an interface that is gone is no loss, MPTCP is.
    return false
  }
}

const ROOT = '/proc/sys'
const FORWARD4 = 'net/ipv4/ip_forward'
const FORWARD6 = 'net/ipv6/conf/all/forwarding'
const FAST_OPEN = 'net/ipv4/tcp_fastopen'
const FAST_OPEN_SERVER = 2
