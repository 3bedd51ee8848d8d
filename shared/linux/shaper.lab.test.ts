/**
 * Shaping of real interfaces: what is set, what is changed in its place, and what comes back.
 *
 * Needs root: two namespaces of its own (two-hosts.lab.ts).
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, mock, test } from 'node:test'
import { handleOf, type QueuedClass, TC_ROOT } from '../wire/tc.ts'
import { ClassMaps } from './class-maps.ts'
import { Shaper } from './shaper.ts'
import { canRaiseHosts, type Host, raiseTwoHosts, type TwoHosts } from './two-hosts.lab.ts'

const MAJOR = 0x8810

describe('shaping by a real kernel', { skip: !canRaiseHosts() }, () => {
  let hosts: TwoHosts
  let home: Host
  let directory: string
  let file: string

  before(() => {
    hosts = raiseTwoHosts()
    home = hosts.home
    directory = mkdtempSync(join(tmpdir(), 'hyb-shaper-'))
    file = join(directory, 'qdiscs.json')
  })

  after(() => {
    hosts[Symbol.dispose]()
    rmSync(directory, { recursive: true })
  })

  beforeEach(() => {
    for (const line of ['dsl', 'lte']) {
      if (tc('qdisc', 'show', 'dev', line).includes('htb')) tc('qdisc', 'del', 'dev', line, 'root')
    }
    rmSync(file, { force: true })
  })

  test('a line gets its classes and its queues, and loses them at the end', () => {
    const untouched = tc('qdisc', 'show', 'dev', 'dsl')
    {
      using shaper = open()
      assert.equal(shaper.stands('dsl'), false)
      assert.deepEqual(refusalsOf(shaper, new Map([['dsl', shaped(10)]])), [])
      assert.ok(shaper.stands('dsl') && !shaper.stands('lte'))
      assert.match(tc('qdisc', 'show', 'dev', 'dsl'), /^qdisc htb 8810: root .* default 0x20 /)
      const classes = tc('class', 'show', 'dev', 'dsl')
      assert.match(classes, /class htb 8810:1 root rate 10Mbit ceil 10Mbit/)
      assert.match(
        classes,
        /class htb 8810:20 parent 8810:1 leaf \w+: prio 1 rate 1Mbit ceil 10Mbit/,
      )
      assert.match(tc('qdisc', 'show', 'dev', 'dsl'), /(bfifo|fq_codel) \w+: parent 8810:20/)
    }
    assert.equal(tc('qdisc', 'show', 'dev', 'dsl'), untouched)
    assert.equal(existsSync(file), false)
  })

  test('another rate is written into its place: what waits stays', () => {
    using shaper = open()
    refusalsOf(shaper, new Map([['dsl', shaped(10)]]))
    const queues = () => tc('qdisc', 'show', 'dev', 'dsl').match(/bfifo \w+:|fq_codel \w+:/g)
    const first = queues()
    refusalsOf(shaper, new Map([['dsl', shaped(20)]]))
    assert.match(tc('class', 'show', 'dev', 'dsl'), /class htb 8810:20 .* rate 2Mbit ceil 20Mbit/)
    assert.deepEqual(queues(), first)
  })

  test('what waits in a class is told, and nothing of a class that is not there', () => {
    using shaper = open()
    refusalsOf(shaper, new Map([['dsl', shaped(0.1)]]))
    const told = run(`ip -n ${home.netns} -o link show dev dsl`)
    const ifIndex = Number.parseInt(told, 10)
    assert.equal(shaper.waiting(ifIndex, handleOf(MAJOR, 0x20)), 0)
    assert.equal(shaper.waiting(ifIndex, handleOf(MAJOR, 0x99)), undefined)
  })

  test('a class can be added, and stands again with the others when somebody took all away', () => {
    using shaper = open()
    const { classes, defaultClass } = shaped(10)
    const grown = [...classes]
    refusalsOf(shaper, new Map([['dsl', { defaultClass, classes: grown }]]))
    const [line, bulk] = classes
    assert.ok(line !== undefined && bulk !== undefined)
    const home = { ...bulk, handle: handleOf(MAJOR, 0x4e4f), parent: TC_ROOT }
    const still = { ...home, rateBytesPerS: 0 }
    assert.match(shaper.add('dsl', still) ?? '', /^Cannot shape dsl: cannot set a class: /)
    assert.equal(shaper.add('dsl', home), undefined)
    grown.push(home)
    const count = () => tc('class', 'show', 'dev', 'dsl').match(/class htb/g)?.length
    assert.equal(count(), 3)
    assert.deepEqual(shaper.look(), [])
    tc('qdisc', 'del', 'dev', 'dsl', 'root')
    assert.equal(shaper.add('dsl', home), undefined)
    assert.deepEqual(shaper.look(), [])
    assert.equal(count(), 3)
  })

  test('who comes after a kill -9 finds one set, changes it, and takes all of it away', () => {
    const untouched = tc('qdisc', 'show')
    abandoned(bothLines(10))
    {
      using shaper = open()
      // The LTE cap is gone from the configuration.
      assert.deepEqual(refusalsOf(shaper, new Map([['dsl', shaped(5)]])), [])
      assert.doesNotMatch(tc('qdisc', 'show', 'dev', 'lte'), /htb/)
      assert.equal(tc('class', 'show', 'dev', 'dsl').match(/class htb/g)?.length, 2)
    }
    assert.equal(tc('qdisc', 'show'), untouched)
  })

  test('what somebody else had set comes back, also over a kill -9', () => {
    tc('qdisc', 'replace', 'dev', 'dsl', 'root', 'handle', '7:', 'pfifo', 'limit', '77')
    const theirs = tc('qdisc', 'show', 'dev', 'dsl')
    abandoned(bothLines(10))
    assert.match(tc('qdisc', 'show', 'dev', 'dsl'), /htb 8810:/)
    {
      using shaper = open()
      refusalsOf(shaper, bothLines(10))
    }
    assert.equal(tc('qdisc', 'show', 'dev', 'dsl'), theirs)
    tc('qdisc', 'del', 'dev', 'dsl', 'root')
  })

  test('what cannot be remembered is left as it is, until it can', () => {
    tc('qdisc', 'replace', 'dev', 'dsl', 'root', 'handle', '7:', 'pfifo', 'limit', '77')
    const theirs = tc('qdisc', 'show', 'dev', 'dsl')
    mkdirSync(`${file}.new`)
    {
      using shaper = open()
      const refusals = refusalsOf(shaper, bothLines(10))
      assert.match(refusals.join(), /^Cannot shape dsl: cannot remember what stood there: .*EISDIR/)
      assert.equal(tc('qdisc', 'show', 'dev', 'dsl'), theirs)
      assert.match(tc('qdisc', 'show', 'dev', 'lte'), /htb 8810:/)
      assert.equal(shaper.look().length, 1)
      rmdirSync(`${file}.new`)
      assert.deepEqual(shaper.look(), [])
      assert.match(tc('qdisc', 'show', 'dev', 'dsl'), /htb 8810:/)
    }
    assert.equal(tc('qdisc', 'show', 'dev', 'dsl'), theirs)
    tc('qdisc', 'del', 'dev', 'dsl', 'root')
  })

  test('somebody else’s classes are left alone, and that is said', () => {
    tc('qdisc', 'add', 'dev', 'dsl', 'root', 'handle', '9:', 'htb')
    const theirs = tc('qdisc', 'show', 'dev', 'dsl')
    {
      using shaper = open()
      assert.deepEqual(refusalsOf(shaper, new Map([['dsl', shaped(10)]])), [
        'Cannot shape dsl: somebody has set the queueing discipline htb there',
      ])
    }
    assert.equal(tc('qdisc', 'show', 'dev', 'dsl'), theirs)
    tc('qdisc', 'del', 'dev', 'dsl', 'root')
  })

  test('an interface that is not there is shaped when it comes', () => {
    using shaper = open()
    assert.deepEqual(refusalsOf(shaper, new Map([['ppp0', shaped(10)]])), [])
    home.ip('link add ppp0 type veth peer name ppp0-far')
    assert.deepEqual(shaper.look(), [])
    assert.match(tc('class', 'show', 'dev', 'ppp0'), /class htb 8810:1 root rate 10Mbit/)
    home.ip('link del ppp0')
  })

  test('elements of both families follow what they should be, or nothing changes at all', () => {
    const table = join(directory, 'table.nft')
    writeFileSync(table, TABLE)
    home.nft(`-f ${table}`)
    using maps = home.within(() => new ClassMaps('hyb'))
    const peer4 = {
      address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4),
      port: 5,
    }
    const peer6 = {
      address: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      port: 6,
    }
    const add = [peer4, peer6].map((peer) => ({ peer, handle: handleOf(MAJOR, 0x30) }))
    assert.equal(maps.change([], add), 0)
    assert.match(nft(), /1\.2\.3\.4 \. 5 : 8810:30[\s\S]*2001:db8::1 \. 6 : 8810:30/)
    assert.equal(maps.change([peer4], [{ peer: peer4, handle: handleOf(MAJOR, 0x31) }]), 0)
    assert.match(nft(), /1\.2\.3\.4 \. 5 : 8810:31/)
    const before = nft()
    const absent = { ...peer4, port: 7 }
    assert.ok(maps.change([peer4, absent], []) < 0)
    assert.equal(nft(), before)
    assert.equal(maps.replace([{ peer: absent, handle: handleOf(MAJOR, 0x32) }]), 0)
    assert.deepEqual(nft().match(/8810:\w+/g), ['8810:32'])
    const many = Array.from({ length: 10_000 }, (_, i) => ({
      ...add[1]!,
      peer: { ...peer6, port: i },
    }))
    assert.equal(maps.replace(many), 0)
    assert.equal(nft().match(/8810:30/g)?.length, 10_000)
    home.nft('delete table inet hyb')
  })

  /** What a killed daemon leaves: everything, but nobody who looks after it. */
  function abandoned(wanted: Parameters<Shaper['keep']>[0]): void {
    const killed = open()
    mock.timers.enable({ apis: ['setInterval'] })
    killed.keep(wanted, assert.fail)
    mock.timers.reset()
  }

  function open(): Shaper {
    return home.within(() => new Shaper(file, MAJOR, assert.fail))
  }

  function tc(...command: string[]): string {
    return run(`tc -n ${home.netns} ${command.join(' ')}`)
  }

  function nft(): string {
    return run(`ip netns exec ${home.netns} nft list table inet hyb`)
  }
})

