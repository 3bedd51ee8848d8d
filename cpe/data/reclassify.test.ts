import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClassRule, Traffic } from '../../shared/core/class-rules.ts'
import { SERVICE_CLASSES, type ServiceClass } from '../../shared/core/service-class.ts'
import * as libc from '../../shared/linux/libc.ts'
import { Flow } from '../../shared/relay/flow.ts'
import { FlowState } from '../../shared/relay/flow-table.ts'
import { HalfFlow } from '../../shared/relay/pump.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { Reclassifier } from './reclassify.ts'
import { paintedRoom } from './room.fake.ts'

test('all connections that run are classed anew, and those that are in the same class left alone', () => {
  const home = new Home()
  const flows = [25, 80, 443].map((port) => home.open(port, 'overflow'))
  home.change('all', [rule('lte-only', 80), rule('aggregate', 443)])
  assert.deepEqual(flows.map(home.classOf), ['overflow', 'lte-only', 'aggregate'])
  home.change('all', [])
  assert.deepEqual(flows.map(home.classOf), ['overflow', 'overflow', 'overflow'])
})

test('rules for new connections leave those that run alone', () => {
  const home = new Home()
  const flow = home.open(80, 'overflow')
  home.change('new', [rule('lte-only', 80)])
  assert.equal(home.classOf(flow), 'overflow')
})

test('what becomes bypass goes on as it was, or is reset where that was asked for', () => {
  const home = new Home()
  const flow = home.open(80, 'overflow')
  home.change('all', [rule('bypass', 80)])
  assert.deepEqual([home.classOf(flow), home.resets], ['overflow', 0])
  home.change('reset', [rule('bypass', 80)])
  assert.equal(home.resets, 1)
})

test('what has LTE alone from now on is asked for a sign of life before LTE forgets it', () => {
  const home = new Home()
  const fd = libc.socket(AF_INET, SOCK_STREAM, 0)
  try {
    home.open(80, 'overflow', fd)
    home.change('all', [rule('lte-only', 80)])
    assert.equal(askedAfterS(fd), 1)
    home.change('all', [])
    assert.equal(askedAfterS(fd), 7_200)
  } finally {
    libc.close(fd)
  }
})

test('thousands of connections are classed some a turn', () => {
  const home = new Home()
  const flows = Array.from({ length: 1_000 }, (_, i) => home.open(10_000 + i, 'overflow'))
  home.adopt('all', [{ ...rule('handover', 0), ports: [] }])
  home.turn()
  const moved = () => flows.filter((flow) => home.classOf(flow) === 'handover').length
  assert.ok(moved() > 0 && moved() <= 64, `${moved()} in one turn`)
  for (let i = 0; i < 20; i++) home.turn()
  assert.equal(moved(), 1_000)
})

class Home {
  resets = 0
  readonly #room = paintedRoom({}, () => undefined, 1_024)
  readonly #reclassifier = new Reclassifier(this.#room)
  #token = 0

  constructor() {
    this.#room.board.writeHouse(true, false)
  }

  /** A flow whose sockets are of no interest, to this port. Its row in the table. */
  open(port: number, serviceClass: ServiceClass, fd = -1): number {
    const { table, flows } = this.#room
    const row = table.claim(FlowState.pooled, ++this.#token, 0, 0)
    table.open(row, SERVICE_CLASSES.indexOf(serviceClass))
    const traffic: Traffic = {
      protocol: 'tcp',
      destination: { address: knownAddress('198.51.100.7'), port },
      source: undefined,
      hardware: undefined,
      dscp: undefined,
    }
    const flow = new Flow(
      this.#room,
      new HalfFlow(-1, -1),
      new HalfFlow(-1, -1),
      (ended, reset) => {
        flows.delete(ended)
        if (reset) this.resets++
      },
    )
    const cookie = { bytes: new Uint8Array(8), issued: false }
    const from = knownAddress('::')
    flows.set(flow, { fd, leg: 'dsl', from, cookie, plain: false, row, traffic })
    return row
  }

  readonly classOf = (row: number): ServiceClass | undefined =>
    SERVICE_CLASSES[this.#room.table.classOf(row)]

  adopt(scope: 'new' | 'all' | 'reset', rules: readonly ClassRule[]): void {
    this.#room.classifier.adopt({ default: 'overflow', rules })
    this.#reclassifier.begin(scope)
  }

  change(scope: 'new' | 'all' | 'reset', rules: readonly ClassRule[]): void {
    this.adopt(scope, rules)
    for (let i = 0; i < 3; i++) this.turn()
  }

  turn(): void {
    this.#room.loop.round(0)
  }
}

/** Seconds of silence until the kernel asks. */
function askedAfterS(fd: number): number {
  const value = new Uint8Array(4)
  libc.getsockopt(fd, SOL_TCP, TCP_KEEPIDLE, value)
  return new DataView(value.buffer).getInt32(0, true)
}

const AF_INET = 2
const SOCK_STREAM = 1
const SOL_TCP = 6
const TCP_KEEPIDLE = 4

function rule(serviceClass: ServiceClass, port: number): ClassRule {
  return { class: serviceClass, ports: [{ from: port, to: port }], to: [], from: [], dscp: [] }
}
