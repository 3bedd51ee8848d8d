import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { LegName } from '../../shared/core/leg.ts'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import { HomeControl } from './session.ts'

test('a leg over which it cannot be opened is followed by the other, and a dead one is not tried', async () => {
  const home = new Home()
  await home.lives(async () => {
    while (home.dialled.length < 2) await turn()
    home.up.delete('dsl')
    home.dialled.length = 0
    while (home.dialled.length < 2) await turn()
  })
  assert.deepEqual(home.dialled, ['lte', 'lte'])
  assert.deepEqual(home.first, ['dsl', 'lte'])
  assert.deepEqual(home.failures, [])
})

test('without a leg nothing is tried, and a leg that comes up is tried at once', async () => {
  const home = new Home()
  home.up.clear()
  await home.lives(async () => {
    while (home.waitedMs < 3_000) await turn()
    assert.deepEqual(home.dialled, [])
    home.up.add('lte')
    while (home.dialled.length === 0) await turn()
  })
  assert.equal(home.dialled[0], 'lte')
})

test('while it is not open the path manager has no connection of it to care for', () => {
  assert.deepEqual([...new Home().control.flows()], [])
})

class Home {
  readonly up = new Set<LegName>(['dsl', 'lte'])
  readonly dialled: LegName[] = []
  readonly first: LegName[] = []
  readonly failures: unknown[] = []
  readonly control: HomeControl
  waitedMs = 0

  constructor() {
    const unheard = () => undefined
    this.control = new HomeControl({
      id: 'home-1',
      credential: credentialOf(new Uint8Array(16)),
      software: 'hybridge test',
      board: {
        leg: (leg) => ({
          up: this.up.has(leg),
          ifIndex: 1,
          srttUs: 0,
          address4: undefined,
          address6: undefined,
        }),
      },
      dial: (leg) => {
        this.dialled.push(leg)
        if (this.first.length < 2) this.first.push(leg)
        return Promise.reject(new Error('no answer'))
      },
      chance: () => 0,
      wait: async (ms) => {
        this.waitedMs += ms
        await turn()
      },
      log: paintedLog(unheard),
      timeIs: unheard,
      policy: unheard,
      concentrators: unheard,
      cookie: unheard,
      speedTest: unheard,
      opened: unheard,
      heard: unheard,
      pace: (reportMs) => reportMs,
      report: () => {
        throw new Error('there is nothing to report to')
      },
    })
  }

  async lives(story: () => Promise<void>): Promise<void> {
    const stop = new AbortController()
    const kept = this.control.keep(stop.signal, (error) => this.failures.push(error))
    await story()
    stop.abort()
    await kept
  }
}
