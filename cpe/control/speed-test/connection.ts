/**
 * One connection of a speed test: to the concentrator, and there to what sends, counts or says again (ADR 0051). To
 * the path manager it is a connection of the home's, of a class that names its lines.
 */
import type { CpeConfig } from '../../../shared/config/cpe.ts'
import { type LegName, legOfAddressId } from '../../../shared/core/leg.ts'
import type { ServiceClass } from '../../../shared/core/service-class.ts'
import type { WhyNot } from '../../../shared/core/speed-result.ts'
import { readHandshake } from '../../../shared/linux/server-socket.ts'
import { mptcpToken, readTcpInfo } from '../../../shared/linux/socket-facts.ts'
import type { BoardLeg } from '../../../shared/relay/leg-board.ts'
import { descriptorOf } from '../../../shared/session/descriptor.ts'
import { isIpv4, knownAddress } from '../../../shared/wire/address.ts'
import { decodeConvert, encodeConvert } from '../../../shared/wire/convert.ts'
import type { DiagnosedSubflow } from '../../../shared/wire/inet-diag.ts'
import { encodeOrder, SPEED_TEST, type SpeedTestOrder } from '../../../shared/wire/speed-test.ts'
import { packetBytesMax } from '../../../shared/wire/tcp-info.ts'
import type { HouseFlow } from '../../steering/house-flows.ts'
import { type DialledLeg, dialLeg } from '../dial-leg.ts'

export interface TestHome {
  readonly config: Pick<CpeConfig, 'concentrator' | 'legs' | 'subscriber'>
  readonly board: { leg(leg: LegName): Pick<BoardLeg, 'address4' | 'address6' | 'up'> }
  readonly congestion: string | undefined
  /** All subflows of this machine. */
  readonly subflows: () => readonly DiagnosedSubflow[]
}

/** What the test cannot go on without. */
export class TestFailure extends Error {
  override readonly name = 'TestFailure'
  readonly why: WhyNot

  constructor(why: WhyNot) {
    super(why)
    this.why = why
  }
}

export class TestConnection implements Disposable {
  readonly #link: DialledLeg
  readonly #home: TestHome
  readonly #leg: LegName
  readonly #class: ServiceClass
  #hear: (bytes: Buffer) => void = () => undefined
  #ended: (why: WhyNot | undefined) => void = () => undefined
  #isOver = false

  private constructor(home: TestHome, leg: LegName, serviceClass: ServiceClass, link: DialledLeg) {
    this.#home = home
    this.#leg = leg
    this.#class = serviceClass
    this.#link = link
  }

  /** It is connected, and the order is given. Rejects with a `TestFailure`. */
  static async open(
    home: TestHome,
    leg: LegName,
    serviceClass: ServiceClass,
    order: SpeedTestOrder,
    signal: AbortSignal,
  ): Promise<TestConnection> {
    const { config, board, congestion } = home
    const { port } = config.concentrator
    const link = dialOrFail(() => dialLeg(config, leg, board.leg(leg), port, congestion))
    const connection = new TestConnection(home, leg, serviceClass, link)
    try {
      await connection.#ask(order, signal)
      return connection
    } catch (error) {
      connection[Symbol.dispose]()
      throw error
    }
  }

  /** Undefined where the network made it plain TCP. */
  get token(): number | undefined {
    const fd = this.#isOver ? undefined : descriptorOf(this.#link.raw)
    return fd === undefined ? undefined : mptcpToken(fd)
  }

  /** For the path manager. */
  *flows(): Generator<HouseFlow> {
    const { token } = this
    if (token === undefined) return
    const { bytesRead: downBytes, bytesWritten: upBytes } = this.#link.raw
    yield { token, pooled: false, bulk: true, serviceClass: this.#class, upBytes, downBytes }
  }

  /** Hear what comes, and that nothing more does: why, or undefined when all was said. */
  listen(hear: (bytes: Buffer) => void, ended: (why: WhyNot | undefined) => void): void {
    this.#hear = hear
    this.#ended = ended
    this.#link.raw.resume()
  }

  /** False when no more should be said before `drained`. */
  say(bytes: Uint8Array): boolean {
    return this.#isOver || this.#link.raw.write(bytes)
  }

  drained(then: () => void): void {
    this.#link.raw.once('drain', then)
  }

  /** What it has carried by now on each leg, both directions together. */
  carried(): Record<LegName, number> {
    const sums = { dsl: 0, lte: 0 }
    const { token } = this
    // Plain TCP stays where it began.
    const { bytesRead, bytesWritten } = this.#link.raw
    if (token === undefined) return { ...sums, [this.#leg]: bytesRead + bytesWritten }
    for (const { joined, localId, tcpInfo, ...subflow } of this.#home.subflows()) {
      if (subflow.token !== token) continue
      const leg = (joined ? legOfAddressId(localId) : undefined) ?? this.#leg
      sums[leg] += tcpInfo.bytesReceived + tcpInfo.bytesAcked
    }
    return sums
  }

  /** The largest packet on the path that it began on; undefined where it is over. */
  get mtuBytes(): number | undefined {
    const { raw } = this.#link
    const fd = descriptorOf(raw)
    const { remoteAddress } = raw
    if (fd === undefined || remoteAddress === undefined) return undefined
    const info = readTcpInfo(fd)
    const handshake = readHandshake(fd)
    if (info === undefined || handshake === undefined) return undefined
    const family = isIpv4(knownAddress(remoteAddress)) ? 'ipv4' : 'ipv6'
    return packetBytesMax(info, handshake, family)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#link.raw.resetAndDestroy()
  }

  async #ask(order: SpeedTestOrder, signal: AbortSignal): Promise<void> {
    const { raw } = this.#link
    const { cookie } = this.#home.config.subscriber
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const give = (why: WhyNot) => reject(new TestFailure(why))
    const timer = setTimeout(() => give('unreachable'), ANSWER_MS_MAX)
    const stop = () => give('stopped')
    signal.addEventListener('abort', stop, { once: true })
    let answered = false
    let head = Buffer.alloc(0)
    raw.on('error', () => give('unreachable'))
    raw.once('connect', () => {
      raw.write(
        encodeConvert([
          { type: 'connect', ...SPEED_TEST },
          { type: 'cookie', cookie },
        ]),
      )
      raw.write(encodeOrder(order))
    })
    raw.on('data', (bytes: Buffer) => {
      if (answered) return this.#hear(bytes)
      head = Buffer.concat([head, bytes])
      const decoded = decodeConvert(head)
      if (decoded.kind === 'incomplete') return
      const yes =
        decoded.kind === 'message' && !decoded.message.some(({ type }) => type === 'error')
      if (!yes) return give('refused')
      answered = true
      // Until somebody listens, what follows waits in the kernel.
      raw.pause()
      const rest = head.subarray(decoded.bytesUsed)
      if (rest.length > 0) raw.unshift(rest)
      resolve()
    })
    raw.once('close', () => {
      give('unreachable')
      this.#isOver = true
      this.#ended(raw.readableEnded ? undefined : 'stalled')
    })
    raw.once('end', () => this.#ended(undefined))
    try {
      await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }
}

function dialOrFail(dial: () => DialledLeg): DialledLeg {
  try {
    return dial()
  } catch {
    // It has no address of the concentrator's family, or the kernel has no socket for it.
    throw new TestFailure('unreachable')
  }
}

const ANSWER_MS_MAX = 5_000
