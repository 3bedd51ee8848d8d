/**
 * `hybridge credential`: a secret for one home, and what the concentrator needs to know of it. Asks nobody; what it shows
 * is kept nowhere.
 */
import { Command } from 'commander'
import { show } from './show.ts'
import { sheet } from './table.ts'

export function credentialCommand(): Command {
  return new Command('credential')
    .description("make a home's secret, and what the concentrator keeps instead of it")
    .option('--json', 'as one object, for programs')
    .action(async ({ json }: { readonly json?: true }) => {
      // No other command needs cryptography, which takes a while to load.
      const { randomBytes } = await import('node:crypto')
      const { credentialOf } = await import('../shared/session/credential.ts')
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
