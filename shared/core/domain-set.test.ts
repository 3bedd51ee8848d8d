import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainSet, parseDomain } from './domain-set.ts'

test('the same domains have the same set, in any order and however often', () => {
  const { names, set } = domainSet(['b.example', 'a.example', 'b.example'])
  assert.deepEqual(names, ['a.example', 'b.example'])
  assert.equal(domainSet(['a.example', 'b.example']).set, set)
  assert.notEqual(domainSet(['a.example', 'c.example']).set, set)
  // draft-eastlake-fnv: of the empty text and of "a".
  assert.equal(domainSet([]).set, 'cbf29ce484222325')
  assert.equal(domainSet(['a']).set, 'af63dc4c8601ec8c')
})

test('a domain is read as resolvers compare it', () => {
  assert.equal(parseDomain('TV.Example.'), 'tv.example')
  assert.equal(parseDomain('xn--mller-kva.example'), 'xn--mller-kva.example')
  assert.equal(parseDomain('example'), 'example')
  for (const text of ['', '.', 'a..b', '-a.example', 'a-.example', '*.example', 'müller.example']) {
    assert.equal(parseDomain(text), undefined, text)
  }
  for (const text of ['192.0.2.1', '2001:db8::1', `${'a'.repeat(64)}.example`, 'a b', 'a/b']) {
    assert.equal(parseDomain(text), undefined, text)
  }
  assert.equal(parseDomain(`${'a.'.repeat(126)}a`), 'a.'.repeat(126).concat('a'))
  assert.equal(parseDomain(`${'a.'.repeat(127)}a`), undefined)
})
