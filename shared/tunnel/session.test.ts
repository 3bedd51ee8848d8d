import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../core/chance.fake.ts'
import { type Manner, MannerLegs, mannerOf, mannerOfClass } from '../core/manner.ts'
import { pinned } from '../linux/pinned.ts'
import { decodeHandshake } from '../wire/handshake.ts'
import { FrameType } from '../wire/tunnel.ts'
import { sessionKeys, tunnelSecret } from './keys.ts'
import {
  COOKIE,
  datagram,
  type End,
  type Line,
  line,
  numberOf,
  PaintedStreet,
  reversed,
  sockaddr,
} from './painted-street.fake.ts'
import { Seal } from './seal.ts'
import { Sent } from './sender.ts'

const MBIT = 125
const DSL = { rate: 50 * MBIT, oneWayUs: 10_000 }
const LTE = { rate: 80 * MBIT, oneWayUs: 22_500, jitterUs: 4_000, loss: 0.002 }

test('bulk fills both legs: at least 90 % of the sum, under 0.5 % lost, under 0.1 % out of order', () => {
  const { delivered, sent, late, goodput } = download([DSL, LTE], 118)
  assert.ok(goodput >= 0.9 * 130 * 0.945, `${goodput} Mbit/s`)
  assert.ok(sent - delivered < 0.005 * sent, `${sent - delivered} of ${sent} lost`)
  assert.ok(late < 0.001 * delivered, `${late} of ${delivered} late`)
})

test('bulk finds out by itself what legs carry that nobody knows', () => {
  const { goodput, late, delivered } = download([DSL, LTE], 140, { known: false, seconds: 4 })
  assert.ok(goodput >= 0.9 * 130 * 0.945, `${goodput} Mbit/s`)
  assert.ok(late < 0.001 * delivered, `${late} of ${delivered} late`)
})

for (const [name, legs, demand] of [
  [
    'twins',
    [
      { rate: 10 * MBIT, oneWayUs: 1_000 },
      { rate: 10 * MBIT, oneWayUs: 1_000 },
    ],
    19,
  ],
  [
    'slow DSL, quick LTE',
    [
      { rate: 5 * MBIT, oneWayUs: 25_000 },
      { rate: 15 * MBIT, oneWayUs: 10_000 },
    ],
    19,
  ],
  [
    'quick DSL, slow LTE',
    [
      { rate: 15 * MBIT, oneWayUs: 1_000 },
      { rate: 5 * MBIT, oneWayUs: 25_000 },
    ],
    19,
  ],
] as const) {
  test(`bulk fills both legs: ${name}`, () => {
    const { delivered, sent, late, goodput } = download(legs, demand)
    assert.ok(goodput >= 0.9 * 20 * 0.945, `${goodput} Mbit/s`)
    assert.ok(sent - delivered < 0.005 * sent, `${sent - delivered} of ${sent} lost`)
    assert.ok(late < 0.001 * delivered, `${late} of ${delivered} late`)
  })
}

test('what DSL can carry stays on DSL: LTE at most 1 % below 90 % of it', () => {
  const { lteShare } = download([DSL, LTE], 44)
  assert.ok(lteShare <= 0.01, `${lteShare}`)
})

test('LTE carries what DSL cannot, and little more', () => {
  const { lteShare } = download([DSL, LTE], 65)
  assert.ok(lteShare > 0.15 && lteShare < 0.3, `${lteShare}`)
})

for (const spreading of ['lowest-rtt', 'weighted', 'blest'] as const) {
  test(`bulk fills both legs by ${spreading} too`, () => {
    const { goodput, late, delivered } = download([DSL, LTE], 118, {
      manner: mannerOf(spreading, MannerLegs.ordered),
    })
    assert.ok(goodput >= 0.9 * 130 * 0.945, `${goodput} Mbit/s`)
    assert.ok(late < 0.002 * delivered, `${late} of ${delivered} late`)
  })
}

test('redundant sends everything by both legs, and each packet is delivered once', () => {
  const { delivered, sent, duplicates } = download([DSL, { ...LTE, loss: 0.1 }], 20, {
    manner: mannerOf('redundant', MannerLegs.all),
    seconds: 1,
  })
  assert.equal(delivered, sent)
  assert.ok(duplicates > 0.8 * sent, `${duplicates} duplicates of ${sent}`)
})

