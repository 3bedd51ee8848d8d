import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TerminateCause } from '../../../shared/wire/radius-attributes.ts'
import { NO_OCTETS } from '../../subscribers/usage.ts'
import { AccountedSessions } from './accounted-sessions.ts'
import type { AccountingRecord } from './accounting-record.ts'

test('a session is told when it starts, every interim, and when it has stopped', () => {
  const { sessions, told } = opened(11_000)
  sessions.came('home-1', '203.0.113.2', 0)
  sessions.used('home-1', { ...NO_OCTETS, dslDown: 7 })
  sessions.turn(299_000)
  sessions.turn(300_000)
  sessions.used('home-1', { ...NO_OCTETS, dslDown: 1, lteUp: 2 })
  sessions.went('home-1', TerminateCause.lostCarrier, 400_000)
  sessions.turn(410_000)
  assert.deepEqual(told.map(spoken), ['start 1 at 0', 'interimUpdate 1 at 300 (0 7 0 0)'])
  // Counted when it had ended, of what it had carried.
  sessions.used('home-1', { ...NO_OCTETS, dslDown: 4 })
  sessions.turn(411_000)
  assert.equal(told.map(spoken).at(-1), 'stop 1 at 400 (0 12 2 0) for 2')
  sessions.turn(900_000)
  assert.equal(told.length, 3)
})

test('what comes late is the new session’s where there is one', () => {
  const { sessions, told } = opened(11_000)
  sessions.came('home-1', '::1', 0)
  sessions.went('home-1', TerminateCause.lostCarrier, 1_000)
  sessions.came('home-1', '::1', 2_000)
  sessions.used('home-1', { ...NO_OCTETS, lteDown: 5 })
  assert.equal(sessions.userOf('1'), undefined)
  assert.equal(sessions.userOf('2'), 'home-1')
  sessions.endAll(TerminateCause.adminReboot, 3_000)
  assert.deepEqual(told.map(spoken).toSorted(), [
    'start 1 at 0',
    'start 2 at 2',
    'stop 1 at 1 (0 0 0 0) for 2',
    'stop 2 at 3 (0 0 0 5) for 7',
  ])
})

test('where nothing is counted no octets are told, and a stop waits for nothing', () => {
  const { sessions, told } = opened(undefined)
  sessions.came('home-1', '::1', 0)
  sessions.went('home-1', TerminateCause.adminReset, 5_000)
  assert.deepEqual(told.map(spoken), ['start 1 at 0', 'stop 1 at 5 for 6'])
})

test('a clock that is put back or forth delays no stop, and no interim by more than one', () => {
  const { sessions, told } = opened(11_000)
  sessions.came('a', '::1', 1e12)
  sessions.came('b', '::1', 1e12)
  sessions.went('b', TerminateCause.lostCarrier, 1e12)
  sessions.turn(1e12 - 86_400_000)
  assert.deepEqual(
    told.slice(2).map(({ status, about }) => `${about?.user} ${status}`),
    ['a interimUpdate', 'b stop'],
  )
  sessions.turn(1e12 - 86_400_000 + 300_000)
  assert.equal(told.length, 5)
})

function opened(settleMs: number | undefined) {
  const told: AccountingRecord[] = []
  let born = 0
  const sessions = new AccountedSessions({
    tell: (record) => told.push(record),
    interimMs: 300_000,
    settleMs,
    newSessionId: () => String(++born),
  })
  return { sessions, told }
}

function spoken({ status, session, atMs, about }: AccountingRecord): string {
  const { octets, cause } = about ?? {}
  const counted = status !== 'start' && octets !== undefined
  return [
    `${status} ${session} at ${atMs / 1_000}`,
    ...(counted ? [`(${Object.values(octets).join(' ')})`] : []),
    ...(cause === undefined ? [] : [`for ${cause}`]),
  ].join(' ')
}
