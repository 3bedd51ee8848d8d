/**
 * From the command line to the home that this agent is: its file, what the file leaves out, and, where it has a code
 * instead of a credential, the credential.
 */

import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type Reading, readConfig } from '../../shared/config/document.ts'
import {
  asWritten,
  enrolmentOf,
  homeFile,
  stateDirectoryOf,
} from '../../shared/config/home-file.ts'
import { houseLines } from '../../shared/core/house-lines.ts'
import { configFrom, type Given, release } from '../../shared/daemon/arguments.ts'
import { log } from '../../shared/daemon/log.ts'
import { EnrolledHome } from './enrolled.ts'
import { enrol } from './enrolment.ts'
import { seenInterfaces } from './seen-interfaces.ts'

/** Enrols where that has not been done, for as long as it takes. Ends the process as `configFrom` does. */
export async function givenHome(argv: readonly string[]): Promise<Given<CpeConfig>> {
  const { config: read, readAgain } = configFrom<ReadHome>(
    {
      name: 'cpe/main.ts',
      summary: "Bond the home's two lines: capture its TCP, carry it over Multipath TCP.",
      read: readHome,
    },
    argv,
  )
  log.level = read.config.log.level
  if (read.waiting === undefined) return { config: read.config, readAgain: settled(readAgain) }
  const { code, home, stateDirectory } = read.waiting
  if (LOST_AT_REBOOT.test(stateDirectory)) {
    const help = 'the home must be enrolled anew after a reboot: choose another stateDirectory'
    log.warn('credential is kept where a reboot forgets it', { stateDirectory, help })
  }
  await enrol(read.config, code, home, { software: `hybridge ${release()}`, log })
  const again = settled(readAgain)()
  if (again.kind === 'problems') throw new Error(again.problems.join('\n'))
  return { config: again.value, readAgain: settled(readAgain) }
}

interface ReadHome {
  readonly config: CpeConfig
  /** It has a code, and no credential yet: nobody may run on `config`. */
  readonly waiting:
    | { readonly code: string; readonly home: EnrolledHome; readonly stateDirectory: string }
    | undefined
}

function readHome(file: string): Reading<ReadHome> {
  const raw = readConfig(asWritten, file)
  if (raw.kind === 'problems') return raw
  const { code } = enrolmentOf(raw.value) ?? {}
  const stateDirectory = stateDirectoryOf(raw.value)
  const home = code === undefined ? undefined : new EnrolledHome(stateDirectory, code)
  let enrolled: EnrolledHome['known']
  try {
    enrolled = home?.known
  } catch (error) {
    return { kind: 'problems', problems: [`${file}: ${(error as Error).message}`] }
  }
  const schema = homeFile({
    enrolled,
    concentrator: undefined,
    lines: () => houseLines(seenInterfaces()),
  })
  const read = readConfig(schema, file)
  if (read.kind === 'problems') return read
  const waits = code !== undefined && home !== undefined && enrolled === undefined
  const waiting = waits ? { code, home, stateDirectory } : undefined
  return { kind: 'value', value: { config: read.value, waiting } }
}

/** A file that has another code now is for the next start. */
function settled(readAgain: () => Reading<ReadHome>): () => Reading<CpeConfig> {
  return () => {
    const read = readAgain()
    if (read.kind === 'problems') return read
    const { config, waiting } = read.value
    if (waiting === undefined) return { kind: 'value', value: config }
    return { kind: 'problems', problems: ['enrol: a code that is not spent yet; restart to enrol'] }
  }
}

/** tmpfs on every Linux that has it. */
const LOST_AT_REBOOT = /^(\/var)?\/run(\/|$)/
