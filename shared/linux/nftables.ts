/**
 * nftables by `nft`: a whole ruleset in one transaction, which the kernel takes entirely or not at all.
 *
 * 20 ms a call, on a process of its own. That is dear for a packet and cheap for a decision.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { FLAG_APPEND, FLAG_CREATE } from '../wire/netlink.ts'
import { NFTABLES } from '../wire/nf-tables.ts'
import { encodeQueueRule, NEW_RULE } from '../wire/queue-rule.ts'
import type { NetlinkSocket } from './netlink.ts'

/**
 * Apply `ruleset`, which is left in `file` for whoever wants to know what was asked for.
 * Throws with nft's own first line when it or the kernel refuses; then nothing has changed.
 */
export async function applyRuleset(ruleset: string, file: string): Promise<void> {
  // A file, for nft opens /dev/stdin by name and cannot do so with the socket that Node gives it.
  writeFileSync(file, ruleset)
  try {
    await run('nft', ['-f', file], { timeout: NFT_MS_MAX })
  } catch (cause) {
    throw new Error(`Cannot apply the nftables ruleset: ${reason(cause)}`, { cause })
  }
}

/** Whether the kernel would take `ruleset`; nothing changes. */
export async function wouldApply(ruleset: string, file: string): Promise<boolean> {
  writeFileSync(file, ruleset)
  try {
    await run('nft', ['-c', '-f', file], { timeout: NFT_MS_MAX })
    return true
  } catch {
    // The caller has another way.
    return false
  }
}

/** The table of family `inet` as a ruleset, elements and all; undefined where there is none. */
export async function listTable(table: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('nft', ['list', 'table', 'inet', table], { timeout: NFT_MS_MAX })
    return stdout
  } catch {
    // No such table, or no nft: whoever applies something next hears which.
    return undefined
  }
}

/** A rule that lets what comes through a chain wait in a queue, and pass while nobody owns that. */
export interface QueueRule {
  readonly table: string
  readonly chain: string
  readonly queue: number
}

/** Append the rules by xtables' target, all or none; the chains must stand. 0 or `-errno`. */
export function appendQueueRules(
  netfilter: NetlinkSocket,
  rules: readonly QueueRule[],
  what: 'check' | 'do',
): number {
  const messages = rules.map(({ table, chain, queue }) => ({
    type: NEW_RULE,
    flags: FLAG_CREATE | FLAG_APPEND,
    body: encodeQueueRule(table, chain, queue),
  }))
  return netfilter.transact(NFTABLES, messages, what)
}

/** An interface's name in a ruleset: nft reads `*` at its end as "any", and has no way to write a quote. */
export function quoted(interfaceName: string): string {
  if (/["\\*]/.test(interfaceName)) {
    throw new Error(`Cannot name the interface ${interfaceName} in nftables`)
  }
  return `"${interfaceName}"`
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if ('code' in cause && cause.code === 'ENOENT') return 'nft is not installed'
  const [line] = 'stderr' in cause ? String(cause.stderr).split('\n') : []
  return line === undefined || line === '' ? cause.message : line
}

const run = promisify(execFile)
const NFT_MS_MAX = 10_000
