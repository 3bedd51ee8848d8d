import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialOf } from '../session/credential.ts'
import { parseConfig } from './document.ts'
import { enrolmentOf, homeFile, type KnownBeside, stateDirectoryOf } from './home-file.ts'
import { reachLine, readReach } from './reach.ts'

const PIN = `sha256//${'aB+/'.repeat(10)}abc=`
const CODE = '0000-0000-0000-0000'
const SECRET = '5ec4e75e'.repeat(8)
const LINE = `hybridge://192.0.2.10,2001:db8:c::10/?pin=${PIN}`
const LINES = { dsl: 'eth1', lte: 'wwan0', lan: ['br-lan'] }
const NOTHING: KnownBeside = {
  enrolled: undefined,
  concentrator: undefined,
  lines: () => LINES,
}

test('three lines are a whole home', () => {
  const home = homeFrom(`concentrator: "${LINE}"\nsubscriber: home-1\nsecret: "${SECRET}"\n`)
  const secret = Uint8Array.from(Buffer.from(SECRET, 'hex'))
  assert.deepEqual(home.subscriber, { id: 'home-1', cookie: credentialOf(secret).cookie, secret })
  assert.deepEqual(home.concentrator, {
    addresses: ['192.0.2.10', '2001:db8:c::10'],
    port: 8_803,
    session: { port: 8_805, pin: PIN },
  })
  assert.deepEqual([home.legs.dsl, home.legs.lte], [{ interface: 'eth1' }, { interface: 'wwan0' }])
  assert.deepEqual(home.lan, { interfaces: ['br-lan'] })
  assert.equal(home.stateDirectory, '/run/hybridge')
})

test('one line is a whole home, before and after it is enrolled', () => {
  const file = `enrol: "${LINE}&code=${CODE}"\n`
  assert.equal(homeFrom(file).subscriber.id, 'not-enrolled-yet')
  const home = homeFrom(file, { ...NOTHING, enrolled: { id: 'home-7', secret: SECRET } })
  assert.deepEqual([home.subscriber.id, home.concentrator.port], ['home-7', 8_803])
  assert.equal(home.stateDirectory, '/var/lib/hybridge')
})

test('a code may stand beside a concentrator in either form', () => {
  for (const concentrator of [
    `"${LINE}"`,
    `{ addresses: [192.0.2.10], port: 8803, session: { port: 8805, pin: "${PIN}" } }`,
  ]) {
    const file = `concentrator: ${concentrator}\nenrol: ${CODE}\n`
    assert.equal(homeFrom(file).concentrator.session?.pin, PIN)
  }
})

test('what is said goes before what is seen, and what serves now before what is said', () => {
  const file = `concentrator: "${LINE}"\nsubscriber: home-1\nsecret: "${SECRET}"\nlan: { interfaces: [lan] }\n`
  const { reach } = readReach(`hybridge://198.51.100.1/?pin=${PIN}&port=1&session=2`) as never as {
    reach: KnownBeside['concentrator']
  }
  const home = homeFrom(file, { ...NOTHING, concentrator: reach })
  assert.deepEqual(home.lan.interfaces, ['lan'])
  assert.deepEqual(home.concentrator.addresses, ['198.51.100.1'])
  assert.equal(home.concentrator.session?.port, 2)
})

for (const [what, file, sentence] of [
  ['a code with a slip', `enrol: ${CODE.slice(0, -1)}1`, /^f:1:8: enrol must be a code .* slip/],
  ['a line without a code', `enrol: "${LINE}"`, /^f:1:8: enrol has no code in it/],
  ['a code that is no text', 'enrol: 7', /^f:1:8: enrol must be a code in quotes/],
  [
    'a code beside a subscriber',
    `enrol: "${LINE}&code=${CODE}"\nsubscriber: home-1`,
    /enrol stands beside subscriber; keep one/,
  ],
  [
    'a secret twice',
    `concentrator: "${LINE}"\nsubscriber: { id: a, secret: "${SECRET}" }\nsecret: "${SECRET}"`,
    /f:3:9: secret stands in subscriber as well/,
  ],
  [
    'a concentrator without its key',
    'concentrator: "hybridge://192.0.2.10/"\nsubscriber: home-1',
    /f:1:15: concentrator must look like hybridge:/,
  ],
  ['a key that is none', 'concentrator: "hybridge://192.0.2.10/?pin=x"', /must say pin=sha256/],
  [
    'a name for an address',
    `concentrator: "hybridge://x/?pin=${PIN}"`,
    /names x, which is no addr/,
  ],
  [
    'a key that nobody knows',
    `enrol: "${LINE}&code=${CODE}"\nscret: 1`,
    /scret is not a known key/,
  ],
] as const) {
  test(`${what} is told in a sentence`, () => {
    const reading = parseConfig(homeFile(NOTHING), `${file}\n`, 'f')
    assert.ok(reading.kind === 'problems')
    assert.ok(
      reading.problems.some((problem) => sentence.test(problem)),
      reading.problems.join('\n'),
    )
  })
}

test('where the lines are not clear, the file must say them', () => {
  const file = `concentrator: "${LINE}"\nsubscriber: home-1\nsecret: "${SECRET}"\n`
  const reading = parseConfig(homeFile({ ...NOTHING, lines: () => 'there is none' }), file, 'f')
  assert.ok(reading.kind === 'problems')
  assert.match(reading.problems.join('\n'), /legs must be said, and lan: there is none/)
})

test('what a concentrator tells of itself is read as what it is', () => {
  const reach = { addresses: ['192.0.2.10', '2001:db8::1'], port: 1, session: 65_535, pin: PIN }
  assert.deepEqual(readReach(reachLine(reach)), { reach, code: undefined })
  assert.deepEqual(readReach(reachLine(reach, CODE)), { reach, code: CODE })
  for (const [bad, why] of [
    [`hybridge://192.0.2.10,192.0.2.11/?pin=${PIN}`, /several addresses of one family/],
    [`${LINE}&port=65536`, /port that is none/],
    [`${LINE}&code=x`, /slip/],
  ] as const) {
    assert.match(JSON.stringify(readReach(bad)), why)
  }
})

test('where a file is kept and which code it names is known before the rest of it', () => {
  assert.deepEqual(enrolmentOf({ enrol: CODE.replaceAll('0', 'o') }), { code: CODE })
  for (const raw of [null, 'x', [], {}, { enrol: 7 }, { enrol: 'x' }]) {
    assert.equal(enrolmentOf(raw), undefined)
    assert.match(stateDirectoryOf(raw), /^\/(run|var\/lib)\/hybridge$/)
  }
  assert.equal(stateDirectoryOf({ enrol: CODE, stateDirectory: '/x' }), '/x')
})

function homeFrom(file: string, known: KnownBeside = NOTHING) {
  const reading = parseConfig(homeFile(known), file, 'f')
  assert.ok(reading.kind === 'value', JSON.stringify(reading))
  return reading.value
}
