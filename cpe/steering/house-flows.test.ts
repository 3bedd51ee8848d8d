import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL_WELL } from '../../shared/core/service-class.ts'
import { type HouseFlow, marked } from './house-flows.ts'

test('who is barred from LTE is dsl-only meanwhile, in the class that LTE helps and in no other', () => {
  const flows: HouseFlow[] = [flow(1, 'overflow'), flow(2, 'overflow'), flow(3, 'lte-only')]
  const help = { helps: () => true, bars: (token: number) => token !== 2 }
  assert.deepEqual(
    [...marked(flows, help, false, ALL_WELL, () => 'free')].map(({ serviceClass, helped }) => [
      serviceClass,
      helped,
    ]),
    [
      ['dsl-only', false],
      ['overflow', true],
      ['lte-only', false],
    ],
  )
})

function flow(token: number, serviceClass: HouseFlow['serviceClass']): HouseFlow {
  return { token, pooled: false, serviceClass, bulk: true, upBytes: 0, downBytes: 0 }
}