for (const [serviceClass, dsl, lte] of [
  ['dsl-only', 49, 0],
  ['lte-only', 0, 79],
  ['handover', 49, 0],
  ['overflow', 49, 60],
  ['aggregate', 40, 60],
] as const) {
  test(`what comes back to a flow of ${serviceClass} has the legs of the class`, () => {
    const manner = mannerOfClass(serviceClass, {
      overflow: 'ecf',
      aggregate: 'weighted',
      interactive: 'lowest-rtt',
    })
    const { carried } = download([DSL, LTE], 130, { manner, seconds: 1 })
    assert.ok(carried.dsl >= dsl * 0.93, `DSL carried ${carried.dsl} Mbit/s`)
    assert.ok(carried.lte >= lte * 0.93, `LTE carried ${carried.lte} Mbit/s`)
    if (dsl === 0) assert.ok(carried.dsl < 0.2, `DSL carried ${carried.dsl} Mbit/s`)
    if (lte === 0) assert.ok(carried.lte < 0.2, `LTE carried ${carried.lte} Mbit/s`)
  })
}

test('what waits for DSL alone holds up nothing that may go by LTE', () => {
  const arrived = [0, 0, 0]
  const street = new PaintedStreet(
    legs([DSL, LTE]),
    {
      home: () => {},
      concentrator: (packet) => {
        arrived[packet[21]! - FLOW_PORT_LOW]! += 1
      },
    },
    {
      mannerOf: (packet) =>
        mannerOf(
          'cheapest-first',
          packet[21]! - FLOW_PORT_LOW === 1 ? MannerLegs.dsl : MannerLegs.lte,
        ),
    },
  )
  orderDslFirst(street, true)
  // What LTE carries is found out when somebody wants to know.
  street.send('home', datagram(1_400, 2, 0))
  street.run(street.nowUs + 600_000)
  arrived.fill(0)
  for (let i = 0; i < 2_000; i++) {
    // Twice what DSL carries, and half of what LTE does.
    for (const flow of i % 2 === 0 ? [1, 1, 2] : [1, 1]) {
      street.send('home', datagram(1_400, flow, i))
    }
    street.run(street.nowUs + 250)
  }
  street.run(street.nowUs + 200_000)
  assert.ok(arrived[1]! < 2_600, `${arrived[1]} of 4000 by DSL`)
  assert.ok(arrived[2]! > 980, `${arrived[2]} of 1000 by LTE`)
})

test('a sparse flow of redundant arrives by both legs, once, and waits for no order', () => {
  const heard: number[] = []
  const street = new PaintedStreet(
    legs([
      { ...DSL, loss: 0.1 },
      { ...LTE, loss: 0.1 },
    ]),
    { home: () => {}, concentrator: (packet) => heard.push(numberOf(packet)) },
    { mannerOf: () => mannerOf('redundant', MannerLegs.all) },
  )
  orderDslFirst(street, true)
  for (let i = 0; i < 500; i++) {
    street.send('home', datagram(200, 1, i))
    street.run(street.nowUs + 20_000)
  }
  assert.equal(new Set(heard).size, heard.length)
  assert.ok(heard.length > 485, `${heard.length} of 500`)
})

test('a leg that loses a third of everything is hardly fed', () => {
  const { lteShare, goodput } = download([DSL, { ...LTE, loss: 0.33 }], 60, { seconds: 4 })
  assert.ok(lteShare < 0.1, `${lteShare}`)
  assert.ok(goodput > 0.95 * 50 * 0.945, `${goodput} Mbit/s`)
})

