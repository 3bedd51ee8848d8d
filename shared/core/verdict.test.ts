import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paintEvening } from './evening.fake.ts'
import { CAUSES, type Cause, causeOf, judge, type Limit, type Verdict } from './verdict.ts'
import type { HomeInterval, LegInterval, StreetInterval } from './verdict-facts.ts'
import { HOUSEHOLD_ENGLISH } from './verdict-household.ts'
import { overSpan } from './verdict-span.ts'
import { sentenceFor } from './verdict-words.ts'

/** Bytes a millisecond of a Mbit/s. */
const MBPS = 125
const NAMES = Object.keys(CAUSES) as Cause[]

test('a home that asks for little has all it wants', () => {
  const { limit, efficiency } = judge(home({}), street({}))
  assert.deepEqual({ limit, efficiency }, { limit: 'demand/met', efficiency: 1 })
})

test('a home whose own speed test filled the lines is not told that they are full', () => {
  const tested = { ...home(greedy), testedShare: 0.2 }
  const { limit, carried, efficiency } = judge(tested, waits)
  assert.deepEqual([limit, efficiency], ['demand/tested', undefined])
  assert.ok(Math.abs(carried - 34.6 * MBPS) < 1, `${carried}`)
  assert.equal(judge({ ...tested, testedShare: undefined }, waits).limit, 'dsl-sync/full')
})

test('a home that asks for nothing is idle', () => {
  const idle = home({ dsl: { down: 0.01, up: 0.01 } })
  assert.equal(judge(idle, street({})).limit, 'demand/idle')
})

/** A download that wants more than there is, on a DSL of 16 and an LTE of 20 Mbit/s. */
const greedy = { dsl: { down: 15.6 }, lte: { down: 19 }, helpShare: 0.9 }
const waits = street({ heldShare: 0.9 })

for (const [scene, seen, told, limit] of [
  ['both lines full', home(greedy), waits, 'dsl-sync/full'],
  ['no LTE', home({ ...greedy, lte: { upShare: 0 }, helpShare: 0 }), waits, 'dsl-sync/full'],
  ['DSL pulled', home({ ...greedy, dsl: { upShare: 0 } }), waits, 'dsl-sync/down'],
  ['LTE at its cap', home({ ...greedy, lte: { down: 7.9, cap: 8 } }), waits, 'lte-cap/full'],
  [
    'LTE at its cap while it helped',
    home({ ...greedy, lte: { down: 4.8, cap: 8 }, helpShare: 0.6 }),
    waits,
    'lte-cap/full',
  ],
  [
    'budget spent',
    home({ ...greedy, lte: {}, leave: 'spent', helpShare: 0 }),
    waits,
    'lte-budget/spent',
  ],
  [
    'LTE abroad',
    home({ ...greedy, lte: { upShare: 0 }, leave: 'roaming' }),
    waits,
    'lte-budget/roaming',
  ],
  [
    'LTE throttled',
    home({ ...greedy, lte: { down: 1 }, leave: 'throttled' }),
    waits,
    'lte-budget/throttled',
  ],
  ['crowded cell', home({ ...greedy, lte: { down: 6, queueMs: 180 } }), waits, 'cell/congested'],
  [
    'LTE kept out for it slowed DSL down',
    home({ ...greedy, lte: {}, helpShare: 0, keptOutShare: 0.9 }),
    waits,
    'cell/congested',
  ],
  [
    'crowded cell in front of which bbr keeps no queue',
    home({ ...greedy, lte: { down: 8, queueMs: 0.2 } }),
    street({ heldShare: 0.9, windowShare: 0 }),
    'cell/congested',
  ],
  [
    'LTE that a window holds',
    home({ ...greedy, lte: { down: 8, queueMs: 0.2 } }),
    street({ heldShare: 0.9, windowShare: 0.9 }),
    'window/room left',
  ],
  ['LTE loses', home({ ...greedy, lte: { down: 6, lost: 0.02 } }), waits, 'lossy-leg/lte'],
  ['DSL loses', home({ ...greedy, dsl: { down: 7, lost: 0.01 }, lte: {} }), waits, 'lossy-leg/dsl'],
  [
    'neither full',
    home({ ...greedy, dsl: { down: 9 }, lte: { down: 6 } }),
    waits,
    'window/room left',
  ],
  [
    'a window in which DSL has shown no more than it lets through',
    home({ ...greedy, lte: {}, helpShare: 0 }),
    street({ heldShare: 0.9, windowShare: 0.8, processor: 0.85 }),
    'window/room left',
  ],
  [
    'concentrator wanted for most of the time, and nothing else tells why',
    home({ ...greedy, dsl: { down: 9 }, lte: { down: 6 } }),
    street({ heldShare: 0.9, processor: 0.84 }),
    'concentrator/busy',
  ],
  ['plain TCP', home({ ...greedy, lte: {}, plainShare: 0.98 }), waits, 'stripped/plain TCP'],
  [
    'router busy',
    home({ ...greedy, lte: { down: 4 }, processor: 0.99 }),
    waits,
    'cpe-processor/busy',
  ],
  [
    'concentrator busy',
    home({ dsl: { down: 9 } }),
    street({ servedShare: 0.9, processor: 0.99 }),
    'concentrator/busy',
  ],
  [
    'concentrator away',
    home({ ...greedy, lte: {}, helpShare: 0, bondedShare: 0 }),
    undefined,
    'concentrator/away',
  ],
  ['slow server', home({ dsl: { down: 6 } }), street({ servedShare: 0.95 }), 'far-server/slow'],
  [
    'server full',
    home({ dsl: { up: 1 }, upHeld: 0.9 }),
    street({ serverHeldShare: 0.95 }),
    'far-server/takes no more',
  ],
  [
    'slow Wi-Fi',
    home({ dsl: { down: 6 }, lanHeldShare: 0.9 }),
    street({ heldShare: 0.9 }),
    'demand/device',
  ],
] as const satisfies ReadonlyArray<
  readonly [string, HomeInterval, StreetInterval | undefined, Limit]
>) {
  test(`${scene}: ${limit}`, () => {
    assert.equal(judge(seen, told).limit, limit)
  })
}

