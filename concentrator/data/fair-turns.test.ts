import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Loop } from '../../shared/relay/loop.ts'
import { FairTurns } from './fair-turns.ts'

test('sources take turns, and each is served in the order in which it came', () => {
  const { served, ask, round } = street()
  for (const name of ['A1', 'A2', 'A3', 'B1', 'C1', 'C2']) ask(name)
  round()
  assert.deepEqual(served, ['A1', 'B1', 'C1', 'A2', 'C2', 'A3'])
})

test('a burst leaves room for others after a few', () => {
  const { served, ask, round } = street()
  for (let i = 0; i < 100; i++) ask(`A${i}`)
  round()
  assert.equal(served.length, 8)
  ask('B1')
  round()
  assert.ok(served.indexOf('B1') <= 9, served.join(' '))
  for (let i = 0; i < 20; i++) round()
  assert.equal(served.length, 101)
})

test('who asks again on its turn comes after the others', () => {
  const { served, ask, round } = street((name) => name === 'A1' && ask('A2'))
  ask('A1')
  ask('B1')
  round()
  round()
  assert.deepEqual(served, ['A1', 'B1', 'A2'])
})

function street(onServed: (name: string) => unknown = () => undefined) {
  const loop = new Loop()
  const turns = new FairTurns(loop)
  const served: string[] = []
  return {
    served,
    ask: (name: string) => {
      const onItsTurn = () => {
        served.push(name)
        onServed(name)
      }
      turns.queue(name.charCodeAt(0), { onItsTurn })
    },
    round: () => loop.round(0),
  }
}
