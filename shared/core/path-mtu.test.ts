import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PathMtu } from './path-mtu.ts'

const S = 1_000_000

test('the longest length that is answered is found in one round trip', () => {
  const path = new Path(1_500)
  path.run(S)
  assert.deepEqual([path.mtu.known, path.mtu.mtu], [true, 1_500])
  assert.equal(path.asked.length, 8)
})

for (const mtu of [1_492, 1_460, 1_280]) {
  test(`a path of ${mtu} is found when the longer ones stay unanswered`, () => {
    const path = new Path(mtu)
    path.run(S)
    assert.deepEqual([path.mtu.known, path.mtu.mtu], [true, mtu])
  })
}

test('the reply to a short question says nothing of length', () => {
  const mtu = new PathMtu()
  mtu.due(true, 0)
  mtu.hear(76, 10_000)
  mtu.due(true, S)
  assert.deepEqual([mtu.known, mtu.mtu], [false, 1_280])
})

test('a path between two lengths gets the shorter', () => {
  const path = new Path(1_430)
  path.run(S)
  assert.equal(path.mtu.mtu, 1_400)
})

test('a path that shrinks while long frames are sent is found again in two seconds', () => {
  const path = new Path(1_500)
  path.run(S)
  path.carries = 1_400
  path.run(3 * S)
  assert.equal(path.mtu.mtu, 1_400)
})

test('a path that has grown is found after ten minutes', () => {
  const path = new Path(1_400)
  path.run(S)
  path.carries = 1_500
  path.run(590 * S)
  assert.equal(path.mtu.mtu, 1_400)
  path.run(602 * S)
  assert.equal(path.mtu.mtu, 1_500)
})

test('a path that answers nothing stays unknown, and is asked again', () => {
  const path = new Path(0)
  path.run(S)
  assert.equal(path.mtu.known, false)
  path.carries = 1_500
  path.run(2 * S)
  assert.equal(path.mtu.mtu, 1_500)
})

test('nothing is asked while only short frames are sent', () => {
  const path = new Path(1_500)
  path.run(S)
  const asked = path.asked.length
  path.busy = false
  path.run(3_000 * S)
  assert.equal(path.asked.length, asked)
})

/** A path of a round trip of 40 ms, asked every 10 ms. */
class Path {
  readonly mtu = new PathMtu()
  readonly asked: number[] = []
  carries: number
  busy = true
  #nowUs = 0
  #answers: Array<{ readonly atUs: number; readonly mtu: number }> = []

  constructor(carries: number) {
    this.carries = carries
  }

  run(untilUs: number): void {
    for (; this.#nowUs < untilUs; this.#nowUs += 10_000) {
      for (const { atUs, mtu } of this.#answers) if (atUs <= this.#nowUs) this.mtu.hear(mtu, atUs)
      this.#answers = this.#answers.filter(({ atUs }) => atUs > this.#nowUs)
      for (const mtu of this.mtu.due(this.busy, this.#nowUs)) {
        this.asked.push(mtu)
        if (mtu <= this.carries) this.#answers.push({ atUs: this.#nowUs + 40_000, mtu })
      }
    }
  }
}