test('a call survives silent cuts of its leg: gaps under 150 ms, under 0.5 % lost', () => {
  const heard = new Map<number, number>()
  let lastUs = Infinity
  let gapUs = 0
  const street = new PaintedStreet(legs([DSL, LTE]), {
    home: () => {},
    concentrator: (packet) => {
      gapUs = Math.max(gapUs, street.nowUs - lastUs)
      lastUs = street.nowUs
      heard.set(numberOf(packet), 1 + (heard.get(numberOf(packet)) ?? 0))
    },
  })
  orderDslFirst(street, true)
  const dsl = street.lines.get(1)!
  let calls = 0
  for (let ms = 0; ms < 30_000; ms += 20) {
    // Five cuts of half a second; steering tells the session of a dead leg after 200 ms.
    const intoMs = ms % 6_000
    dsl.cut = intoMs >= 3_000 && intoMs < 3_500
    const priority = intoMs >= 3_200 && intoMs < 3_900 ? 0 : 3
    street.sessions.home.order(1, known(DSL.rate, priority), known(DSL.rate, priority))
    street.send('home', datagram(200, 1, calls++, 0xb8))
    street.run(street.nowUs + 20_000)
  }
  street.run(street.nowUs + 200_000)
  assert.ok(gapUs < 150_000, `${gapUs} us`)
  assert.ok(heard.size > calls * 0.995, `${heard.size} of ${calls}`)
  assert.ok(
    [...heard.values()].every((times) => times === 1),
    'a packet was delivered twice',
  )
})

test('a call is hardly ever copied while nothing is wrong with its leg', () => {
  for (const jitterUs of [0, 4_000, 10_000]) {
    const street = new PaintedStreet(legs([{ ...DSL, jitterUs }, LTE]), {
      home: () => {},
      concentrator: () => {},
    })
    orderDslFirst(street, true)
    for (let i = 0; i < 1_000; i++) {
      street.send('home', datagram(200, 1, i, 0xb8))
      street.send('concentrator', reversed(datagram(200, 1, i, 0xb8)))
      street.run(street.nowUs + 20_000)
    }
    const { home, concentrator } = street.sessions
    const copies = home.sender.emitter.copies + concentrator.sender.emitter.copies
    assert.ok(copies <= 20, `${copies} copies of 2000 packets, with ${jitterUs} us of jitter`)
  }
})

test('reordering adds no more than the difference of the delays and 5 ms', () => {
  let slowestUs = 0
  const street = new PaintedStreet(legs([DSL, { ...LTE, loss: 0.01 }]), {
    concentrator: () => {},
    home: (packet) => {
      const tookUs = street.nowUs - numberOf(packet)
      slowestUs = Math.max(slowestUs, tookUs)
    },
  })
  orderDslFirst(street, true)
  street.run(street.nowUs + 600_000)
  feed(street, 70, 1, () => street.nowUs)
  slowestUs = 0
  feed(street, 70, 2, () => street.nowUs)
  // LTE's delay and what may stand in its queue; and the margin.
  assert.ok(slowestUs < 26_500 + 15_000 + 5_000, `${slowestUs} us`)
})

test('no key, leg and number come twice, whoever starts again', () => {
  const street = new PaintedStreet(legs([DSL, LTE]), { home: () => {}, concentrator: () => {} })
  const reader = new KeyReader()
  const seen = new Set<string>()
  let sealed = 0
  street.onEnter = (towards, bytes) => {
    const key = reader.keyOf(towards, bytes)
    if (key === undefined) return
    sealed += 1
    seen.add(`${key} ${towards} ${Buffer.from(bytes.subarray(12, 24)).toString('hex')}`)
  }
  for (let start = 0; start < 6; start++) {
    orderDslFirst(street, true)
    for (let i = 0; i < 40; i++) {
      street.send('home', datagram(300, 1, i))
      street.send('concentrator', datagram(300, 1, i))
      street.run(street.nowUs + 25_000)
    }
    street.restart(start % 2 === 0 ? 'concentrator' : 'home')
  }
  assert.ok(sealed > 400, `${sealed} frames`)
  assert.ok(reader.keys >= 6, `${reader.keys} keys`)
  assert.equal(seen.size, sealed)
})

