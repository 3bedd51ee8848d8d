/**
 * Chance against the Convert codec: messages good, bent and invented, millions of them.
 *
 *   node shared/wire/convert.fuzz.ts --messages 1000000 --seed 1
 *
 * Whatever comes, decoding must end, throw nothing, look at nothing behind the Total Length, and
 * decide nothing on a part of a message, and give something that can be answered. The failure says which seed and message to come back to.
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { mulberry32 } from '../core/chance.fake.ts'
import {
  CONVERT_BYTES_MAX,
  CONVERT_VERSION,
  type ConvertMessage,
  type ConvertTlv,
  decodeConvert,
  encodeConvert,
} from './convert.ts'
import { answerRefusal, readFailure } from './convert-failure.ts'
import { describeTlv } from './convert-words.ts'
import { hex } from './hex.fake.ts'

/**
 * How many of the messages came to which end. Throws an `AssertionError` on the first broken
 * promise.
 */
export function fuzzConvert(messages: number, seed: number): Record<string, number> {
  const random = mulberry32(seed)
  const ends: Record<string, number> = { incomplete: 0, message: 0, refused: 0, alien: 0 }
  for (let i = 0; i < messages; i++) {
    const bytes = invent(random)
    try {
      ends[judge(bytes)]!++
    } catch (cause) {
      const wire = Buffer.from(bytes).toString('hex')
      throw new assert.AssertionError({
        message: `message ${i} of seed ${seed}, ${wire}: ${String(cause)}`,
      })
    }
  }
  return ends
}

function judge(bytes: Uint8Array): string {
  const decoded = decodeConvert(bytes)
  switch (decoded.kind) {
    case 'incomplete':
      assert.ok(decoded.bytesNeeded > bytes.length && decoded.bytesNeeded <= CONVERT_BYTES_MAX)
      break
    case 'message': {
      assert.equal(decoded.bytesUsed, bytes[1]! * 4)
      waitsForTheRest(bytes, decoded.bytesUsed)
      for (const tlv of decoded.message) assert.match(describeTlv(tlv), /^[A-Z][^\n]*$/)
      for (const view of decoded.message.flatMap(viewsOf)) {
        assert.ok(isWithin(view, bytes, decoded.bytesUsed), 'a view past the Total Length')
      }
      looksNoFurther(bytes, decoded.bytesUsed)
      readsItselfBack(decoded.message)
      break
    }
    case 'refused': {
      assert.ok(decoded.received.length <= CONVERT_BYTES_MAX)
      looksNoFurther(bytes, decoded.received.length)
      if (bytes[0] === CONVERT_VERSION) waitsForTheRest(bytes, decoded.received.length)
      const answer = decodeConvert(answerRefusal(decoded))
      assert.ok(answer.kind === 'message' && answer.message[0]?.type === 'error')
      assert.equal(readFailure(answer.message[0])?.code, decoded.code)
      break
    }
    case 'alien':
      break
  }
  return decoded.kind
}

/** The same answer when the byte stream behind the message is another one. */
function looksNoFurther(bytes: Uint8Array, end: number): void {
  const other = Uint8Array.from(bytes)
  for (let at = end; at < other.length; at++) other[at]! ^= 0xff
  assert.deepEqual(decodeConvert(other), decodeConvert(bytes))
}

/** Nothing is decided on a part of it, whatever the part. */
function waitsForTheRest(bytes: Uint8Array, end: number): void {
  for (const seen of [0, 3, 4, 5, end >> 1, end - 1]) {
    if (seen >= end) continue
    const bytesNeeded = seen < 4 ? 4 : end
    const decoded = decodeConvert(bytes.subarray(0, seen))
    assert.deepEqual(decoded, { kind: 'incomplete', bytesNeeded })
  }
}

