/**
 * From the command line to the home that this agent is: its file, what the file leaves out, and, where it has a code
 * instead of a credential, the credential.
 */

import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type Reading, readConfig } from '../../shared/config/document.ts'
import {
  asWritten,
  enrolmentOf,
  homeFile,
  identityIn,
  stateDirectoryOf,
} from '../../shared/config/home-file.ts'
import type { Reach } from '../../shared/config/reach.ts'
import { houseLines } from '../../shared/core/house-lines.ts'
import { configFrom, type Given, release } from '../../shared/daemon/arguments.ts'
import { EnrolledHome } from './enrolled.ts'
import { enrol } from './enrolment.ts'
import { nextConcentrator, readConcentrators } from './kept-concentrators.ts'
import { log } from './log.ts'
import { seenInterfaces } from './seen-interfaces.ts'

/** Enrols where that has not been done, for as long as it takes. Ends the process as `configFrom` does. */
export async function givenHome(argv: readonly string[]): Promise<GivenHome> {
  const choose = concentratorChooser()
  const {
    config: read,
    file,
    readAgain,
  } = configFrom<ReadHome>(
    {
      name: 'cpe/main.ts',
      summary: "Bond the home's two lines: capture its TCP, carry it over Multipath TCP.",
      read: (named) => readHome(named, choose),
    },
    argv,
  )
  log.level = read.config.log.level
  const { mark, isLedAstray } = read
  const given = (config: CpeConfig) => ({
    config,
    file,
    mark,
    isLedAstray,
    readAgain: settled(readAgain),
  })
  if (read.waiting === undefined) return given(read.config)
  const { code, home, stateDirectory } = read.waiting
  if (LOST_AT_REBOOT.test(stateDirectory)) {
    const help = 'the home must be enrolled anew after a reboot: choose another stateDirectory'
    log.warn('credential is kept where a reboot forgets it', { stateDirectory, help })
  }
  await enrol(read.config, code, home, { software: `hybridge ${release()}`, log })
  const again = settled(readAgain)()
  if (again.kind === 'problems') throw new Error(again.problems.join('\n'))
  return given(again.value)
}

export interface GivenHome extends Given<CpeConfig> {
  readonly mark: string
  readonly isLedAstray: boolean
}

interface ReadHome {
  readonly config: CpeConfig
  /** Another where the file names another home, or another concentrator. */
  readonly mark: string
  /** What is kept leads elsewhere than the file itself does. */
  readonly isLedAstray: boolean
  /** It has a code, and no credential yet: nobody may run on `config`. */
  readonly waiting:
    | { readonly code: string; readonly home: EnrolledHome; readonly stateDirectory: string }
    | undefined
}

/** What serves the home: chosen once, for a file that is read again must not send it elsewhere. */
function concentratorChooser(): Choose {
  let chosen: { readonly reach: Reach | undefined } | undefined
  return (stateDirectory, mark) => {
    const kept = chosen === undefined ? readConcentrators(stateDirectory, mark) : undefined
    chosen ??= { reach: kept && nextConcentrator(kept, Date.now()) }
    return chosen.reach
  }
}

type Choose = (stateDirectory: string, mark: string) => Reach | undefined

function readHome(file: string, choose: Choose): Reading<ReadHome> {
  const raw = readConfig(asWritten, file)
  if (raw.kind === 'problems') return raw
  const { code } = enrolmentOf(raw.value) ?? {}
  const stateDirectory = stateDirectoryOf(raw.value)
  const mark = hash('sha256', identityIn(raw.value)).slice(0, MARK_CHARACTERS)
  const home = code === undefined ? undefined : new EnrolledHome(stateDirectory, code)
  let enrolled: EnrolledHome['known']
  try {
    enrolled = home?.known
  } catch (error) {
    return { kind: 'problems', problems: [`${file}: ${(error as Error).message}`] }
  }
  const readFor = (concentrator: Reach | undefined) =>
    readConfig(
      homeFile({ enrolled, concentrator, lines: () => houseLines(seenInterfaces()) }),
      file,
    )
  const reach = choose(stateDirectory, mark)
  const read = readFor(reach)
  if (read.kind === 'problems') return read
  const said = reach === undefined ? read : readFor(undefined)
  const isLedAstray =
    said.kind === 'value' && !isDeepStrictEqual(said.value.concentrator, read.value.concentrator)
  const waits = code !== undefined && home !== undefined && enrolled === undefined
  const waiting = waits ? { code, home, stateDirectory } : undefined
  return { kind: 'value', value: { config: read.value, mark, isLedAstray, waiting } }
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

const MARK_CHARACTERS = 16
/** tmpfs on every Linux that has it. */
const LOST_AT_REBOOT = /^(\/var)?\/run(\/|$)/
