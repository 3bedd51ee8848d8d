import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redaction } from './redaction.ts'

const CONFIGURATION = `
subscriber:
  id: home-1
  cookie: 'c00c1e42c00c1e42'
  secret: "5ec4e75e5ec4e75e5ec4e75e5ec4e75e"
concentrator:
  addresses: [192.0.2.10]
page: { password: hunter2000 }
`

test('no secret of the configuration is left, in it or anywhere else', () => {
  const redaction = new Redaction(CONFIGURATION, [])
  const elsewhere = `{"cookie":"c00c1e42c00c1e42","why":"5ec4e75e5ec4e75e5ec4e75e5ec4e75e was shown"} hunter2000`
  const all = redaction.of(CONFIGURATION) + redaction.of(elsewhere)
  assert.doesNotMatch(all, /c00c1e42|5ec4e75e|hunter2000/)
  assert.match(all, /id: home-1/)
  assert.match(all, /cookie: '\(secret\)'/)
})

test('a token that the configuration does not know is hidden by its name', () => {
  const redaction = new Redaction('', [])
  assert.equal(redaction.of('api-token = hyb_0123456789'), 'api-token = (secret)')
})

test('an address has the same pseudonym wherever it stands, and those that may be read stay', () => {
  const redaction = new Redaction(CONFIGURATION, ['192.0.2.10'])
  const line = 'ESTAB 192.168.1.23:51234 192.0.2.10:443 52:54:00:12:34:56 fe80::1%lan 2001:db8::7'
  assert.equal(
    redaction.of(line),
    'ESTAB (ipv4-1):51234 192.0.2.10:443 (mac-1) (ipv6-1)%lan (ipv6-2)',
  )
  assert.equal(redaction.of('via 2001:DB8::7 dev 192.168.1.23'), 'via (ipv6-2) dev (ipv4-1)')
})

test('times, versions and what is nobody stay as they are', () => {
  const redaction = new Redaction('', [])
  for (const text of [
    '2026-11-26T20:14:00.123Z',
    '20:14:00',
    '0.0.0.0/0',
    '[::]:8803',
    '127.0.0.1',
  ]) {
    assert.equal(redaction.of(text), text)
  }
})

test('a password of several words is hidden whole, in quotes or not, and where it is said again', () => {
  for (const line of [
    'password: correct horse battery staple',
    'password: correct horse battery staple # of the router',
    'password: "correct horse battery staple"',
    "page: { password: 'correct horse battery staple' }",
    'page: { password: correct horse battery staple, enabled: true }',
  ]) {
    const redaction = new Redaction(`page:\n  ${line}\nport: 8806\n`, [])
    const all = redaction.of(`${line}\nport: 8806\nsaid: correct horse battery staple`)
    assert.doesNotMatch(all, /horse|battery|staple/, line)
    assert.match(all, /^port: 8806$/m)
  }
})

test('a password is hidden whole however YAML lets it be written', () => {
  for (const lines of [
    "  password: 'it''s correct horse battery'",
    '  password: "a\\"b correct horse battery"',
    '  password: "abcdefgh\\"correct horse battery"',
    '  password: |\n    correct\n    horse battery',
    '  password: >-\n    correct horse\n\n    battery\n\n  enabled: true',
    '  password: "correct\n    horse battery"',
    '  password: correct\n    horse battery',
    '  { "password": "a,\\"correct horse battery" }',
  ]) {
    const configuration = `page:\n${lines}\nport: 8806\n`
    const all = new Redaction(configuration, []).of(configuration)
    assert.doesNotMatch(all, /correct|horse|battery/, all)
    assert.match(all, /^port: 8806$/m)
  }
})

test('a password with quotes in it is hidden where it is said again', () => {
  for (const [line, words] of [
    ["password: 'it''s correct'", "it's correct"],
    ['password: "say \\"correct\\" now"', 'say "correct" now'],
  ] as const) {
    assert.equal(new Redaction(line, []).of(`I ${words}`), 'I (secret)')
  }
})

test('what stands beside a secret of a list stays', () => {
  const clients = 'clients:\n  - secret: s3cr3t-1\n    address: radius-1\n'
  const all = new Redaction(clients, []).of(clients)
  assert.equal(all, clients.replace('s3cr3t-1', '(secret)'))
})

test('an enrolment code and the password of a URL are hidden; the rest of the line stays', () => {
  const redaction = new Redaction('', ['192.0.2.10', '192.0.2.20'])
  assert.equal(
    redaction.of('enrol: "hybridge://192.0.2.10/?pin=sha256//MDEy=&code=K7QM-2XPD-9F3R-8ABC"'),
    'enrol: "hybridge://192.0.2.10/?pin=sha256//MDEy=&code=(secret)"',
  )
  assert.equal(redaction.of('enrol: k7qm2xpd9f3r8abc'), 'enrol: (secret)')
  assert.equal(redaction.of('{"msg":"enrolled","id":"home-1"}'), '{"msg":"enrolled","id":"home-1"}')
  assert.equal(
    redaction.of('redis: rediss://hybridge:geheim@192.0.2.20:6379/0 redis://:geheim@192.0.2.20'),
    'redis: rediss://hybridge:(secret)@192.0.2.20:6379/0 redis://:(secret)@192.0.2.20',
  )
})
