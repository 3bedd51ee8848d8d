/**
 * `hybridge support-bundle`: a support bundle of the daemon on this machine.
 */
import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { sentenceOf } from '../shared/daemon/log.ts'
import { type BundleSources, supportBundle } from '../shared/daemon/support-bundle.ts'
import { Misuse } from './misuse.ts'

interface Options extends BundleSources {
  readonly output: string
}

export function supportBundleCommand(): Command {
  return new Command('support-bundle')
    .description('Everything that is needed to find a fault here, without secrets, in one file.')
    .requiredOption('--config <FILE>', 'of the daemon')
    .option('--log <FILE>', 'its log; without it the journal is asked')
    .option('--socket <FILE>', 'of the daemon, for what it knows now')
    .option('--output <FILE>', 'what to write', 'hybridge-support.tar.gz')
    .action(async ({ output, ...sources }: Options) => {
      try {
        const bundle = await supportBundle(sources, AbortSignal.timeout(BUNDLE_MS_MAX))
        // Whom it is for is its owner's to say.
        writeFileSync(output, bundle, { mode: 0o600 })
      } catch (error) {
        throw new Misuse(sentenceOf(error))
      }
      console.log(output)
    })
}

const BUNDLE_MS_MAX = 180_000
