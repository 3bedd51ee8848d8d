/**
 * TCP options (RFC 9293 section 3.1): the list behind every TCP header, and inside two Convert
 * TLVs.
 *
 *   +---------------+---------------+----------------------
 *   |     Kind      |    Length     |  Value, Length - 2 bytes ...
 *   +---------------+---------------+----------------------
 *
 * Kinds 0 and 1 are a single byte, without length and value.
 */

export interface TcpOption {
  readonly kind: number
  readonly value: Uint8Array
}

/** The kinds this house names; any other number is an option all the same. */
export const TcpOptionKind = {
  endOfList: 0,
  noOperation: 1,
  maximumSegmentSize: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
  tcpAuthentication: 29,
  multipathTcp: 30,
  fastOpenCookie: 34,
} as const

/** How many bytes the option at `at` takes, or 0 when it has no right length or runs past `end`. */
export function tcpOptionBytes(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at]! <= TcpOptionKind.noOperation) return 1
  if (at + 1 >= end) return 0
  const length = bytes[at + 1]!
  return length < 2 || at + length > end ? 0 : length
}

/**
 * The options in a block, without kinds 0 and 1, or `undefined` when one runs past the end. A zero
 * is passed over wherever it stands, for Convert says to ignore it, and behind a real list there
 * are only zeros. The values are views into `block`.
 */
export function readTcpOptions(block: Uint8Array): TcpOption[] | undefined {
  const options: TcpOption[] = []
  for (let at = 0; at < block.length; ) {
    const length = tcpOptionBytes(block, at, block.length)
    if (length === 0) return undefined
    if (length > 1) {
      options.push({ kind: block[at]!, value: block.subarray(at + 2, at + length) })
    }
    at += length
  }
  return options
}

/** How many bytes the options take, without padding. */
export function tcpOptionsBytes(options: readonly TcpOption[]): number {
  return options.reduce((sum, { value }) => sum + 2 + value.length, 0)
}

/** Write the options from `at` on. Throws a `RangeError` on an option that has no length byte. */
export function writeTcpOptions(
  options: readonly TcpOption[],
  into: Uint8Array,
  startAt: number,
): void {
  let at = startAt
  for (const { kind, value } of options) {
    if (kind <= TcpOptionKind.noOperation || kind > 255 || value.length > 253) {
      throw new RangeError(`Cannot write TCP option ${kind} with ${value.length} bytes`)
    }
    into[at] = kind
    into[at + 1] = 2 + value.length
    into.set(value, at + 2)
    at += 2 + value.length
  }
}
