import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from './hex.fake.ts'
import { encodeQueueRule } from './queue-rule.ts'

test('the rule is one expression: target NFQUEUE, revision 3, one queue, bypass', () => {
  const text = (word: string) => `${Buffer.from(word).toString('hex')}00`
  assert.deepEqual(
    encodeQueueRule('hybridge', 'hold_0', 15_800),
    hex(`
      01 00 0000
      0d00 0100 ${text('hybridge')} 000000
      0b00 0200 ${text('hold_0')} 00
      3800 0480
        3400 0180
          0b00 0100 ${text('target')} 00
          2400 0280
            0c00 0100 ${text('NFQUEUE')}
            0800 0200 00000003
            0c00 0300 b83d 0100 0100 0000`),
  )
})