test('what acknowledges a download wants nothing, though it never was more, and DSL has a queue', () => {
  const film = home({
    dsl: { down: 14.5, up: 0.5, capacityUp: 0.5, queueMs: 90 },
    lte: { down: 19 },
    helpShare: 0.9,
  })
  const { limit, direction } = judge(film, waits)
  assert.deepEqual([limit, direction], ['dsl-sync/full', 'down'])
})

test('a home whose lines are both down is not well, and its concentrator is not to blame', () => {
  const lines = { dsl: { upShare: 0 }, lte: { upShare: 0 }, bondedShare: 0 }
  for (const seen of [home(lines), home({ ...lines, upHeld: 0.9 })]) {
    assert.equal(judge(seen, undefined).limit, 'dsl-sync/down')
  }
})

test('no sentence for the household says that DSL works: a limit is told of one that is down too', () => {
  const down = home({ ...greedy, dsl: { upShare: 0 }, lte: { down: 6, queueMs: 180 } })
  assert.equal(judge(down, waits).limit, 'cell/congested')
  for (const sentence of Object.values(HOUSEHOLD_ENGLISH)) {
    assert.doesNotMatch(
      sentence,
      /DSL works,|DSL is full|DSL and mobile work|[Bb]oth lines work|line is well/,
    )
  }
})

test('efficiency is what was carried over what the legs and the policy allowed', () => {
  const both = judge(home({ ...greedy, dsl: { down: 8 }, lte: { down: 10 } }), waits)
  assert.equal(both.efficiency, 18 / 36)
  const spent = home({ ...greedy, dsl: { down: 15.2 }, lte: {}, leave: 'spent' })
  assert.equal(judge(spent, waits).efficiency, 15.2 / 16)
  const away = home({ ...greedy, dsl: { down: 9, capacity: undefined }, lte: {} })
  assert.equal(judge(away, waits).efficiency, undefined)
})

test('a film in chunks, each of which fills DSL, is a demand that is met', () => {
  const film = home({ dsl: { down: 5 }, helpShare: 0.05 })
  assert.equal(judge(film, street({ heldShare: 0.3 })).limit, 'demand/met')
})

test('where the concentrator has told nothing, a full DSL says that somebody waited', () => {
  assert.equal(judge(home(greedy), undefined).limit, 'dsl-sync/full')
  assert.equal(judge(home({}), undefined).limit, 'demand/met')
})

test('of two directions the one that misses more is told', () => {
  const both = home({
    ...greedy,
    dsl: { down: 8, up: 3.1 },
    lte: { down: 6, up: 7.8 },
    upHeld: 0.9,
  })
  const { direction, limit } = judge(both, waits)
  assert.deepEqual({ direction, limit }, { direction: 'down', limit: 'window/room left' })
  const upload = home({ dsl: { down: 1, up: 3.1 }, upHeld: 0.9 })
  assert.equal(judge(upload, street({})).direction, 'up')
})

test('a loss at the end of a queue is no lossy line', () => {
  const queue = home({ ...greedy, dsl: { down: 9, lost: 0.02, queueMs: 120 }, lte: { down: 6 } })
  assert.equal(judge(queue, waits).limit, 'window/room left')
})

