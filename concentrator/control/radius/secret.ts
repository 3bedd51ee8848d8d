/**
 * A secret that is shared with a RADIUS server or client, and what it makes of bytes. MD5 is what RADIUS is made
 * of; the secret's length is what protects it.
 */
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sentenceOf } from '../../../shared/daemon/log.ts'
import type { RadiusKeys } from '../../../shared/wire/radius.ts'

/** Throws a sentence where the file cannot be read, or holds what protects nothing. */
export function readSecret(file: string): RadiusKeys {
  const secret = textIn(file).replace(/\r?\n$/, '')
  if (secret.length < SECRET_CHARACTERS_MIN || /[\r\n]/.test(secret)) {
    const found = secret.includes('\n') ? 'several' : `one of ${secret.length}`
    throw new Error(
      `Cannot use the RADIUS secret ${file}: it must be one line of at least ${SECRET_CHARACTERS_MIN} characters, but is ${found}`,
    )
  }
  return keysFrom(secret)
}

export function keysFrom(secret: string): RadiusKeys {
  return {
    digest: (bytes) => createHash('md5').update(bytes).update(secret).digest(),
    mac: (bytes) => createHmac('md5', secret).update(bytes).digest(),
  }
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`Cannot read the RADIUS secret: ${sentenceOf(error)}`, { cause: error })
  }
}

/** As RFC 2865 section 3 wants it. */
const SECRET_CHARACTERS_MIN = 16
