/**
 * What is kept of the homes' keys, so that a stolen store lets nobody in (ADR 0045): the keys that both ends need
 * are sealed with a key that lies beside the store, and not in it.
 *
 *    store ──▶ hash of the cookie, verifier of the session, and sealed: AES-256-GCM(key file, probe and tunnel keys)
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import type { PlainVerifier, SealedVerifier, Verifier } from './records.ts'

export class Vault {
  readonly #key: Uint8Array
  readonly #codeKey: Uint8Array
  /** Which key it is, so that another is told from damage. */
  readonly #name: string
  #metForeign = false
  #metOwn = false

  /** `master`: 32 bytes. */
  constructor(master: Uint8Array) {
    this.#key = derive(master, 'hybridge store seal')
    this.#codeKey = derive(master, 'hybridge enrolment code')
    this.#name = Buffer.from(derive(master, 'hybridge store key name')).toString('hex', 0, 4)
  }

  /** All that was to be opened was sealed with another key: this is not the key of that store. */
  get isForeign(): boolean {
    return this.#metForeign && !this.#metOwn
  }

  /** What is kept of `verifier` in the record of the home with this id, and opens in no other. */
  seal(id: string, { hash, sessionId, session, probeKey, controlKey }: Verifier): SealedVerifier {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(id))
    const open = Buffer.from(probeKey + controlKey, 'hex')
    const parts = [nonce, cipher.update(open), cipher.final(), cipher.getAuthTag()]
    const sealed = `${this.#name}:${Buffer.concat(parts).toString('base64')}`
    return { hash, sessionId, session, sealed }
  }

  /** What is wrong with it, in words that follow "its credential", where it cannot be opened. */
  open(id: string, { sealed, ...known }: SealedVerifier): Verifier | string {
    const [name, text = ''] = sealed.split(':')
    if (name !== this.#name) {
      this.#metForeign = true
      return 'was sealed with another key of the store'
    }
    const bytes = Buffer.from(text, 'base64')
    const end = bytes.length - TAG_BYTES
    try {
      const cipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES))
      cipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(end))
      const open = cipher.update(bytes.subarray(NONCE_BYTES, end), undefined, 'hex')
      cipher.final()
      this.#metOwn = true
      const keys = { probeKey: open.slice(0, KEY_DIGITS), controlKey: open.slice(KEY_DIGITS) }
      return { ...known, ...keys }
    } catch {
      return 'is damaged, or was sealed for another home'
    }
  }

  /** What a code for enrolment is kept as: it is short, and who has the store alone cannot try them all. */
  codeHash(code: string): string {
    return createHmac('sha256', this.#codeKey).update(code).digest('hex')
  }
}

/** A record as it was kept before there were seals. */
export function isPlain(kept: PlainVerifier | SealedVerifier): kept is PlainVerifier {
  return 'controlKey' in kept
}

/** The vault whose key is in `file`, made where there is none. Throws a sentence where it is no key. */
export function openVault(file: string): Vault {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    text = randomBytes(MASTER_BYTES).toString('hex')
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    replaceFile(file, `${text}\n`, 0o600)
  }
  if (/^[0-9a-f]{64}$/.test(text)) return new Vault(Buffer.from(text, 'hex'))
  throw new Error(`Cannot read ${file}: it is no key of a store (64 hex digits); put it back`)
}

function derive(master: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), info, MASTER_BYTES))
}

const CIPHER = 'aes-256-gcm'
const MASTER_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Of one of the two keys. */
const KEY_DIGITS = 64
