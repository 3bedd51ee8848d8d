/**
 * `hybridge credential`: a secret for one home, and what the concentrator needs to know of it. Asks nobody; what it shows
 * is kept nowhere.
 */
import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import { credentialOf } from '../shared/session/credential.ts'
import { show } from './show.ts'
import { sheet } from './table.ts'

export function credentialCommand(): Command {
  return new Command('credential')
    .description("make a home's secret, and what the concentrator keeps instead of it")
    .option('--json', 'as one object, for programs')
    .action(({ json }: { readonly json?: true }) => {
      const secret = randomBytes(SECRET_BYTES)
      const { verifier, cookie } = credentialOf(secret)
      const shown = { secret: hex(secret), verifier: hex(verifier), cookie: hex(cookie) }
      show(
        json,
        shown,
        () => `${sheet(shown)}\n
The home's file has the secret, the concentrator's the verifier and the cookie.`,
      )
    })
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

const SECRET_BYTES = 32
