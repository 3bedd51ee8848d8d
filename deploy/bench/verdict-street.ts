/**
 * `npm run bench -- verdict-street`: evenings injected into the street, one true cause each, and what the home says of
 * them. Each evening is a street of its own with a report every 5 s and a load of 16 s; the verdict that counts is that of
 * the last whole interval in it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { causeOf, type Verdict } from '../../shared/core/verdict.ts'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { logOf, pidOf } from '../lab/onlooker.ts'
import { SCENES, type Scene } from './verdict-scenes.ts'

export const verdictStreetBench = new Command('verdict-street')
  .description('What the home says of evenings that were injected into the street.')
  .option('--only <WORDS>', 'scenes whose name has these words')
  .option('--name <NAME>', 'of the street', 'hyb-evenings')
  .action(async ({ only = '', name }: { only?: string; name: string }) => {
    let right = 0
    const named = SCENES.filter((scene) => scene.name === only)
    const scenes = named.length > 0 ? named : SCENES.filter((scene) => scene.name.includes(only))
    for (const scene of scenes) {
      const said = await playScene(scene, name)
      const is = said !== undefined && causeOf(said.limit) === scene.cause
      if (is) right += 1
      console.log(
        `${is ? 'right' : 'WRONG'}  ${scene.name.padEnd(24)} ${scene.cause.padEnd(14)} ${said?.sentence}`,
      )
      if (!is) console.log(`       judged from ${JSON.stringify(said?.from)}`)
    }
    console.log(`right: ${right} of ${scenes.length}`)
  })

type Said = Verdict & { readonly sentence: string; readonly from: unknown }

async function playScene(scene: Scene, name: string): Promise<Said | undefined> {
  const { pair = 'vdsl50-lte30', cpe = {}, concentrator = {} } = scene
  await using street = await raiseStreet({
    name,
    pair,
    session: true,
    cpe,
    concentrator: { ...concentrator, control: { reportS: REPORT_S } },
  })
  await sleep(SETTLE_MS)
  const undo = await scene.prepare?.(street)
  try {
    const seconds = scene.seconds ?? LOAD_S
    // A load that has failed is an evening on which nobody wanted anything: its verdict will be wrong, and this says why.
    const loading = scene
      .load(street, seconds)
      .catch((error: unknown) => console.log(`       ${scene.name}: ${String(error)}`))
    await sleep((seconds - 1) * 1_000)
    const said = await verdictNow(street)
    await loading
    return said
  } finally {
    await street.down()
    if (typeof undo === 'function') await undo()
  }
}

/** As the home says it itself: it has a verdict also when its concentrator has gone. */
async function verdictNow(street: Street): Promise<Said | undefined> {
  process.kill(await pidOf(street, 'cpe'), 'SIGUSR2')
  await sleep(500)
  const line = logOf(street, 'cpe')
    .split('\n')
    .findLast((one) => one.includes('"msg":"facts"'))
  const { verdict, verdictFrom } = JSON.parse(line ?? '{}') as {
    readonly verdict?: Omit<Said, 'from'>
    readonly verdictFrom?: unknown
  }
  return verdict && { ...verdict, from: verdictFrom }
}

const REPORT_S = 5
const LOAD_S = 16
const SETTLE_MS = 2_000
