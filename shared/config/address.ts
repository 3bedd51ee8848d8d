/**
 * IP addresses and prefixes as an operator writes them.
 *
 * An address stays a text, in its canonical form, for the control plane handles texts. A prefix
 * becomes a `Prefix`, for prefixes are compared with what the data plane sees.
 */
import { z } from 'zod'
import {
  formatAddress,
  formatPrefix,
  isIpv4,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../wire/address.ts'
import { mustBeText, wrong } from './must.ts'

/** One host's address of either family. */
export function hostAddress() {
  return addressWhere(() => true, 'an IPv4 or IPv6 address such as 192.0.2.10 or 2001:db8::10')
}

export function ipv4HostAddress() {
  return addressWhere(isIpv4, 'an IPv4 address such as 192.0.2.1')
}

export function ipv6HostAddress() {
  return addressWhere((address) => !isIpv4(address), 'an IPv6 address such as fe80::1')
}

/** A network, or one host where no length is given. */
export function prefix() {
  return z.string({ error: mustBeText(PREFIX) }).transform((text, context): Prefix => {
    const parsed = parsePrefix(text)
    if (parsed === undefined) {
      context.addIssue({ code: 'custom', message: wrong(PREFIX, text) })
      return z.NEVER
    }
    const [address = ''] = text.split('/')
    if (!parseAddress(address)?.every((byte, i) => byte === parsed.address[i])) {
      const message = `has bits set behind its length: '${text}'; write ${formatPrefix(parsed)}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    return parsed
  })
}

/** A prefix we wrote ourselves: for defaults. */
export function knownPrefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (parsed === undefined) throw new RangeError(`Cannot read prefix ${text}`)
  return parsed
}

function addressWhere(belongs: (address: Uint8Array) => boolean, what: string) {
  return z.string({ error: mustBeText(what) }).transform((text, context): string => {
    const address = parseAddress(text)
    if (address === undefined || !belongs(address) || !isHost(address)) {
      context.addIssue({ code: 'custom', message: wrong(what, text) })
      return z.NEVER
    }
    return formatAddress(address)
  })
}

/** Neither "any" (0.0.0.0, ::) nor a group (224.0.0.0/4, ff00::/8) nor broadcast. */
function isHost(address: Uint8Array): boolean {
  const bytes = isIpv4(address) ? address.subarray(12) : address
  const first = bytes[0] ?? 0
  if (bytes.every((byte) => byte === 0)) return false
  return isIpv4(address) ? first < 224 : first !== 0xff
}

const PREFIX = 'an IPv4 or IPv6 prefix such as 10.0.0.0/8 or 2001:db8::/32'
