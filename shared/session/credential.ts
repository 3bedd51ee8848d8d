/**
 * How a home proves over the control session who it is, without saying its secret (ADR 0036). In the manner
 * of SCRAM (RFC 5802), bound to the TLS connection (RFC 9266); no rounds of hashing, for the secret is
 * random and long.
 *
 *    secret ──HKDF──▶ client key ──SHA-256──▶ verifier        the home keeps the secret, the
 *       │                  │                     │            concentrator the verifier
 *       └──HKDF──▶ cookie  └──── xor ◀── HMAC(verifier, exporter and id) ──▶ proof
 *
 * Who reads the concentrator's verifiers cannot come as a home, and who reads the lines learns a cookie at
 * most, which tells nothing about the secret.
 */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export interface Credential {
  readonly clientKey: Uint8Array
  /** What the concentrator keeps: 32 bytes. */
  readonly verifier: Uint8Array
  /** What the home shows in Convert messages unless it is told another: 16 bytes. */
  readonly cookie: Uint8Array
}

export function credentialOf(secret: Uint8Array): Credential {
  const clientKey = derive(secret, 'hybridge session client key', KEY_BYTES)
  return {
    clientKey,
    verifier: sha256(clientKey),
    cookie: derive(secret, 'hybridge convert cookie', COOKIE_BYTES),
  }
}

/** `exporter`: what TLS exports on both ends of this connection, and of no other. */
export function proofOf(
  { clientKey, verifier }: Pick<Credential, 'clientKey' | 'verifier'>,
  exporter: Uint8Array,
  id: string,
): Uint8Array {
  return xor(clientKey, signature(verifier, exporter, id))
}

/** Takes as long for a wrong proof as for a right one. */
export function isProof(
  proof: Uint8Array,
  verifier: Uint8Array,
  exporter: Uint8Array,
  id: string,
): boolean {
  const whole = proof.length === KEY_BYTES ? proof : new Uint8Array(KEY_BYTES)
  const clientKey = xor(whole, signature(verifier, exporter, id))
  return timingSafeEqual(sha256(clientKey), verifier)
}

function signature(verifier: Uint8Array, exporter: Uint8Array, id: string): Uint8Array {
  return createHmac('sha256', verifier).update(exporter).update(id).digest()
}

function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, i) => byte ^ (other[i] ?? 0))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

function derive(secret: Uint8Array, info: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, NO_SALT, info, bytes))
}

/** RFC 9266 section 2: this label, no context, 32 bytes. */
export const EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
export const EXPORTER_BYTES = 32

const NO_SALT = new Uint8Array(0)
const KEY_BYTES = 32
const COOKIE_BYTES = 16
