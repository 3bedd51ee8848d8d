/**
 * The master secret of the issued cookies. Configured where several concentrators share it; else made at
 * the first start and kept, so that a restart sends nobody away.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../shared/linux/whole-file.ts'

/**
 * The secret kept in `directory`, made when there is none. A file that holds no secret is kept beside the
 * new one, and `warn` is told in a sentence: the cookies issued before are good no longer, and
 * homes whose cookie is refused show the one of their configuration (ADR 0018). Throws when none can be kept.
 */
export function keptSecret(directory: string, warn: (sentence: string) => void): Uint8Array {
  const file = join(directory, 'cookie-secret')
  mkdirSync(directory, { recursive: true })
  const kept = textOf(file)
  if (kept !== undefined && SECRET.test(kept)) return bytesOf(kept)

  if (kept !== undefined) {
    renameSync(file, `${file}.damaged`)
    warn(`${file} held no secret; it is ${file}.damaged now, and a new secret has been made`)
  }
  const made = randomBytes(SECRET_BYTES).toString('hex')
  replaceFile(file, `${made}\n`, 0o600)
  return bytesOf(made)
}

/** undefined when there is no such file. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

const SECRET_BYTES = 32
const SECRET = /^[0-9a-f]{64}$/
