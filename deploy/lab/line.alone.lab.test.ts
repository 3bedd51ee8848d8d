/**
 * Does an emulated line do what it says? The real process, two real namespaces, the kernel's own packets.
 *
 *   hyb-line-near ══════ line ══════ hyb-line-far
 *      10.77.0.1          10.77.0.2
 *
 * The host may sleep whenever it likes: rates are bytes by the line's own clock, over windows in which
 * its queue never ran empty; round trips are medians; losses are counted packet by packet.
 *
 * Needs root and /dev/net/tun. Skips itself elsewhere.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { must } from '../../shared/linux/errors.ts'
import {
  AF_INET,
  accept,
  bind,
  close,
  connect as connectSocket,
  getsockopt,
  IPPROTO_MPTCP,
  listen,
  recv,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  send,
  setsockopt,
  socket,
} from '../../shared/linux/libc.ts'
import { inNetworkNamespace } from '../../shared/linux/netns.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr4 } from '../../shared/wire/sockaddr.ts'
import { mustRun, run } from './command.ts'
import { askLines } from './line-door.ts'
import type { LineChange, LinesSpec } from './line-spec.ts'
import type { LineStatus } from './line-thread.ts'
import type { LineParams } from './pairs.ts'
import { PROJECT, streetEnvironment } from './places.ts'

type End = 'hyb-line-near' | 'hyb-line-far'
const NEAR: End = 'hyb-line-near'
const FAR: End = 'hyb-line-far'
const DEVICE = 'line'
const ADDRESS = { [NEAR]: '10.77.0.1', [FAR]: '10.77.0.2' }

const folder = mkdtempSync(join(tmpdir(), 'hyb-line-'))
const door = join(folder, 'lines.sock')
const calm: LineParams = {
  downMbps: 50,
  upMbps: 10,
  rttMs: 20,
  jitterMs: 0,
  lossPercent: 0,
  queueMs: 80,
}
let lines: ChildProcess

describe('an emulated line', { skip: whyNot() }, () => {
  before(async () => {
    await removeNamespaces()
    for (const end of [NEAR, FAR]) {
      await mustRun(`make ${end}`, ['ip', 'netns', 'add', end])
      // The kernel's own router solicitations would be counted too.
      await inEnd(end, 'sysctl', '-q', 'net.ipv6.conf.all.disable_ipv6=1')
      await inEnd(end, 'sysctl', '-q', 'net.ipv6.conf.default.disable_ipv6=1')
    }
    lines = await startLines()
    for (const end of [NEAR, FAR]) {
      await inEnd(end, 'ip', 'address', 'add', `${ADDRESS[end]}/24`, 'dev', DEVICE)
      await inEnd(end, 'ip', 'link', 'set', DEVICE, 'up', 'txqueuelen', '1000')
    }
  })

  after(async () => {
    if (lines.exitCode === null) {
      lines.kill('SIGKILL')
      await once(lines, 'exit')
    }
    await removeNamespaces()
    rmSync(folder, { recursive: true })
  })

  for (const { rttMs, jitterMs } of [
    { rttMs: 20, jitterMs: 0 },
    { rttMs: 45, jitterMs: 8 },
  ]) {
    test(`has a median round trip of ${rttMs} ms, jitter ${jitterMs} ms`, async () => {
      await set({ rttMs, jitterMs })
      const times = await ping(200)
      const median = times[times.length >> 1]!
      assert.ok(Math.abs(median - rttMs) <= 1 + jitterMs / 8, `${median} ms`)
      const spread =
        times.at(Math.floor(times.length * 0.9))! - times[Math.floor(times.length / 10)]!
      assert.ok(jitterMs === 0 || spread > jitterMs / 4, `${spread} ms between p10 and p90`)
    })
  }

  const rates: ReadonlyArray<{ down: number; up: number; within: number }> = [
    { down: 50, up: 10, within: 0.02 },
    { down: 150, up: 150, within: 0.02 },
    { down: 300, up: 20, within: 0.05 },
    { down: 20, up: 300, within: 0.05 },
  ]
  for (const { down, up, within } of rates) {
    test(`carries ${down} Mbit/s down and ${up} up`, async () => {
      await set({ downMbps: down, upMbps: up, rttMs: 10, jitterMs: 0, queueMs: 250 })
      await using _flood = await startFlood({ down, up })
      const carried = await carriedMbps()
      assert.ok(Math.abs(carried.down / down - 1) <= within, `down ${carried.down} Mbit/s`)
      assert.ok(Math.abs(carried.up / up - 1) <= within, `up ${carried.up} Mbit/s`)
    })
  }

  for (const [from, to, lossPercent] of [
    [FAR, NEAR, 2],
    [NEAR, FAR, 2],
  ] as const) {
    test(`loses ${lossPercent} % of the packets from ${from}, and counts them`, async () => {
      await set({ downMbps: 300, upMbps: 300, rttMs: 0, jitterMs: 0, queueMs: 100, lossPercent })
      const { sent, received, counted } = await sendThrough(from, to, 100_000)
      const lost = sent - received
      assert.equal(lost, counted)
      const share = (100 * lost) / sent
      assert.ok(Math.abs(share / lossPercent - 1) <= 0.1, `${share} %`)
    })
  }

  test('counts the bytes that the kernel counts', async () => {
    // Nothing is under way once an answer has come back.
    await set({ lossPercent: 0 })
    await ping(1)
    const { downBytes, upBytes } = await status()
    assert.equal(await kernelBytes(NEAR), downBytes)
    assert.equal(await kernelBytes(FAR), upBytes)
  })

  test('whose cable is pulled says so at both ends, and works when it is plugged again', async () => {
    await set({ ...calm, carrier: false })
    for (const end of [NEAR, FAR]) {
      assert.match(await inEnd(end, 'ip', 'link', 'show', DEVICE), /NO-CARRIER/)
    }
    assert.equal((await status()).up, false)
    await set({ carrier: true })
    for (const end of [NEAR, FAR]) {
      assert.doesNotMatch(await inEnd(end, 'ip', 'link', 'show', DEVICE), /NO-CARRIER/)
    }
    assert.equal((await ping(5)).length, 5)
  })

  test('that fails silently swallows packets both ways, and nobody is told', async () => {
    await set({ ...calm, silent: true })
    const before = await status()
    assert.equal((await ping(5)).length, 0)
    for (const end of [NEAR, FAR]) {
      assert.doesNotMatch(await inEnd(end, 'ip', 'link', 'show', DEVICE), /NO-CARRIER/)
    }
    assert.equal((await status()).upFaultDrops, before.upFaultDrops + 5)
    await set({ silent: false })
    assert.equal((await ping(5)).length, 5)
  })

  for (const { strip, multipath } of [
    { strip: 'off', multipath: true },
    { strip: 'syn', multipath: false },
    { strip: 'data', multipath: false },
  ] as const) {
    test(`that strips ${strip} leaves Multipath TCP ${multipath ? 'alone' : 'no chance'}`, async (t) => {
      if (!existsSync('/proc/sys/net/mptcp')) return t.skip('no MPTCP in this kernel')
      await set({ ...calm, rttMs: 2, strip })
      assert.equal(await isMultipath(), multipath)
    })
  }

  test('answers nonsense with a sentence, and the next request as ever', async () => {
    const talk = connect(door)
    talk.write('nonsense\n{"op":"set","line":"attic","params":{}}\n{"op":"status"}\n')
    const answers: string[] = []
    for await (const answer of createInterface({ input: talk })) {
      answers.push(answer)
      if (answers.length === 3) break
    }
    talk.destroy()
    assert.match(answers[0]!, /^\{"error":"Cannot read the request: not JSON: /)
    assert.equal(answers[1], '{"error":"Cannot change line attic: no such line"}')
    assert.match(answers[2]!, /^\{"lines":\{"line":\{"downMbps":50,/)
  })

  test('cannot be made where its device is taken, says why, and ends', async () => {
    const { status, stderr } = await run(['node', join(PROJECT, 'deploy/lab/lines.ts'), specPath()])
    assert.equal(status, 1)
    assert.equal(
      stderr.trim(),
      'Cannot run line line: Cannot open TUN device line: ioctl(TUNSETIFF) answered EBUSY',
    )
  })

  for (const how of ['by request', 'by signal'] as const) {
    test(`is gone when its process is told to end ${how}`, async () => {
      if (lines.exitCode !== null) lines = await startLines()
      const ended = once(lines, 'exit')
      if (how === 'by signal') lines.kill('SIGTERM')
      else await askLines(door, { op: 'stop' })
      assert.deepEqual(await ended, [0, null])
      for (const end of [NEAR, FAR]) {
        const { status } = await run(inside(end, ['ip', 'link', 'show', DEVICE]))
        assert.notEqual(status, 0)
      }
    })
  }
})

function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'not root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    return false
  } catch {
    return 'no /dev/net/tun'
  }
}

function specPath(): string {
  const spec: LinesSpec = {
    socket: door,
    lines: {
      line: {
        near: { netns: NEAR, device: DEVICE },
        far: { netns: FAR, device: DEVICE },
        mtu: 1_500,
        params: calm,
        seed: 1,
      },
    },
  }
  const path = join(folder, 'lines.json')
  writeFileSync(path, JSON.stringify(spec))
  return path
}

async function startLines(): Promise<ChildProcess> {
  const child = spawn('node', [join(PROJECT, 'deploy/lab/lines.ts'), specPath()], {
    env: streetEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => ['it ended']),
  ])) as [unknown]
  assert.equal(String(said), 'ready\n')
  return child
}

async function set(params: LineChange): Promise<void> {
  await askLines(door, { op: 'set', line: 'line', params })
}

async function status(): Promise<LineStatus> {
  const { lines } = await askLines(door, { op: 'status' })
  return lines['line']!
}

/** Round trips from near to far in ms, in order of size. */
async function ping(count: number): Promise<number[]> {
  const argv = ['ping', '-n', '-i', '0.01', '-W', '1', '-c', String(count), ADDRESS[FAR]]
  const { stdout } = await run(inside(NEAR, argv))
  return Array.from(stdout.matchAll(/time=([\d.]+) ms/g), ([, ms]) => Number(ms)).toSorted(
    (a, b) => a - b,
  )
}