test('after the concentrator has begun anew, sessions are back in under 2 s', () => {
  let delivered = 0
  const street = new PaintedStreet(legs([DSL, LTE]), {
    home: () => {},
    concentrator: () => {
      delivered += 1
    },
  })
  orderDslFirst(street, true)
  for (let i = 0; i < 50; i++) {
    street.send('home', datagram(300, 1, i))
    street.run(street.nowUs + 20_000)
  }
  assert.equal(delivered, 50)
  const before = street.sessions.home.farInstance
  street.restart('concentrator')
  const since = street.nowUs
  delivered = 0
  for (let i = 0; delivered === 0 && i < 200; i++) {
    street.send('home', datagram(300, 1, i))
    street.run(street.nowUs + 20_000)
  }
  assert.ok(street.nowUs - since < 2_000_000, `${street.nowUs - since} us`)
  assert.ok(street.sessions.home.up)
  assert.notEqual(street.sessions.home.farInstance, before)
})

test('a replayed offer makes no key, and costs the home nothing', () => {
  const street = new PaintedStreet(legs([DSL]), { home: () => {}, concentrator: () => {} })
  let offer: Uint8Array | undefined
  let answers = 0
  street.onEnter = (_towards, bytes) => {
    const type = bytes[0]! & 15
    if (type === FrameType.offer) offer ??= Uint8Array.from(bytes)
    if (type === FrameType.answer) answers += 1
  }
  orderDslFirst(street, true)
  assert.equal(answers, 1)
  for (let i = 0; i < 100; i++) street.inject('concentrator', offer!, sockaddr(66, 666))
  const bent = Uint8Array.from(offer!)
  bent[30]! ^= 1
  street.inject('concentrator', bent, sockaddr(66, 666))
  street.run(street.nowUs + 100_000)
  assert.equal(answers, 1)
  assert.ok(street.sessions.concentrator.up)
})

test('a line that swallows everything for a minute is no reason to wait longer', () => {
  const street = new PaintedStreet(legs([DSL]), { home: () => {}, concentrator: () => {} })
  street.sessions.home.order(1, known(DSL.rate, 3), known(DSL.rate, 3))
  const dsl = street.lines.get(1)!
  dsl.cut = true
  street.run(street.nowUs + 60_000_000)
  assert.ok(!street.sessions.home.up)
  dsl.cut = false
  assert.ok(street.connect() < 4_500_000)
})

test('a change of keys under traffic loses nothing', () => {
  const numbers: number[] = []
  const street = new PaintedStreet(
    legs([
      { ...DSL, loss: 0 },
      { ...LTE, loss: 0 },
    ]),
    {
      home: (packet) => numbers.push(numberOf(packet)),
      concentrator: () => {},
    },
  )
  orderDslFirst(street, true)
  street.run(street.nowUs + 600_000)
  const start = street.nowUs
  let answers = 0
  street.onEnter = (_towards, bytes) => {
    if ((bytes[0]! & 15) === FrameType.answer) answers += 1
  }
  let sent = 0
  // An hour passes in the middle: the key is worn.
  for (let i = 0; i < 2_000; i++) {
    if (i === 1_000) street.nowUs += 3_601_000_000
    street.send('concentrator', datagram(1_000, 1, sent++))
    street.run(street.nowUs + 500)
  }
  street.run(street.nowUs + 500_000)
  assert.ok(street.nowUs - start > 3_600_000_000)
  assert.ok(answers > 0, 'the key was not changed')
  // Those that waited while the clock jumped were given up; all after it arrived.
  assert.ok(numbers.length >= sent - 5, `${numbers.length} of ${sent}`)
})

test('a new address of a leg gets bulk only after it has answered', () => {
  let delivered = 0
  const street = new PaintedStreet(legs([DSL]), {
    home: () => {
      delivered += 1
    },
    concentrator: () => {},
  })
  orderDslFirst(street, true)
  street.homeAddresses.set(1, sockaddr(77, 4_711))
  // Nothing arrives at the old address, and nobody knows the new one, until the home speaks.
  street.send('concentrator', datagram(500, 1, 1))
  street.run(street.nowUs + 50_000)
  assert.equal(delivered, 0)
  street.send('home', datagram(100, 1, 1))
  street.run(street.nowUs + 15_000)
  assert.deepEqual(street.sessions.concentrator.legs.of(1)?.far, sockaddr(1, 40_001))
  street.run(street.nowUs + 40_000)
  assert.deepEqual(street.sessions.concentrator.legs.of(1)?.far, sockaddr(77, 4_711))
  street.send('concentrator', datagram(500, 1, 2))
  street.run(street.nowUs + 50_000)
  assert.equal(delivered, 1)
})

