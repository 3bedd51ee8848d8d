import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Watcher } from './loop.ts'
import { Share } from './share.ts'

test('what a share leaves is taken in the next round, without a word of the kernel', () => {
  const { share, round, state } = shareOf(150)
  share.onReady()
  assert.equal(state.left, 86)
  round()
  round()
  round()
  assert.deepEqual([state.left, state.shares], [0, 3])
})

test('who hears in every round takes one share in each', () => {
  const { share, round, state } = shareOf(10_000)
  for (let i = 0; i < 10; i++) {
    share.onReady()
    round()
  }
  // The first round has the share of its word besides.
  assert.equal(state.shares, 11)
})

function shareOf(there: number) {
  const state = { left: there, shares: 0 }
  let turns: Watcher[] = []
  const share = new Share({ soon: (watcher) => void turns.push(watcher) }, () => {
    state.shares += 1
    const taken = Math.min(64, state.left)
    state.left -= taken
    return taken === 64
  })
  return {
    share,
    state,
    round: () => {
      const now = turns
      turns = []
      for (const watcher of now) watcher.onTurn()
    },
  }
}