test('every limit has a sentence for the household and one with numbers for the network', () => {
  const limits = NAMES.flatMap((cause) => CAUSES[cause].map((way) => `${cause}/${way}` as Limit))
  assert.deepEqual(Object.keys(HOUSEHOLD_ENGLISH).toSorted(), limits.toSorted())
  for (const limit of limits) {
    const verdict: Verdict = { limit, direction: 'down', carried: 1, allowed: 2, efficiency: 0.5 }
    assert.match(sentenceFor(verdict, home(greedy), waits), /^[A-Z\d].*\d.*\.$/, limit)
  }
})

test('the sentence for the network has the numbers it was judged from', () => {
  const seen = home({ ...greedy, lte: { down: 7.9, cap: 8 } })
  assert.equal(
    sentenceFor(judge(seen, waits), seen, waits),
    'LTE is at its cap: LTE carried 7.9 of 8.0 Mbit/s; DSL carried 15.6 of 16.0 Mbit/s. Down, 98 % of what was allowed.',
  )
})

test('an evening has the verdict of what limited it most often, if that was often enough', () => {
  const full = judge(home(greedy), waits)
  const met = judge(home({}), street({}))
  const evening = (count: number) =>
    overSpan([...Array(count).fill(full), ...Array(10 - count).fill(met)] as Verdict[])
  assert.equal(evening(4)?.limit, 'dsl-sync/full')
  assert.equal(evening(4)?.share, 0.4)
  assert.equal(evening(1)?.limit, 'demand/met')
  assert.equal(overSpan([]), undefined)
})

test('of 1,000 painted evenings with one cause the verdict is right on 95 % and more', () => {
  const wrong: string[] = []
  for (let seed = 0; seed < 1_000; seed++) {
    const cause = NAMES[seed % NAMES.length]!
    const verdicts = paintEvening(cause, seed).map((seen) => judge(seen.home, seen.street))
    const limit = overSpan(verdicts)?.limit
    if (limit === undefined || causeOf(limit) !== cause)
      wrong.push(`seed ${seed}: ${cause} taken for ${limit}`)
  }
  assert.ok(wrong.length <= 50, wrong.join('\n'))
})

interface PaintedLeg {
  readonly down?: number
  readonly up?: number
  readonly upShare?: number
  readonly capacity?: undefined
  readonly capacityUp?: number
  readonly cap?: number
  readonly queueMs?: number
  readonly lost?: number
}

/** A home with a DSL of 16 and 3.2, and an LTE of 20 and 8 Mbit/s. */
function home(scene: {
  readonly dsl?: PaintedLeg
  readonly lte?: PaintedLeg
  readonly leave?: HomeInterval['lte']
  readonly helpShare?: number
  readonly keptOutShare?: number
  readonly bondedShare?: number
  readonly plainShare?: number
  readonly processor?: number
  readonly upHeld?: number
  readonly lanHeldShare?: number
}): HomeInterval {
  const help = scene.helpShare ?? 0
  return {
    legs: {
      dsl: leg({ down: 4, up: 0.3, ...scene.dsl }, 16, 3.2),
      lte: leg({ down: 0, up: 0, ...scene.lte }, 20, 8),
    },
    lte: scene.leave ?? 'allowed',
    helpShare: { down: help, up: help },
    keptOutShare: { down: scene.keptOutShare ?? 0, up: 0 },
    bondedShare: scene.bondedShare ?? 1,
    plainShare: scene.plainShare ?? 0,
    processorShare: scene.processor ?? 0.3,
    up: { heldShare: scene.upHeld ?? 0, servedShare: 0 },
    lanHeldShare: scene.lanHeldShare ?? 0,
  }
}

function leg(painted: PaintedLeg, down: number, up: number): LegInterval {
  const isUp = painted.upShare !== 0
  const known =
    'capacity' in painted
      ? { down: undefined, up: undefined }
      : { down: down * MBPS, up: (painted.capacityUp ?? up) * MBPS }
  const lost = painted.lost ?? 0
  return {
    upShare: painted.upShare ?? 1,
    carried: {
      down: isUp ? (painted.down ?? 0) * MBPS : 0,
      up: isUp ? (painted.up ?? 0) * MBPS : 0,
    },
    capacity: known,
    cap: { down: painted.cap && painted.cap * MBPS, up: undefined },
    queueMs: painted.queueMs ?? 5,
    lostShare: { down: lost, up: lost },
  }
}

function street(scene: {
  readonly heldShare?: number
  readonly servedShare?: number
  readonly windowShare?: number
  readonly serverHeldShare?: number
  readonly processor?: number
}): StreetInterval {
  return {
    processorShare: scene.processor ?? 0.3,
    down: {
      heldShare: scene.heldShare ?? 0,
      servedShare: scene.servedShare ?? 0,
      windowShare: scene.windowShare ?? 0,
    },
    serverHeldShare: scene.serverHeldShare ?? 0,
  }
}