function refusalsOf(shaper: Shaper, wanted: Parameters<Shaper['keep']>[0]): string[] {
  const refusals: string[] = []
  shaper.keep(wanted, (sentence) => refusals.push(sentence))
  return refusals
}

function run(command: string): string {
  const [program = '', ...words] = command.split(' ')
  return execFileSync(program, words, { encoding: 'utf8', maxBuffer: 16_000_000 })
}

function bothLines(mbps: number) {
  return new Map([
    ['dsl', shaped(mbps)],
    ['lte', shaped(mbps)],
  ])
}

function shaped(mbps: number) {
  const rate = mbps * 125_000
  const line: QueuedClass = {
    handle: handleOf(MAJOR, 1),
    parent: TC_ROOT,
    rateBytesPerS: rate,
    ceilBytesPerS: rate,
    burstBytes: 5_000,
    priority: 0,
    queueBytes: undefined,
  }
  const bulk = {
    ...line,
    handle: handleOf(MAJOR, 0x20),
    parent: line.handle,
    rateBytesPerS: rate / 10,
    priority: 1,
    queueBytes: rate / 20,
  }
  return { defaultClass: bulk.handle, classes: [line, bulk] }
}

const TABLE = `table inet hyb {
  map class4 { type ipv4_addr . inet_service : classid; }
  map class6 { type ipv6_addr . inet_service : classid; }
}
`