test('a frame that was taken on the way and sent from elsewhere moves no leg', () => {
  const street = new PaintedStreet(legs([DSL]), { home: () => {}, concentrator: () => {} })
  orderDslFirst(street, true)
  street.send('home', datagram(100, 1, 1))
  const [taken] = street.underway('concentrator')
  street.send('home', datagram(100, 1, 2))
  street.run(street.nowUs + 100_000)
  const before = street.carried.get(1)!.home
  street.inject('concentrator', taken!, sockaddr(66, 666))
  street.run(street.nowUs + 100_000)
  const { legs: there, opener } = street.sessions.concentrator
  assert.deepEqual(there.of(1)?.far, sockaddr(1, 40_001))
  assert.equal(opener.counts.replayed, 1)
  assert.equal(street.carried.get(1)!.home, before, 'something was said to a stranger')
})

test('garbage, forgeries and replays are counted and cost a call nothing', () => {
  let delivered = 0
  const street = new PaintedStreet(legs([DSL, LTE]), {
    home: () => {},
    concentrator: () => {
      delivered += 1
    },
  })
  orderDslFirst(street, true)
  const random = mulberry32(7)
  const taken: Uint8Array[] = []
  const stranger = sockaddr(66, 666)
  for (let i = 0; i < 100; i++) {
    street.send('home', datagram(200, 1, i))
    taken.push(...street.underway('concentrator'))
    street.run(street.nowUs + 20_000)
    for (let k = 0; k < 20; k++) {
      const bytes = Uint8Array.from(taken[Math.floor(random() * taken.length)]!)
      if (k % 3 > 0) bytes[Math.floor(random() * bytes.length)]! ^= 1 << (k % 8)
      const cut = k % 3 === 2 ? Math.floor(random() * bytes.length) : bytes.length
      street.inject('concentrator', bytes.subarray(0, cut), stranger)
    }
  }
  assert.equal(delivered, 100)
  const { counts } = street.sessions.concentrator.opener
  assert.ok(
    counts.replayed > 500 && counts.forged > 20 && counts.alien > 20,
    JSON.stringify(counts),
  )
  assert.deepEqual(street.sessions.concentrator.legs.of(1)?.far, sockaddr(1, 40_001))
})

test('another session id without its key, and another cookie, come to nothing', () => {
  const street = new PaintedStreet(legs([DSL]), { home: () => {}, concentrator: () => {} })
  orderDslFirst(street, true)
  street.send('home', datagram(100, 1, 1))
  const [frame] = street.underway('concentrator')
  frame![5]! ^= 1
  street.inject('concentrator', frame!, sockaddr(1, 40_001))
  assert.equal(street.sessions.concentrator.opener.counts.foreign, 1)
})

test('the length of a leg is found, and found again when it shrinks in mid-call', () => {
  let delivered = 0
  const street = new PaintedStreet(legs([{ ...DSL, mtu: 1_492 }]), {
    home: () => {
      delivered += 1
    },
    concentrator: () => {},
  })
  orderDslFirst(street, true)
  street.run(street.nowUs + 600_000)
  const { concentrator } = street.sessions
  assert.equal(concentrator.packetBytesMax, 1_492 - 28 - 52)
  assert.equal(street.send('concentrator', datagram(1_413, 1, 1)), Sent.tooBig)
  assert.equal(street.send('concentrator', datagram(1_412, 1, 1)), Sent.sent)
  street.lines.get(1)!.mtu = 1_400
  for (let i = 0; i < 200; i++) {
    street.send('concentrator', datagram(1_412, 1, i))
    street.run(street.nowUs + 20_000)
  }
  assert.equal(concentrator.packetBytesMax, 1_400 - 28 - 52)
  delivered = 0
  street.send('concentrator', datagram(1_320, 1, 1))
  street.run(street.nowUs + 50_000)
  assert.equal(delivered, 1)
})

