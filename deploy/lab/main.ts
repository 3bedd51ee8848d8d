/**
 * `npm run lab -- ...`: the street for people and for scripts. This file is the list of commands; what
 * they do stands in lab.ts and below it.
 */
import { constants } from 'node:os'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { shellStatus } from './command.ts'
import { DAEMONS, type DaemonName } from './daemons.ts'
import { openStreet } from './lab.ts'
import { FAILURES, type Failure, type LineChange } from './legs.ts'
import { STRIPS } from './line-cells.ts'
import { DEFAULT_PAIR, PAIRS } from './pairs.ts'
import { PLACES, type Place } from './places.ts'
import { MTU_MAX } from './services.ts'
import { DEFAULT_NAME } from './state.ts'
import { describeStatus } from './status.ts'
import { raise, takeDown } from './street.ts'

interface Named {
  readonly name: string
}

const lab = new Command('npm run lab --')
  .description(
    'A street on this machine: a home, its router, two lines, a concentrator, an internet.',
  )
  .showHelpAfterError(false)

interface UpOptions {
  readonly pair: string
  readonly daemons: boolean
  readonly session?: true
}

named('up', 'raise it, start both daemons, return when they serve')
  .addOption(pairOption())
  .option('--no-daemons', 'raise it without the daemons; `restart` starts them')
  .option('--session', 'let the home hold a control session')
  .action(async ({ name, pair, daemons, session }: Named & UpOptions) => {
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () =>
        stop.abort(new Error(`Stopped by ${signal}; nothing is left of it`)),
      )
    }
    const options = { name, pair, daemons, session: daemons && session === true }
    await raise(options, false, stop.signal)
    console.log(describeStatus(await openStreet(name).status()))
  })

named('status', 'places, addresses, legs, daemons')
  .option('--json', 'as one object, for programs')
  .action(async ({ name, json }: Named & { json?: true }) => {
    const status = await openStreet(name).status()
    console.log(json ? JSON.stringify(status, undefined, 2) : describeStatus(status))
  })

named('exec', 'run a command in a place')
  .addArgument(new Argument('<place>').choices(PLACES))
  .argument('<command...>', 'after --')
  .action(async (place: Place, argv: string[], { name }: Named) => {
    process.exitCode = await execute(name, place, argv)
  })

named('line', 'change a line while it runs; what is not named stays')
  .addArgument(legArgument())
  .option('--down-mbps <n>', 'rate towards the home', number(0.01, 10_000))
  .option('--up-mbps <n>', 'rate from the home', number(0.01, 10_000))
  .option('--rtt-ms <n>', 'round trip time', number(0, 5_000))
  .option('--jitter-ms <n>', 'how far the round trip wanders to either side', number(0, 5_000))
  .option('--loss-percent <n>', 'lost at random, each way', number(0, 100))
  .option('--queue-ms <n>', 'what the queue holds, as the time it takes to drain', number(0, 5_000))
  .option('--mtu <n>', 'largest IP packet', number(1_280, MTU_MAX))
  .addOption(
    new Option('--nat <mode>', 'lte: behind one public IPv4 address').choices(['on', 'off']),
  )
  .option('--nat-idle-s <n>', 'lte: an idle mapping dies after this long', number(1, 1e6))
  .addOption(
    new Option('--strip-mptcp <where>', 'take MPTCP options out of packets').choices(STRIPS),
  )
  .option('--new-address', 'the operator numbers the leg anew, as on a redial')
  .action(async (leg: LegName, { name, ...options }: Named & LineOptions) => {
    await openStreet(name).line(leg, lineChange(options))
  })

named('fail', 'break a leg')
  .addArgument(legArgument())
  .addOption(
    new Option('--how <how>', 'carrier loss, or packets vanish and nobody is told')
      .choices(FAILURES)
      .default('link'),
  )
  .action(async (leg: LegName, { name, how }: Named & { how: Failure }) => {
    await openStreet(name).fail(leg, how)
  })

named('heal', 'mend a leg')
  .addArgument(legArgument())
  .action(async (leg: LegName, { name }: Named) => {
    await openStreet(name).heal(leg)
  })

named('restart', 'end a daemon and start it again, or start it if it does not run')
  .addArgument(new Argument('<daemon>').choices(DAEMONS))
  .option('--signal <name>', 'TERM, KILL, ...', signalName, 'SIGTERM' as NodeJS.Signals)
  .action(async (daemon: DaemonName, { name, signal }: Named & { signal: NodeJS.Signals }) => {
    const pid = await openStreet(name).restart(daemon, signal)
    console.log(`${daemon} serves, pid ${pid}`)
  })

named('down', 'and everything is gone; also after a crash').action(async ({ name }: Named) => {
  if (!(await takeDown(name))) console.log(`Nothing of street ${name} stands`)
})

lab
  .command('pairs')
  .description('the pairs of lines that `up --pair` knows')
  .action(() => {
    for (const [name, { about }] of Object.entries(PAIRS))
      console.log(`${name.padEnd(18)} ${about}`)
  })

try {
  await lab.parseAsync()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

type LineOptions = Omit<LineChange, 'nat'> & { readonly nat?: 'on' | 'off' }

function lineChange({ nat, ...rest }: LineOptions): LineChange {
  return nat === undefined ? rest : { ...rest, nat: nat === 'on' }
}

/** Run `argv` in `place` as if it had been typed there; answers its exit status. */
function execute(name: string, place: Place, argv: readonly string[]): Promise<number> {
  // Under npm the working directory is the project; the one the user stands in is INIT_CWD.
  const cwd = process.env['INIT_CWD'] ?? process.cwd()
  const child = openStreet(name).spawn(place, argv, { stdio: 'inherit', cwd })
  // A terminal's interrupt reaches the child by itself; we must only live until it has ended.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? shellStatus(signal)))
  })
}

function named(command: string, description: string): Command {
  return lab
    .command(command)
    .description(description)
    .option('--name <name>', 'of the street, for two side by side', DEFAULT_NAME)
}

function legArgument(): Argument {
  return new Argument('<leg>').choices(LEGS)
}

function pairOption(): Option {
  return new Option('--pair <pair>', 'the two lines; see `pairs`').default(DEFAULT_PAIR)
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`)
  }
}

function signalName(text: string): NodeJS.Signals {
  const name = text.toUpperCase()
  const full = name.startsWith('SIG') ? name : `SIG${name}`
  if (full in constants.signals) return full as NodeJS.Signals
  throw new InvalidArgumentError('It must be the name of a signal, such as TERM or KILL.')
}
