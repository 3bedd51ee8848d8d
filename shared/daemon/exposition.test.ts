import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exposition } from './exposition.ts'
import { counter, gauge } from './metric.ts'
import { processMetrics } from './own-metrics.ts'

const house = {
  doors: counter('house_doors_total', 'Doors that were opened', ['side']),
  warmth: gauge('house_warmth_celsius', 'How warm it is'),
}

test('a value is said with its help, its type and its labels', async () => {
  const text = await new Exposition(house).render((say) => {
    say(house.doors, 3, { side: 'a "quoted" \n one' })
    say(house.warmth, 21.5)
  })
  assert.deepEqual(text.trim().split('\n'), [
    '# HELP house_doors_total Doors that were opened',
    '# TYPE house_doors_total counter',
    'house_doors_total{side="a \\"quoted\\" \\n one"} 3',
    '',
    '# HELP house_warmth_celsius How warm it is',
    '# TYPE house_warmth_celsius gauge',
    'house_warmth_celsius 21.5',
  ])
})

test('what is not known does not appear, not as 0 either, though it was said before', async () => {
  const exposition = new Exposition(house)
  await exposition.render((say) => {
    say(house.doors, 3, { side: 'front' })
    say(house.warmth, 21)
  })
  const text = await exposition.render((say) => {
    say(house.doors, undefined, { side: 'front' })
    say(house.warmth, Number.NaN)
  })
  assert.doesNotMatch(text, /^house/m)
})

test('a counter is what was counted elsewhere, and not a sum of scrapes', async () => {
  const exposition = new Exposition(house)
  await exposition.render((say) => say(house.doors, 3, { side: 'front' }))
  const text = await exposition.render((say) => say(house.doors, 4, { side: 'front' }))
  assert.match(text, /^house_doors_total\{side="front"\} 4$/m)
})

test('a counter that would be less than 0 is 0, and costs nobody the rest; a gauge may be', async () => {
  const text = await new Exposition(house).render((say) => {
    say(house.doors, -1, { side: 'front' })
    say(house.warmth, -3)
  })
  assert.match(text, /^house_doors_total\{side="front"\} 0$/m)
  assert.match(text, /^house_warmth_celsius -3$/m)
})

test('a metric that no catalogue declares is a mistake of ours', async () => {
  const stray = gauge('house_stray', 'Of nobody')
  await assert.rejects(
    new Exposition(house).render((say) => say(stray, 1)),
    /house_stray is in no catalogue/,
  )
})

test('the process tells of its event loop and its memory, and lists no files for it', async () => {
  const text = await new Exposition(house).withProcess().render(() => undefined)
  for (const { name, kind } of Object.values(processMetrics)) {
    assert.match(text, new RegExp(`^# TYPE ${name} ${kind}\\n${name} \\d`, 'm'))
  }
  assert.doesNotMatch(text, /process_open_fds/)
})