/** What was understood, said in our own words, is understood the same. */
function readsItselfBack(message: ConvertMessage): void {
  // A peer may announce kinds that we must not; then there are no words of ours for it.
  for (const tlv of message) {
    if (tlv.type !== 'supportedTcpExtensions') continue
    if (tlv.kinds.some((kind) => kind < 4 || kind === 5 || kind === 29)) return
  }
  const again = decodeConvert(encodeConvert(message))
  assert.ok(again.kind === 'message')
  assert.deepEqual(again.message, message)
}

function isWithin(view: Uint8Array, bytes: Uint8Array, end: number): boolean {
  const from = view.byteOffset - bytes.byteOffset
  return view.buffer === bytes.buffer && from >= 4 && from + view.length <= end
}

function viewsOf(tlv: ConvertTlv): readonly Uint8Array[] {
  switch (tlv.type) {
    case 'info':
    case 'supportedTcpExtensions':
      return []
    case 'connect':
      return [tlv.address, ...(tlv.options ?? []).map(({ value }) => value)]
    case 'extendedTcpHeader':
      return [tlv.options]
    case 'cookie':
      return [tlv.cookie]
    case 'error':
      return [tlv.value]
  }
}

/** One message: a good one bent, TLVs strung together at random, or noise behind a good header. */
function invent(random: () => number): Uint8Array {
  const dice = (sides: number) => Math.floor(random() * sides)
  const shape = dice(3)
  if (shape === 0) return bend(Uint8Array.from(SEEDS[dice(SEEDS.length)]!), dice)
  const noise = () => Array.from({ length: dice(dice(8) === 0 ? 1_100 : 120) }, () => dice(256))
  const body = shape === 1 ? stringTogether(dice) : noise()
  const words = dice(8) === 0 ? dice(256) : Math.min(255, Math.floor(body.length / 4) + 1)
  const bytes = Uint8Array.of(dice(50) === 0 ? dice(4) : 1, words, 0x22, 0x63, ...body)
  return dice(4) === 0 ? bend(bytes, dice) : bytes
}

function stringTogether(dice: (sides: number) => number): number[] {
  const body: number[] = []
  for (let tlvs = dice(5); tlvs >= 0; tlvs--) {
    const type = dice(10) === 0 ? dice(256) : TYPES[dice(TYPES.length)]!
    // Seldom as long as a message may be, or a little longer.
    const more = dice(dice(30) === 0 ? 256 : 4)
    const words = Math.min(255, type === 0x0a ? 5 + more : type === 0x01 ? 1 : 1 + more)
    body.push(type, dice(20) === 0 ? dice(256) : words)
    // Small numbers often, for they are option kinds and lengths.
    for (let i = 2; i < words * 4; i++) body.push(dice(2) === 0 ? dice(12) : dice(256))
  }
  return body
}

function bend(bytes: Uint8Array, dice: (sides: number) => number): Uint8Array {
  for (let bends = dice(4); bends >= 0; bends--) {
    const at = dice(bytes.length)
    const how = dice(3)
    bytes[at] =
      how === 0 ? dice(256) : how === 1 ? EDGES[dice(EDGES.length)]! : bytes[at]! ^ (1 << dice(8))
  }
  return dice(3) === 0 ? bytes.subarray(0, dice(bytes.length + 1)) : bytes
}

const TYPES = [0x01, 0x0a, 0x14, 0x15, 0x16, 0x1e]
const EDGES = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff]
const SEEDS = [
  '01022263 01010000',
  '01062263 0a0501bb 00000000000000000000ffffc0000219',
  '01092263 0a081f90 20010db8000000000000000000010080 0402220a1122334455667788',
  '01032263 15020000 04081e22',
  '01092263 0a0501bb 00000000000000000000ffffc0000219 16030000 0123456789abcdef',
  '01052263 14040000 020405b40402010303070000',
  '01042263 01010000 16020000 c00c1e42',
  '01082263 1e070100 010622630a05005000000000000000000000ffffe0000001',
  '01012263',
  '01062263 0a0501bb 00000000000000000000ffffc0000219 474554202f20485454502f312e300d0a0d0a',
].map(hex)

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
    },
  })
  console.log(JSON.stringify(fuzzConvert(Number(values.messages), Number(values.seed))))
}
