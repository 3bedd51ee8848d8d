/**
 * The name of a concentrator's key, as homes are told it: SHA-256 of its SubjectPublicKeyInfo, in the words
 * of `curl --pinnedpubkey`. It needs no clock and no authority.
 */
import { createHash, type KeyObject } from 'node:crypto'

export function pinOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return `sha256//${createHash('sha256').update(spki).digest('base64')}`
}
