/**
 * What control sessions cost a concentrator: memory of each, a core's share with a report every 10 s, and how long an
 * operator's change takes to be applied.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONCENTRATOR } from '../lab/addresses.ts'
import { tokenPath } from '../lab/daemons.ts'
import type { Street } from '../lab/lab.ts'
import { cpuMs, pssBytes } from './process-cost.ts'

export interface SessionCosts {
  readonly sessions: number
  readonly bytesEach: number
  /** Part of one core, at rest. */
  readonly coreShare: number
  /** Milliseconds from the operator's order until the homes had it, one for each home and order. */
  readonly appliedMs: readonly number[]
}

export async function measureSessions(
  street: Street,
  {
    homes,
    restS,
    changes,
  }: { readonly homes: number; readonly restS: number; readonly changes: number },
): Promise<SessionCosts> {
  const { pid } = (await street.status()).daemons.concentrator
  if (pid === null) throw new Error('The concentrator does not run')
  const before = pssBytes(pid)
  const argv = [
    'node',
    CLIENT,
    CONCENTRATOR.own.ipv4,
    String(PORT),
    String(homes),
    String(REPORT_S),
  ]
  const client = street.spawn('access', argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (client.stdout === null) throw new Error('Cannot hear the homes')
  let open = 0
  const heard: Array<{ readonly version: string; readonly atMs: number }> = []
  createInterface(client.stdout).on('line', (line) => {
    const told = JSON.parse(line) as { open: number } | { version: string; atMs: number }
    if ('open' in told) open = told.open
    else heard.push(told)
  })
  while (open < homes) {
    if (client.exitCode !== null) throw new Error(`Only ${open} of ${homes} homes came`)
    await sleep(200)
  }
  await sleep(1_000 * REPORT_S)
  const bytesEach = (pssBytes(pid) - before) / homes
  const usedMs = cpuMs(pid)
  await sleep(restS * 1_000)
  const coreShare = (cpuMs(pid) - usedMs) / (restS * 1_000)

  const appliedMs: number[] = []
  for (let i = 0; i < changes; i++) {
    heard.length = 0
    const toldMs = Date.now()
    await setPolicy(street, i)
    while (heard.length < homes) await sleep(20)
    appliedMs.push(...heard.map(({ atMs }) => atMs - toldMs))
  }
  client.kill()
  return { sessions: open, bytesEach, coreShare, appliedMs }
}

/** The concentrator's configuration for so many homes. */
export function manyHomes(homes: number) {
  const subscribers = Array.from({ length: homes }, (_, number) => ({
    id: `home-${number}`,
    secret: Buffer.from(secretOf(number)).toString('hex'),
  }))
  return { subscribers, control: { port: PORT, reportS: REPORT_S } }
}

export function secretOf(number: number): Uint8Array {
  return Buffer.from(hash('sha256', `home ${number}`, 'hex'), 'hex')
}

/** Of the plan that all homes have, as an operator's system does it. */
async function setPolicy(street: Street, round: number): Promise<void> {
  const token = readFileSync(tokenPath(street.name), 'utf8').trim()
  const policy = { overflow: { trialS: 10 + (round % 50) } }
  const [method, path, body] =
    round === 0
      ? ['POST', '', { id: 'default', policy }]
      : (['PATCH', '/default', { policy }] as const)
  const headers = [
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    'if-match: *',
  ]
  const { status, stdout } = await street.exec('concentrator', [
    ...['curl', '-s', '--fail-with-body', '-X', method, '-d', JSON.stringify(body)],
    ...headers.flatMap((header) => ['-H', header]),
    `http://127.0.0.1:8804/v1/plans${path}`,
  ])
  if (status !== 0) throw new Error(`Cannot change the plan: ${stdout}`)
}

const CLIENT = new URL('sessions-client.ts', import.meta.url).pathname
const PORT = 8_805
const REPORT_S = 10
