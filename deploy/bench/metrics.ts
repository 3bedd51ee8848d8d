/**
 * What being watched costs: how long a scrape of so many painted homes takes, and what scrapes every 5 s take from two
 * relays and their processors.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { DAEMONS } from '../lab/daemons.ts'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { running } from '../lab/processes.ts'
import { iperf } from './iperf.ts'
import { percentileOf } from './percentile.ts'
import { cpuMs, mainThreadCpuMs } from './process-cost.ts'
import { row } from './table.ts'

export const metricsBench = new Command('metrics')
  .description('a scrape of many homes, and what scrapes every 5 s cost relays')
  .option('--homes <n>', 'painted', Number, 20_000)
  .option('--rounds <n>', 'of rates with and without scrapes', Number, 3)
  .option('--seconds <n>', 'of each rate', Number, 10)
  .action(async (options: { homes: number; rounds: number; seconds: number }) => {
    row('homes', 'answer', 'ms p50', 'ms max', 'CPU ms', 'MB', 'away ms')
    for (const encoding of ['identity', 'gzip'] as const) {
      const { tookMs, spentMs, bytes, awayMs } = await scrapePainted(options.homes, encoding)
      row(
        String(options.homes),
        encoding,
        percentileOf(tookMs, 50).toFixed(0),
        Math.max(...tookMs).toFixed(0),
        spentMs.toFixed(0),
        (bytes / 1e6).toFixed(1),
        awayMs.toFixed(0),
      )
    }
    await using street = await raiseStreet({ name: 'hyb-scrape', plainLines: true })
    row('\ndaemon', 'ms a scrape', '% of a core')
    for (const { daemon, ms } of await costOfScrapes(street)) {
      row(daemon, ms.toFixed(1), ((100 * ms) / SCRAPE_EVERY_MS).toFixed(2))
    }
    row('\nrelay', 'Mbit/s', 'scraped', 'ratio')
    for (let round = 0; round < options.rounds; round++) {
      const alone = await relayed(street, options.seconds)
      let scrape = Promise.resolve()
      const scraping = setInterval(() => {
        scrape = scrapeBoth(street)
      }, SCRAPE_EVERY_MS)
      const scraped = await relayed(street, options.seconds)
      clearInterval(scraping)
      await scrape
      row(`round ${round + 1}`, alone.toFixed(0), scraped.toFixed(0), (scraped / alone).toFixed(3))
    }
  })

/** By a process of its own, as a Prometheus would. `spentMs`: processor time of each scrape; `awayMs`: its thread from its event loop, at most. */
async function scrapePainted(
  homes: number,
  encoding: 'gzip' | 'identity',
): Promise<{ tookMs: number[]; spentMs: number; bytes: number; awayMs: number }> {
  const child = spawn('node', [PAINTED, String(homes)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const [port] = (await once(lines, 'line')) as [string]
  const url = `http://127.0.0.1:${port}/metrics`
  const beforeMs = cpuMs(child.pid ?? null)
  const tookMs: number[] = []
  let bytes = 0
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const beganMs = performance.now()
    const argv = ['-s', '-o', '/dev/null', '-w', '%{size_download}']
    const curl = spawn('curl', [...argv, '-H', `accept-encoding: ${encoding}`, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(createInterface(curl.stdout), 'line')) as [string]
    tookMs.push(performance.now() - beganMs)
    bytes = Number(said)
  }
  const spentMs = (cpuMs(child.pid ?? null) - beforeMs) / SCRAPES
  const told = once(lines, 'line') as Promise<[string]>
  child.stdin.write('\n')
  const [awayMs] = await told
  return { tookMs, spentMs, bytes, awayMs: Number(awayMs) }
}

/** Of the thread that steers, for each scrape: processor time beyond that of as long a rest. */
async function costOfScrapes(street: Street): Promise<Array<{ daemon: string; ms: number }>> {
  const spentMs = () =>
    DAEMONS.map((daemon) => mainThreadCpuMs(running(street.name, daemon)?.pid ?? null))
  for (let scrape = 0; scrape < WARM_UP; scrape++) await scrapeBoth(street)
  const before = spentMs()
  const beganMs = performance.now()
  for (let scrape = 0; scrape < SCRAPES_OF_COST; scrape++) await scrapeBoth(street)
  const tookMs = performance.now() - beganMs
  const scraped = spentMs()
  await new Promise((rested) => void setTimeout(rested, tookMs))
  const rested = spentMs()
  return DAEMONS.map((daemon, i) => {
    const alone = rested[i]! - scraped[i]!
    return { daemon, ms: Math.max(0, scraped[i]! - before[i]! - alone) / SCRAPES_OF_COST }
  })
}

async function scrapeBoth(street: Street): Promise<void> {
  await Promise.all(
    DAEMONS.map(async (daemon) => {
      const url = `http://127.0.0.1:${PORTS[daemon]}/metrics`
      const { status } = await street.exec(daemon, ['curl', '-sf', '-o', '/dev/null', url])
      if (status !== 0) throw new Error(`Cannot scrape ${daemon}`)
    }),
  )
}

function relayed(street: Street, seconds: number): Promise<number> {
  return iperf(street, { direction: 'down', seconds, omitS: 1, flows: FLOWS })
}

const PAINTED = new URL('../../concentrator/control/home-series.bench.ts', import.meta.url).pathname
const PORTS = { cpe: 9_803, concentrator: 9_804 } as const
const SCRAPE_EVERY_MS = 5_000
const SCRAPES = 10
const WARM_UP = 20
const SCRAPES_OF_COST = 100
const FLOWS = 8
