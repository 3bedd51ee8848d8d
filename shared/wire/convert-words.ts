/**
 * Convert messages (RFC 8803) as people read them, and as programs read JSON.
 *
 *     Connect 192.0.2.25:443, TCP options Multipath TCP (30)
 *     Error 97 Destination Unreachable: ICMP code 3
 */
import { formatAddress, isIpv4 } from './address.ts'
import type { ConvertTlv } from './convert.ts'
import { ConvertError } from './convert-error.ts'
import { type ConvertFailure, readFailure } from './convert-failure.ts'
import { readTcpOptions, type TcpOption } from './tcp-option.ts'

type ErrorTlv = Extract<ConvertTlv, { type: 'error' }>

/** One line for one TLV: its name in the RFC, and what it says. */
export function describeTlv(tlv: ConvertTlv): string {
  switch (tlv.type) {
    case 'info':
      return 'Info'
    case 'connect': {
      const to = `Connect ${formatEndpoint(tlv)}`
      return tlv.options === undefined ? to : `${to}, TCP options ${listOptions(tlv.options)}`
    }
    case 'extendedTcpHeader':
      return `Extended TCP Header: ${listOptions(readTcpOptions(tlv.options))}`
    case 'supportedTcpExtensions':
      return `Supported TCP Extensions: ${tlv.kinds.map(nameOfKind).join(', ') || 'none'}`
    case 'cookie':
      return `Cookie ${describeCookie(tlv.cookie)}`
    case 'error':
      return describeError(tlv)
  }
}

/** `Error 97 Destination Unreachable: ICMP code 3`, also for codes that nobody has defined yet. */
export function describeError(tlv: ErrorTlv): string {
  const failure = readFailure(tlv)
  if (failure === undefined) {
    return `Error ${tlv.code} ${classOfError(tlv.code)}: value ${formatHex(tlv.value)}`
  }
  const said = describeValue(failure)
  return `Error ${tlv.code} ${nameOfError(tlv.code)}${said === '' ? '' : `: ${said}`}`
}

/** What the value of an error says besides its name, or nothing. */
function describeValue(failure: ConvertFailure): string {
  switch (failure.code) {
    case ConvertError.unsupportedVersion:
      return `it speaks version ${failure.versions.join(', ') || 'none'}`
    case ConvertError.malformedMessage:
    case ConvertError.unsupportedMessage:
      return `it read ${formatHex(failure.echo) || 'nothing'}`
    case ConvertError.missingCookie:
      return `come back with the cookie ${describeCookie(failure.cookie)}`
    case ConvertError.notAuthorized:
    case ConvertError.connectionReset:
      return ''
    case ConvertError.unsupportedTcpOption:
      return failure.kinds.map(nameOfKind).join(', ') || 'none named'
    case ConvertError.resourceExceeded:
    case ConvertError.networkFailure:
      return `ask nothing for ${failure.waitS} s`
    case ConvertError.destinationUnreachable:
      return `ICMP code ${failure.icmpCode}`
  }
}

/** The same for programs: addresses as text, bytes as hex, names beside numbers. */
export function plainTlv(tlv: ConvertTlv): Readonly<Record<string, unknown>> {
  switch (tlv.type) {
    case 'info':
      return { type: tlv.type }
    case 'connect':
      return {
        type: tlv.type,
        address: formatAddress(tlv.address),
        port: tlv.port,
        ...(tlv.options !== undefined && { options: tlv.options.map(plainOption) }),
      }
    case 'extendedTcpHeader':
      return {
        type: tlv.type,
        options: readTcpOptions(tlv.options)?.map(plainOption) ?? null,
        hex: formatHex(tlv.options),
      }
    case 'supportedTcpExtensions':
      return { type: tlv.type, kinds: tlv.kinds }
    case 'cookie':
      return { type: tlv.type, cookie: formatHex(tlv.cookie) }
    case 'error':
      return {
        type: tlv.type,
        code: tlv.code,
        name: nameOfError(tlv.code),
        value: formatHex(tlv.value),
      }
  }
}

/** Table 2 of the RFC; of another code, whose fault it is. */
export function nameOfError(code: number): string {
  return ERROR_NAMES.get(code) ?? classOfError(code)
}

/** `192.0.2.25:443` or `[2001:db8::1]:443`. */
export function formatEndpoint(end: {
  readonly address: Uint8Array
  readonly port: number
}): string {
  const address = formatAddress(end.address)
  return isIpv4(end.address) ? `${address}:${end.port}` : `[${address}]:${end.port}`
}

/** Two digits a byte, no space. */
export function formatHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function describeCookie(cookie: Uint8Array): string {
  return cookie.length === 0 ? 'of no bytes' : `of ${cookie.length} bytes ${formatHex(cookie)}`
}

/** `undefined` is a list whose last option runs past the end. */
function listOptions(options: readonly TcpOption[] | undefined): string {
  if (options === undefined) return 'that cannot be read'
  const listed = options.map(({ kind, value }) =>
    value.length === 0 ? nameOfKind(kind) : `${nameOfKind(kind)} ${formatHex(value)}`,
  )
  return listed.join(', ') || 'none'
}

function plainOption({ kind, value }: TcpOption): Readonly<Record<string, unknown>> {
  return { kind, name: KIND_NAMES.get(kind) ?? null, value: formatHex(value) }
}

function nameOfKind(kind: number): string {
  const name = KIND_NAMES.get(kind)
  return name === undefined ? `kind ${kind}` : `${name} (${kind})`
}

/** RFC 8803 section 6.2.8, and the ranges of its registry (section 10.2.3). */
function classOfError(code: number): string {
  if (code < 32) return 'of the message'
  if (code < 64) return 'of the client'
  if (code < 96) return 'of the converter'
  if (code < 128) return 'of the destination'
  return code < 192 ? 'by specification' : 'of private use'
}

const ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [ConvertError.unsupportedVersion, 'Unsupported Version'],
  [ConvertError.malformedMessage, 'Malformed Message'],
  [ConvertError.unsupportedMessage, 'Unsupported Message'],
  [ConvertError.missingCookie, 'Missing Cookie'],
  [ConvertError.notAuthorized, 'Not Authorized'],
  [ConvertError.unsupportedTcpOption, 'Unsupported TCP Option'],
  [ConvertError.resourceExceeded, 'Resource Exceeded'],
  [ConvertError.networkFailure, 'Network Failure'],
  [ConvertError.connectionReset, 'Connection Reset'],
  [ConvertError.destinationUnreachable, 'Destination Unreachable'],
])

/** The registry of TCP option kinds, as far as they travel in a SYN. */
const KIND_NAMES: ReadonlyMap<number, string> = new Map([
  [2, 'Maximum Segment Size'],
  [3, 'Window Scale'],
  [4, 'SACK Permitted'],
  [8, 'Timestamps'],
  [19, 'MD5 Signature'],
  [28, 'User Timeout'],
  [29, 'TCP-AO'],
  [30, 'Multipath TCP'],
  [34, 'Fast Open Cookie'],
])
