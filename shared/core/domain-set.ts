/**
 * A list of domains, and the name under which the addresses behind them are kept. The same domains have the
 * same name, whatever their order and whatever the rules around them: so what a resolver was told to fill
 * is still right when the rules change.
 */
import type { DomainSet } from './class-rules.ts'

export function domainSet(domains: readonly string[]): DomainSet {
  const names = [...new Set(domains)].sort()
  return { names, set: fnv1a(names.join(' ')) }
}

/** The text of a domain that a rule may name: in lower case, ASCII, without a dot at its end; or undefined. */
export function parseDomain(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  const whole = name.length <= NAME_MAX && labels.every((label) => LABEL.test(label))
  // What ends in a number is an address, and no name (RFC 1123 section 2.1).
  return whole && !/^\d+$/.test(labels.at(-1) ?? '') ? name : undefined
}

/** FNV-1a of 64 bits over ASCII, in hex. */
function fnv1a(text: string): string {
  let hash = FNV_BASIS
  for (let at = 0; at < text.length; at++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * FNV_PRIME)
  }
  return hash.toString(16).padStart(16, '0')
}

/** RFC 1035 section 2.3.4, as text; `_` for the names of services. */
const NAME_MAX = 253
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
const FNV_BASIS = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n
