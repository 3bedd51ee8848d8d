import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Loop } from '../../shared/relay/loop.ts'
import { Agenda, Appointment } from './agenda.ts'

test('who is due soon is looked at when that time has come, not before', () => {
  using loop = new Loop()
  const { agenda, one, looks } = agendaOf(loop)
  agenda.set(one, 5_000, 0)
  assert.equal(agenda.waitMs(0), 5)
  agenda.turn(4_999)
  assert.deepEqual(looks, [])
  agenda.turn(5_000)
  agenda.turn(9_000)
  assert.deepEqual(looks, [5_000])
  assert.equal(agenda.waitMs(9), Infinity)
})

test('who is due now is looked at once at the end of the round, whatever was agreed', () => {
  using loop = new Loop()
  const { agenda, one, looks } = agendaOf(loop)
  agenda.set(one, 900_000, 0)
  agenda.now(one, 1_000)
  agenda.now(one, 2_000)
  agenda.turn(3_000)
  agenda.turn(4_000)
  assert.deepEqual(looks, [3_000])
})

test('who is due late leaves the short list to the timer wheel', () => {
  using loop = new Loop()
  const { agenda, one, looks } = agendaOf(loop)
  const nowUs = loop.nowMs * 1_000
  agenda.now(one, nowUs)
  agenda.turn(nowUs)
  agenda.set(one, nowUs + 30_000, nowUs)
  assert.equal(agenda.waitMs(loop.nowMs), Infinity)
  assert.equal(one.deadline.armed, true)
  agenda.set(one, nowUs + 1_000, nowUs)
  assert.equal(one.deadline.armed, false)
  assert.deepEqual(looks, [nowUs])
})

test('who has gone is not looked at, neither soon nor late', () => {
  using loop = new Loop()
  const { agenda, one, looks } = agendaOf(loop)
  agenda.now(one, 1_000)
  agenda.cancel(one)
  agenda.turn(2_000)
  assert.equal(agenda.waitMs(2), Infinity)
  agenda.set(one, 900_000, 2_000)
  agenda.cancel(one)
  assert.equal(one.deadline.armed, false)
  assert.deepEqual(looks, [])
})

test('an agenda looks at a busy session once a millisecond', () => {
  using loop = new Loop()
  const { agenda, one, looks } = agendaOf(loop)
  agenda.now(one, 10_000)
  agenda.turn(10_000)
  agenda.now(one, 10_200)
  agenda.turn(10_200)
  assert.equal(looks.length, 1)
  assert.equal(agenda.waitMs(10.2).toFixed(1), '0.8')
  agenda.now(one, 11_000)
  agenda.turn(11_000)
  assert.equal(looks.length, 2)
})

function agendaOf(loop: Loop) {
  const looks: number[] = []
  return {
    agenda: new Agenda(loop),
    one: new Appointment(loop, (nowUs) => void looks.push(nowUs)),
    looks,
  }
}
