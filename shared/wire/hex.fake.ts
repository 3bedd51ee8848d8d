/**
 * Bytes as a test writes them: spaced hex, in the order of the wire.
 */

/** `hex('01 01 2263')` is four bytes. Throws on anything but whole bytes. */
export function hex(spaced: string): Uint8Array {
  const digits = spaced.replaceAll(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new RangeError(`Cannot read as hex: ${spaced}`)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
