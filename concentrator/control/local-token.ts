/**
 * The token of whoever may read our own files: root on this machine needs no other. Made anew at each start.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newToken } from '../subscribers/tokens.ts'

/** Writes it to `api-token` in the state directory, for its owner alone. */
export function makeLocalToken(stateDirectory: string): string {
  const token = newToken()
  const file = join(stateDirectory, LOCAL_TOKEN_FILE)
  mkdirSync(stateDirectory, { recursive: true })
  writeFileSync(file, `${token}\n`, { mode: 0o600 })
  // The mode above is for a file that was not there.
  chmodSync(file, 0o600)
  return token
}

const LOCAL_TOKEN_FILE = 'api-token'
