/**
 * What home and concentrator make of the cookie they share: the name of the session on the wire, and the
 * key of the probes. The cookie itself never crosses UDP, and neither value tells it (RFC 5869).
 */
import { createHmac, hkdfSync } from 'node:crypto'

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

/** HMAC-SHA256 under `key`, cut to the 16 bytes that a probe carries (RFC 2104 section 5). */
export function macOf(key: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => createHmac('sha256', key).update(bytes).digest().subarray(0, MAC_BYTES)
}

function derive(cookie: Uint8Array, info: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', cookie, NO_SALT, info, bytes))
}

const NO_SALT = new Uint8Array(0)
const MAC_BYTES = 16
