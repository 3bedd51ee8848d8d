/**
 * What home and concentrator make of the cookie they share: the name of the session on the wire, the key of
 * the probes, and what the keys of the tunnel come from. The cookie itself never crosses UDP, and none of
 * these values tells it (RFC 5869). It is never a key itself: those of the tunnel come from randoms of both
 * ends besides, so that no restart brings one back.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import { type CipherName, IV_BYTES, keyBytesOf } from './seal.ts'

export interface ProbeSecret {
  /** 8 bytes: which subscriber this is, in the clear. */
  readonly sessionId: Uint8Array
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** `cookie` is the subscriber's, as configured. */
export function probeSecret(cookie: Uint8Array): ProbeSecret {
  return {
    sessionId: derive(cookie, 'hybridge session id', 8),
    key: derive(cookie, 'hybridge probe key', 32),
  }
}

/** 32 bytes: what keys of the control session and of the tunnel are made from. */
export function controlSecret(cookie: Uint8Array): Uint8Array {
  return derive(cookie, 'hybridge control key', 32)
}

export interface TunnelSecret {
  /** 8 bytes: the same as the probes'. */
  readonly sessionId: Uint8Array
  /** 32 bytes: under which offers and answers have their MAC. */
  readonly handshakeKey: Uint8Array
  /** 32 bytes: with the randoms of both ends it gives the keys of a session. */
  readonly root: Uint8Array
}

/** The home's way: it has the cookie. */
export function tunnelSecret(cookie: Uint8Array): TunnelSecret {
  return tunnelSecretFrom(probeSecret(cookie).sessionId, controlSecret(cookie))
}

/** The concentrator's: `control` is the home's `controlSecret`, and of the cookie nothing is kept besides. */
export function tunnelSecretFrom(sessionId: Uint8Array, control: Uint8Array): TunnelSecret {
  return {
    sessionId,
    handshakeKey: derive(control, 'hybridge tunnel handshake', 32),
    root: derive(control, 'hybridge tunnel root', 32),
  }
}

export interface DirectionKey {
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

/** The keys of one handshake, in the two directions. */
export function sessionKeys(
  root: Uint8Array,
  homeRandom: Uint8Array,
  concentratorRandom: Uint8Array,
  cipher: CipherName,
): { readonly up: DirectionKey; readonly down: DirectionKey } {
  const salt = Buffer.concat([homeRandom, concentratorRandom])
  const keyBytes = keyBytesOf(cipher)
  const directionKey = (direction: 'up' | 'down'): DirectionKey => {
    const info = `hybridge tunnel ${cipher} ${direction}`
    const bytes = new Uint8Array(hkdfSync('sha256', root, salt, info, keyBytes + IV_BYTES))
    return { key: bytes.subarray(0, keyBytes), iv: bytes.subarray(keyBytes) }
  }
  return { up: directionKey('up'), down: directionKey('down') }
}

/** HMAC-SHA256 under `key`, cut to the 16 bytes that a probe carries (RFC 2104 section 5). */
export function macOf(key: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => createHmac('sha256', key).update(bytes).digest().subarray(0, MAC_BYTES)
}

function derive(secret: Uint8Array, info: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, NO_SALT, info, bytes))
}

const NO_SALT = new Uint8Array(0)
const MAC_BYTES = 16