for (const mtus of [[1_280], [1_300, 1_280], [1_280, 1_492]]) {
  test(`what IPv6 promises crosses legs of ${mtus.join(' and ')} bytes, whole and in order`, () => {
    const heard = { home: [] as Uint8Array[], concentrator: [] as Uint8Array[] }
    const street = new PaintedStreet(
      legs(mtus.map((mtu, i) => ({ ...(i === 0 ? DSL : LTE), loss: 0, mtu }))),
      {
        home: (packet) => heard.home.push(packet),
        concentrator: (packet) => heard.concentrator.push(packet),
      },
    )
    orderDslFirst(street, true)
    street.run(street.nowUs + 600_000)
    const sent: Uint8Array[] = []
    for (let i = 0; i < 600; i++) {
      const packet = datagram(1_150 + (i % 131), 1, i)
      for (let k = 40; k < packet.length; k++) packet[k] = (i + k) % 251
      sent.push(packet)
      assert.ok(street.send('home', packet) <= Sent.queued)
      assert.ok(street.send('concentrator', packet) <= Sent.queued)
      street.run(street.nowUs + 200)
    }
    street.run(street.nowUs + 300_000)
    assert.deepEqual(heard.home, sent)
    assert.deepEqual(heard.concentrator, sent)
    const isTooBig = street.send('home', datagram(1_281, 1, 0)) === Sent.tooBig
    assert.equal(isTooBig, !mtus.includes(1_492))
  })
}

test('a long packet of IPv4 that may be cut crosses legs that are too small for it', () => {
  const heard: Uint8Array[] = []
  const street = new PaintedStreet(legs([{ ...DSL, mtu: 1_300 }]), {
    home: (packet) => heard.push(packet),
    concentrator: () => {},
  })
  orderDslFirst(street, true)
  street.run(street.nowUs + 600_000)
  const packet = datagram(1_400, 1, 7)
  assert.equal(street.send('concentrator', packet), Sent.tooBig)
  packet[6] = 0
  assert.equal(street.send('concentrator', packet), Sent.sent)
  street.run(street.nowUs + 50_000)
  assert.deepEqual(heard, [packet])
})

test('what is longer than any frame of ours is neither read nor written, whoever has the keys', () => {
  const street = new PaintedStreet(legs([DSL]), { home: () => {}, concentrator: () => {} })
  orderDslFirst(street, true)
  street.run(street.nowUs + 600_000)
  const packet = datagram(2_000, 1, 7)
  packet[6] = 0
  assert.equal(street.send('home', packet), Sent.tooBig)

  street.send('home', datagram(100, 1, 1))
  const long = pinned(9_000)
  long.bytes.set(street.underway('concentrator').at(-1)!)
  const { concentrator } = street.sessions
  const batch = { memory: long, place: () => -1, commit: () => {} }
  const from = sockaddr(1, 40_001)
  const { alien, forged } = concentrator.opener.counts
  concentrator.receive(long, 0, 9_000, from, 0, street.nowUs, () => {}, batch)
  assert.deepEqual(
    { ...concentrator.opener.counts, replayed: 0, foreign: 0 },
    {
      alien: alien + 1,
      forged,
      replayed: 0,
      foreign: 0,
    },
  )
})

test('half of a packet whose other half is lost comes to nothing, and holds up nothing', () => {
  let heard = 0
  const street = new PaintedStreet(legs([{ ...DSL, loss: 0.08, mtu: 1_280 }]), {
    home: () => {},
    concentrator: (packet) => {
      assert.equal(packet.length, 1_280)
      heard += 1
    },
  })
  orderDslFirst(street, true)
  for (let i = 0; i < 500; i++) {
    street.send('home', datagram(1_280, 1, i))
    street.run(street.nowUs + 25_000)
  }
  // 0.92 squared.
  assert.ok(Math.abs(heard - 423) < 40, `${heard} of 500`)
})

