/**
 * A table of nftables that stands for as long as a daemon does, and is found again after a kill -9: the
 * file with its text is what tells that it stands.
 */
import { existsSync, rmSync } from 'node:fs'
import { applyRuleset } from './nftables.ts'

export interface KeptRuleset extends AsyncDisposable {
  /** Put `ruleset` in its place, or nothing, when all before it has settled. Rejects with what nft says. */
  replace(ruleset: string | undefined): Promise<void>
}

/**
 * Put `ruleset` in place; disposing applies `removal`. Without a ruleset only what a killed daemon left is
 * removed, and `nft` need not be installed where there is nothing.
 */
export async function keepRuleset(
  file: string,
  removal: string,
  ruleset: string | undefined,
): Promise<KeptRuleset> {
  const remove = async (): Promise<void> => {
    if (!existsSync(file)) return
    await applyRuleset(removal, file)
    rmSync(file)
  }
  if (ruleset === undefined) await remove()
  else await applyRuleset(ruleset, file)
  let last: Promise<void> = Promise.resolve()
  return {
    replace(next) {
      const apply = () => applyRuleset(next ?? removal, file)
      last = last.then(apply, apply)
      return last
    },
    async [Symbol.asyncDispose]() {
      // One still on its way would come back after the table is gone. Whoever asked knows if it failed.
      await Promise.allSettled([last])
      await remove()
    },
  }
}
