/**
 * A table of nftables that stands for as long as a daemon does, and is found again after a kill -9: the
 * file with its text is what tells that it stands.
 */
import { existsSync, rmSync } from 'node:fs'
import { applyRuleset } from './nftables.ts'

/**
 * Put `ruleset` in place; disposing applies `removal`. Without a ruleset only what a killed daemon left is
 * removed, and `nft` need not be installed where there is nothing.
 */
export async function keepRuleset(
  file: string,
  removal: string,
  ruleset: string | undefined,
): Promise<AsyncDisposable> {
  const remove = async (): Promise<void> => {
    if (!existsSync(file)) return
    await applyRuleset(removal, file)
    rmSync(file)
  }
  if (ruleset === undefined) await remove()
  else await applyRuleset(ruleset, file)
  return { [Symbol.asyncDispose]: remove }
}