test('marks of a line reach hosts that know ECN, and make the rate of the leg fall', () => {
  const heard: number[] = []
  const street = new PaintedStreet(legs([DSL]), {
    home: () => {},
    concentrator: (packet) => heard.push(packet[1]!),
  })
  orderDslFirst(street, true)
  const AF41 = 34 << 2
  const ECT_0 = 2
  const CE = 3
  for (const [tos, marks] of [
    [AF41 | ECT_0, false],
    [AF41 | ECT_0, true],
    [AF41 | CE, false],
    [AF41, true],
  ] as const) {
    street.lines.get(1)!.marks = marks
    street.send('home', datagram(300, 1, 0, tos))
    street.run(street.nowUs + 50_000)
  }
  assert.deepEqual(heard, [AF41 | ECT_0, AF41 | CE, AF41 | CE, AF41])
  const { rate } = street.sessions.home.legs.of(1)!
  const before = rate.rate
  street.lines.get(1)!.marks = true
  for (let i = 0; i < 400; i++) {
    street.send('home', datagram(1_300, 1, i, ECT_0))
    street.run(street.nowUs + 500)
  }
  assert.ok(rate.rate < 0.9 * before, `${rate.rate} of ${before}`)
})

test('what comes marked into the tunnel says nothing of its legs', () => {
  const street = new PaintedStreet(legs([DSL]), { home: () => {}, concentrator: () => {} })
  orderDslFirst(street, true)
  const { rate } = street.sessions.home.legs.of(1)!
  const before = rate.rate
  for (let i = 0; i < 400; i++) {
    street.send('home', datagram(1_300, 1, i, 3))
    street.run(street.nowUs + 500)
  }
  assert.equal(street.sessions.concentrator.legs.of(1)!.counts.marked, 0)
  assert.equal(rate.rate, before)
})

test('an idle home says little by LTE', () => {
  const street = new PaintedStreet(legs([DSL, LTE]), { home: () => {}, concentrator: () => {} })
  orderDslFirst(street, true)
  street.run(street.nowUs + 10_000_000)
  const before = { ...street.carried.get(2)! }
  street.stepUs = 50_000
  street.run(street.nowUs + 3_600_000_000)
  const { home, concentrator } = street.carried.get(2)!
  const bytesADay = 24 * (home - before.home + concentrator - before.concentrator)
  assert.ok(bytesADay > 0 && bytesADay < 60_000, `${bytesADay} bytes a day`)
})

for (const cipher of ['aes-128-gcm', 'chacha20-poly1305', 'none'] as const) {
  test(`packets cross in both directions with ${cipher}`, () => {
    const got = { home: 0, concentrator: 0 }
    const packet = datagram(1_000, 1, 42)
    const street = new PaintedStreet(
      legs([DSL, LTE]),
      {
        home: (bytes) => {
          assert.deepEqual(bytes, packet)
          got.home += 1
        },
        concentrator: (bytes) => {
          assert.deepEqual(bytes, packet)
          got.concentrator += 1
        },
      },
      { cipher },
    )
    orderDslFirst(street, true)
    street.send('home', packet)
    street.send('concentrator', packet)
    const plain = Buffer.from(packet).toString('hex')
    const wire = street.underway('concentrator').map((bytes) => Buffer.from(bytes).toString('hex'))
    assert.equal(
      wire.some((hex) => hex.includes(plain)),
      cipher === 'none',
    )
    street.run(street.nowUs + 100_000)
    assert.deepEqual(got, { home: 1, concentrator: 1 })
  })
}

function legs(lines: ReadonlyArray<Partial<Line>>): Map<number, Line> {
  return new Map(lines.map((of, i) => [i + 1, line(of)]))
}

function known(rate: number | undefined, priority: number) {
  return { priority, spared: false, capacity: rate, beside: 0 }
}

/** DSL is primary, LTE for overflow; steering knows what they carry, or does not. Runs until both are up. */
function orderDslFirst(street: PaintedStreet, knows: boolean): void {
  for (const [leg, { rate }] of street.lines) {
    const order = known(knows ? rate : undefined, leg === 1 ? 3 : 2)
    street.sessions.home.order(leg, order, order)
  }
  street.connect()
  street.run(street.nowUs + 100_000)
}

/** Datagrams of 1,400 bytes down the street at `mbps` for some time; how many. */
function feed(
  street: PaintedStreet,
  mbps: number,
  seconds: number,
  say: (i: number) => number,
): number {
  const endUs = street.nowUs + seconds * 1_000_000
  let owed = 0
  let sent = 0
  while (street.nowUs < endUs) {
    street.run(street.nowUs + 200)
    for (owed += mbps * MBIT * 0.2; owed >= 1_428; owed -= 1_428) {
      street.send('concentrator', datagram(1_400, 1, say(sent++)))
    }
  }
  return sent
}