/** UDP each way at a quarter more than the line carries, until disposed of. */
async function startFlood(mbps: { down: number; up: number }): Promise<AsyncDisposable> {
  const floods = [flood(FAR, NEAR, 1.25 * mbps.down), flood(NEAR, FAR, 1.25 * mbps.up)]
  // Ears that nobody listens with, or the kernels would complain over the very line.
  const ears = [NEAR, FAR].map((end) => boundSocket(end))
  await untilBusy()
  return {
    async [Symbol.asyncDispose]() {
      for (const child of floods) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      await untilQuiet()
      for (const ear of ears) close(ear)
    },
  }
}

function flood(from: End, to: End, mbps: number): ChildProcess {
  const program = join(PROJECT, 'deploy/lab/line-flood.ts')
  const [file = '', ...rest] = inside(from, ['node', program, ADDRESS[to], `${PORT}`, `${mbps}`])
  return spawn(file, rest, { env: streetEnvironment(), stdio: ['ignore', 'ignore', 'inherit'] })
}

async function untilBusy(): Promise<void> {
  for (let i = 0; i < WINDOWS_MAX; i++) {
    const { downQueuedBytes, upQueuedBytes } = await status()
    if (downQueuedBytes > 0 && upQueuedBytes > 0) return
    await pause(WINDOW_MS / 4)
  }
  assert.fail('nobody began to fill the line')
}

