/**
 * The street for programs: tests, the demo and the benches raise one, work in it, and it is gone when
 * they leave the block.
 *
 *   await using street = await raiseStreet({ name: 'bond' })
 *   const { stdout } = await street.exec('home', ['curl', '-s', 'http://files.hyb.example/bytes/9'])
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import type { LegName } from '../../shared/core/leg.ts'
import { type Finished, type RunOptions, run } from './command.ts'
import { type DaemonName, restartDaemon, tokenPath } from './daemons.ts'
import { changeLine, type Failure, failLeg, healLeg, type LineChange } from './legs.ts'
import { inPlace, type Place, streetEnvironment } from './places.ts'
import { logPath } from './processes.ts'
import { readState, streetDirectory } from './state.ts'
import { type StreetStatus, streetStatus } from './status.ts'
import { raise, type StreetOptions, takeDown } from './street.ts'

export interface Street extends AsyncDisposable {
  readonly name: string
  /** /run/hybridge-lab/NAME: logs, configurations, process numbers. */
  readonly directory: string
  /** Run a command in a place to its end. A status other than 0 is an answer, not an exception. */
  exec(place: Place, argv: readonly string[], options?: RunOptions): Promise<Finished>
  /** Start a command in a place. Taking the street down ends it. */
  spawn(place: Place, argv: readonly string[], options?: SpawnOptions): ChildProcess
  line(leg: LegName, change: LineChange): Promise<void>
  fail(leg: LegName, how?: Failure): Promise<void>
  heal(leg: LegName): Promise<void>
  status(): Promise<StreetStatus>
  /** End a daemon and start it again, or start one that does not run. Answers its process number. */
  restart(daemon: DaemonName, signal?: NodeJS.Signals): Promise<number>
  /** The log of a daemon or of one of the street's own processes: `lines`, `internet`, `iperf3`. */
  log(role: string): string
  down(): Promise<void>
}

/** Why no street can be raised here, for a test to skip itself with; false where one can. */
export function streetImpossible(): string | false {
  return process.getuid?.() === 0 ? false : 'raising a street needs root'
}

/** A street of this process's own. Rejects with one sentence when it cannot be raised. */
export async function raiseStreet(options: StreetOptions, signal?: AbortSignal): Promise<Street> {
  await raise(options, true, signal)
  return openStreet(options.name)
}

/** A street that somebody raised. Throws when none of that name stands. */
export function openStreet(name: string): Street {
  readState(name)
  // `hybridge` on the concentrator is an admin there, as whoever may read its files is.
  const holding = ['env', `HYBRIDGE_TOKEN_FILE=${tokenPath(name)}`]
  const there = (place: Place, argv: readonly string[]) =>
    inPlace(name, place, place === 'concentrator' ? [...holding, ...argv] : argv)
  const down = async () => {
    await takeDown(name)
  }
  return {
    name,
    directory: streetDirectory(name),
    exec: (place, argv, options) => run(there(place, argv), options),
    spawn: (place, argv, options) => {
      const [file = '', ...rest] = there(place, argv)
      return spawn(file, rest, { env: streetEnvironment(), ...options })
    },
    line: (leg, change) => changeLine(name, leg, change),
    fail: (leg, how = 'link') => failLeg(name, leg, how),
    heal: (leg) => healLeg(name, leg),
    status: () => streetStatus(name),
    restart: (daemon, signal = 'SIGTERM') => restartDaemon(name, daemon, signal),
    log: (role) => logPath(name, role),
    down,
    [Symbol.asyncDispose]: down,
  }
}
