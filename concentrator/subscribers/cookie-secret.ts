/**
 * The master secret of the issued cookies. Configured where several concentrators share it; else made at
 * the first start and kept, so that a restart sends nobody away.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The secret kept in `directory`, made when there is none. Throws a sentence when it cannot be kept. */
export function keptSecret(directory: string): Uint8Array {
  const file = join(directory, 'cookie-secret')
  mkdirSync(directory, { recursive: true })
  try {
    // Whole or not at all: a second start at the same time must not read half of it.
    writeFileSync(file, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, {
      mode: 0o600,
      flag: 'wx',
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const text = readFileSync(file, 'utf8').trim()
  if (!SECRET.test(text)) {
    throw new Error(
      `Cannot read the cookie secret: ${file} holds something else; remove it to have a new one made`,
    )
  }
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

const SECRET_BYTES = 32
const SECRET = /^[0-9a-f]{64}$/