/** Until what was under way has arrived. */
async function untilQuiet(): Promise<void> {
  for (let before = await status(); ; ) {
    await pause(WINDOW_MS)
    const now = await status()
    if (now.downPackets === before.downPackets && now.upPackets === before.upPackets) return
    before = now
  }
}

/**
 * What the line carries each way: medians over windows in which its queue never ran empty, so that this
 * is about the line and not about who fills it.
 */
async function carriedMbps(): Promise<{ down: number; up: number }> {
  const down: number[] = []
  const up: number[] = []
  let from = await status()
  for (let i = 0; i < WINDOWS_MAX && Math.min(down.length, up.length) < WINDOWS; i++) {
    await pause(WINDOW_MS)
    const to = await status()
    const us = to.atUs - from.atUs
    const kept = (queued: [number, number], idle: [number, number]) =>
      queued[0] > 0 && queued[1] > 0 && idle[0] === idle[1]
    if (kept([from.downQueuedBytes, to.downQueuedBytes], [from.downIdleUs, to.downIdleUs])) {
      down.push(((to.downBytes - from.downBytes) * 8) / us)
    }
    if (kept([from.upQueuedBytes, to.upQueuedBytes], [from.upIdleUs, to.upIdleUs])) {
      up.push(((to.upBytes - from.upBytes) * 8) / us)
    }
    from = to
  }
  assert.ok(Math.min(down.length, up.length) >= WINDOWS, 'nobody kept the line busy')
  return { down: median(down), up: median(up) }
}

