/**
 * IP addresses as every frame and every data thread knows them: 16 bytes, IPv4 as ::ffff:a.b.c.d.
 *
 * One width for both families means one comparison, one prefix match and one socket family below.
 * Text exists only at the edges: configuration, logs and screens. A zone (`fe80::1%eth0`) is
 * refused, for no link-local address ever crosses the house.
 */

/** `bits` counts in the 128-bit space: `10.0.0.0/8` has 104. The bits behind them are zero. */
export interface Prefix {
  readonly address: Uint8Array
  readonly bits: number
}

/**
 * The 16 bytes of an IPv4 or IPv6 literal (RFC 4291 section 2.2), or `undefined` when it is none.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(ADDRESS_BYTES)
  if (!text.includes(':')) {
    bytes[10] = bytes[11] = 0xff
    return writeQuad(text, bytes, IPV4_AT) ? bytes : undefined
  }
  const gapAt = text.indexOf('::')
  if (gapAt < 0) return writeGroups(text, bytes) === ADDRESS_BYTES ? bytes : undefined

  const tail = new Uint8Array(ADDRESS_BYTES)
  const before = gapAt === 0 ? 0 : writeGroups(text.slice(0, gapAt), bytes)
  const after = gapAt + 2 === text.length ? 0 : writeGroups(text.slice(gapAt + 2), tail)
  // `1.2.3.4::` has its quad in the wrong place, and `::` stands for one group of zeros at least.
  if (before < 0 || after < 0 || text.lastIndexOf('.', gapAt) >= 0) return undefined
  if (before + after > ADDRESS_BYTES - GROUP_BYTES) return undefined
  bytes.set(tail.subarray(0, after), ADDRESS_BYTES - after)
  return bytes
}

/** An address that was checked before it came here. Throws a `RangeError` when it was not. */
export function knownAddress(text: string): Uint8Array {
  const address = parseAddress(text)
  if (address === undefined) throw new RangeError(`Cannot read address ${text}`)
  return address
}

/** The canonical text (RFC 5952); an IPv4 address as a bare dotted quad. */
export function formatAddress(bytes: Uint8Array): string {
  if (isIpv4(bytes)) return bytes.subarray(IPV4_AT, ADDRESS_BYTES).join('.')

  const groups: number[] = []
  for (let at = 0; at < ADDRESS_BYTES; at += GROUP_BYTES) {
    groups.push((bytes[at]! << 8) | bytes[at + 1]!)
  }
  const gap = longestZeros(groups)
  if (gap.groups < 2) return hexGroups(groups)
  const before = hexGroups(groups.slice(0, gap.at))
  return `${before}::${hexGroups(groups.slice(gap.at + gap.groups))}`
}

/** Whether the 16 bytes are an IPv4 address in IPv6 clothes (::ffff:0:0/96). */
export function isIpv4(bytes: Uint8Array): boolean {
  if (bytes[10] !== 0xff || bytes[11] !== 0xff) return false
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false
  return true
}

/**
 * `10.0.0.0/8`, `2001:db8::/32`, or a bare address, which is a prefix of one. Host bits are
 * cleared.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slashAt = text.indexOf('/')
  const address = parseAddress(slashAt < 0 ? text : text.slice(0, slashAt))
  if (address === undefined) return undefined
  if (slashAt < 0) return { address, bits: ADDRESS_BITS }

  const bits = parseDecimal(text.slice(slashAt + 1)) + (text.includes(':') ? 0 : IPV4_AT * 8)
  if (!(bits <= ADDRESS_BITS)) return undefined
  for (let at = 0; at < ADDRESS_BYTES; at++) address[at]! &= maskByte(bits, at)
  return { address, bits }
}

/** The canonical text; of an IPv4 prefix with its length as IPv4 counts it. */
export function formatPrefix({ address, bits }: Prefix): string {
  const inIpv4 = isIpv4(address) && bits >= IPV4_AT * 8
  return `${formatAddress(address)}/${inIpv4 ? bits - IPV4_AT * 8 : bits}`
}

/**
 * Whether the address lies in the prefix. Families stay apart: `::/0` is every IPv6 address and no
 * IPv4 one, as whoever wrote it meant.
 */
export function prefixContains({ address, bits }: Prefix, candidate: Uint8Array): boolean {
  if (bits < IPV4_AT * 8 && isIpv4(candidate)) return false
  for (let at = 0; at < ADDRESS_BYTES && at * 8 < bits; at++) {
    if (((address[at]! ^ candidate[at]!) & maskByte(bits, at)) !== 0) return false
  }
  return true
}

/** Write `a.b.c.d` at `at`; false when the text is no dotted quad. */
function writeQuad(text: string, bytes: Uint8Array, at: number): boolean {
  const parts = text.split('.')
  if (parts.length !== 4) return false
  for (const [i, part] of parts.entries()) {
    const value = parseDecimal(part)
    if (!(value <= 255)) return false
    bytes[at + i] = value
  }
  return true
}

/** Write `2001:db8:...`, possibly with a dotted quad at its end; the bytes written, or -1. */
function writeGroups(text: string, bytes: Uint8Array): number {
  let at = 0
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const isQuad = i === parts.length - 1 && part.includes('.')
    const size = isQuad ? QUAD_BYTES : GROUP_BYTES
    if (at + size > ADDRESS_BYTES) return -1
    if (isQuad) {
      if (!writeQuad(part, bytes, at)) return -1
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return -1
      const group = Number.parseInt(part, 16)
      bytes[at] = group >> 8
      bytes[at + 1] = group & 0xff
    }
    at += size
  }
  return at
}

/** Up to three digits without a leading zero, which some readers would take for octal; else NaN. */
function parseDecimal(text: string): number {
  return /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Number.NaN
}

/** The first longest run of zero groups. */
function longestZeros(groups: readonly number[]): { at: number; groups: number } {
  let longest = { at: 0, groups: 0 }
  let run = 0
  for (const [i, group] of groups.entries()) {
    run = group === 0 ? run + 1 : 0
    if (run > longest.groups) longest = { at: i + 1 - run, groups: run }
  }
  return longest
}

function hexGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':')
}

/** The bits of byte `at` that a prefix of `bits` bits covers. */
function maskByte(bits: number, at: number): number {
  const covered = Math.min(8, Math.max(0, bits - at * 8))
  return (0xff << (8 - covered)) & 0xff
}

const ADDRESS_BYTES = 16
const ADDRESS_BITS = 128
const GROUP_BYTES = 2
const QUAD_BYTES = 4
/** Where the four bytes of an IPv4 address stand in the sixteen. */
const IPV4_AT = 12