function download(
  lines: ReadonlyArray<Partial<Line>>,
  mbps: number,
  {
    known: knows = true,
    seconds = 2,
    manner,
  }: { readonly known?: boolean; readonly seconds?: number; readonly manner?: Manner } = {},
) {
  let delivered = 0
  let late = 0
  let highest = -1
  const street = new PaintedStreet(
    legs(lines),
    {
      home: (packet) => {
        if (numberOf(packet) < 0) return
        delivered += 1
        if (numberOf(packet) < highest) late += 1
        highest = Math.max(highest, numberOf(packet))
      },
      concentrator: () => {},
    },
    manner === undefined ? {} : { mannerOf: () => manner },
  )
  orderDslFirst(street, knows)
  // From it the concentrator knows how the home wants the flow; and a long one asks what its leg carries.
  street.send('home', reversed(datagram(60, 1, 0)))
  street.run(street.nowUs + 100_000)
  street.send('concentrator', datagram(1_400, 1, -1))
  street.run(street.nowUs + 600_000)
  const before = { dsl: street.carried.get(1)!.home, lte: street.carried.get(2)!.home }
  const sent = feed(street, mbps, seconds, (i) => i)
  street.run(street.nowUs + 300_000)
  const dsl = street.carried.get(1)!.home - before.dsl
  const lte = street.carried.get(2)!.home - before.lte
  return {
    sent,
    delivered,
    late,
    duplicates: street.sessions.home.receiver.counts.duplicate,
    goodput: (delivered * 1_400 * 8) / (seconds * 1_000_000),
    lteShare: lte / (dsl + lte),
    carried: { dsl: (dsl * 8) / (seconds * 1_000_000), lte: (lte * 8) / (seconds * 1_000_000) },
  }
}

/** The low byte of port 5000, from which `datagram` counts flows. */
const FLOW_PORT_LOW = 5_000 % 256

test('a session that ends gives back the places of all packets that waited in it', () => {
  const lines = new Map([DSL, LTE].map((of, i) => [i + 1, line(of)]))
  const street = new PaintedStreet(lines, { home: () => undefined, concentrator: () => undefined })
  orderDslFirst(street, true)
  street.run(street.nowUs + 600_000)
  const all = street.store.freePackets
  const { home, concentrator } = street.sessions
  for (let i = 0; concentrator.receiver.counts.held === 0 || home.sender.late === 0; i++) {
    assert.ok(i < 3_000, 'nothing has waited')
    for (let n = 0; n < 20; n++) street.send('home', datagram(1_400, 1, i))
    street.run(street.nowUs + 1_000)
  }
  const busy = street.store.freePackets
  home[Symbol.dispose]()
  const homeGone = street.store.freePackets
  concentrator[Symbol.dispose]()
  assert.ok(busy < homeGone && homeGone < all, `${busy}, ${homeGone} and ${all} are free`)
  assert.equal(street.store.freePackets, all)
})

/** Knows the cookie, hears the randoms, and so can tell with which key a frame was sealed. */
class KeyReader {
  readonly #secret = tunnelSecret(COOKIE)
  readonly #opens: Array<Record<End, Seal>> = []
  readonly #memory = pinned(2_048)

  get keys(): number {
    return this.#opens.length
  }

  keyOf(towards: End, bytes: Uint8Array): number | undefined {
    const type = bytes[0]! & 15
    if (type === FrameType.answer) {
      const { homeRandom, concentratorRandom } = decodeHandshake(bytes)!.handshake
      const { up, down } = sessionKeys(
        this.#secret.root,
        homeRandom,
        concentratorRandom,
        'aes-128-gcm',
      )
      this.#opens.push({
        concentrator: new Seal('aes-128-gcm', up, 'open'),
        home: new Seal('aes-128-gcm', down, 'open'),
      })
    }
    if (type !== FrameType.data && type !== FrameType.control) return undefined
    const key = this.#opens.findIndex((opens) => {
      this.#memory.bytes.set(bytes)
      return opens[towards].open(this.#memory, 0, bytes.length)
    })
    assert.ok(key >= 0, 'a frame of no known key')
    return key
  }
}
