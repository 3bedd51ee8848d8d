/**
 * The token of whoever may read our own files: root on this machine needs no other. Made anew at each start.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../shared/linux/whole-file.ts'
import { newToken } from '../subscribers/tokens.ts'

/** Writes it to `api-token` in the state directory, for its owner alone. */
export function makeLocalToken(stateDirectory: string): string {
  const token = newToken()
  const file = join(stateDirectory, LOCAL_TOKEN_FILE)
  mkdirSync(stateDirectory, { recursive: true })
  // In the place of the one before: who has that open, or could read it, does not read this one.
  rmSync(`${file}.new`, { force: true })
  replaceFile(file, `${token}\n`, 0o600)
  return token
}

const LOCAL_TOKEN_FILE = 'api-token'