/**
 * Send UDP packets in pieces that fit into every queue on the way, and wait for each piece: what does
 * not arrive, the line has lost.
 */
async function sendThrough(from: End, to: End, packets: number) {
  const receiver = boundSocket(to)
  const sender = udpSocket(from)
  const way = to === NEAR ? 'down' : 'up'
  const address = encodeSockaddr4(parseAddress(ADDRESS[to])!, PORT)
  must(connectSocket(sender, address), 'connect', 'connect')
  // SO_RCVBUFFORCE: a whole piece may wait here.
  must(
    setsockopt(receiver, 1, 33, new Uint8Array(new Int32Array([4e6]).buffer)),
    'set',
    'setsockopt',
  )

  const payload = new Uint8Array(100)
  const into = new Uint8Array(200)
  const before = await status()
  let now = before
  let received = 0
  let sent = 0
  for (; sent < packets; sent += PIECE) {
    for (let i = 0; i < PIECE; i++) must(send(sender, payload), 'send', 'send')
    const untilMs = performance.now() + 5_000
    while (received + now[`${way}LossDrops`] - before[`${way}LossDrops`] < sent + PIECE) {
      assert.ok(performance.now() < untilMs, `packets vanished uncounted: ${JSON.stringify(now)}`)
      now = await status()
      while (recv(receiver, into) > 0) received++
    }
  }
  close(receiver)
  close(sender)
  return { sent, received, counted: now[`${way}LossDrops`] - before[`${way}LossDrops`] }
}

function udpSocket(end: End): number {
  return must(
    inNetworkNamespace(end, () => socket(AF_INET, SOCK_DGRAM, 0)),
    'open a socket',
    'socket',
  )
}

/** Send a byte each way from near to far over what asks to be MPTCP, and see what it became. */
async function isMultipath(): Promise<boolean> {
  const open = () => socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_MPTCP)
  const listener = must(inNetworkNamespace(FAR, open), 'open a socket', 'socket')
  const client = must(inNetworkNamespace(NEAR, open), 'open a socket', 'socket')
  const address = encodeSockaddr4(parseAddress(ADDRESS[FAR])!, PORT)
  // SO_REUSEADDR, for the test that comes next.
  must(setsockopt(listener, 1, 2, new Uint8Array([1, 0, 0, 0])), 'set', 'setsockopt')
  must(bind(listener, address), 'bind', 'bind')
  must(listen(listener, 1), 'listen', 'listen')
  connectSocket(client, address)
  const server = await untilDone(() => accept(listener))
  const byte = new Uint8Array(1)
  for (const [from, to] of [
    [client, server],
    [server, client],
    [client, server],
  ] as const) {
    await untilDone(() => send(from, byte))
    await untilDone(() => recv(to, byte))
  }
  // MPTCP_INFO answers only on what is really MPTCP.
  const multipath = getsockopt(client, 284, 1, new Uint8Array(200)) > 0
  for (const fd of [listener, client, server]) close(fd)
  return multipath
}

async function untilDone(call: () => number): Promise<number> {
  for (let i = 0; i < 200; i++) {
    const result = call()
    if (result >= 0) return result
    await pause(5)
  }
  return must(call(), 'speak over the line', 'a call')
}

function boundSocket(end: End): number {
  const fd = udpSocket(end)
  must(bind(fd, encodeSockaddr4(parseAddress(ADDRESS[end])!, PORT)), 'bind', 'bind')
  return fd
}

async function kernelBytes(end: End): Promise<number> {
  const said = await inEnd(end, 'ip', '-s', '-j', 'link', 'show', DEVICE)
  const [link] = JSON.parse(said) as [{ stats64: { rx: { bytes: number } } }]
  return link.stats64.rx.bytes
}

function inEnd(end: End, ...argv: string[]): Promise<string> {
  return mustRun(`run ${argv[0]} in ${end}`, inside(end, argv))
}

function inside(end: End, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', end, ...argv]
}

async function removeNamespaces(): Promise<void> {
  for (const end of [NEAR, FAR]) await run(['ip', 'netns', 'delete', end])
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

const PORT = 5_300
const PIECE = 500
const WINDOW_MS = 250
const WINDOWS = 7
const WINDOWS_MAX = 40
