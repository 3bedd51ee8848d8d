/**
 * The concentrator's answer to "are you there?": each genuine probe gets one echo, of its own length, to
 * where it came from. Anything else gets nothing, so that nobody learns who is served here and nobody can
 * make us send more than they do. The echo says what the leg it goes out by is shaped to (ADR 0028), and whether more
 * is unsent for it than it takes (ADR 0060).
 */
import { timingSafeEqual } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { EchoSaid } from '../../shared/core/echo-said.ts'
import { isLegNumber } from '../../shared/core/leg.ts'
import type { Tie } from '../../shared/core/tie.ts'
import { macOf, type ProbeSecret } from '../../shared/tunnel/keys.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { decodeProbe, encodeProbe, type Mac, SHAPED_KBPS_MAX } from '../../shared/wire/probe.ts'
import { type Clocks, FreshProbes } from '../subscribers/fresh-probes.ts'
import { monotonicS, type Ties } from '../subscribers/ties.ts'

export interface ProbeCounts {
  answered: number
  /** Not a probe of ours at all. */
  alien: number
  /** Of a session nobody has. */
  unknown: number
  /** With a wrong MAC. */
  forged: number
  /** Genuine, but more than a source may ask in a second. */
  limited: number
}

/** What an echo says of a subscriber's leg, by LEG_NUMBER, on its way home. */
export type EchoSays = (subscriber: number, leg: number) => EchoSaid

/** Knows the sessions, answers bytes with bytes; has no socket. */
export class ProbeJudge {
  readonly counts: ProbeCounts = {
    answered: 0,
    alien: 0,
    unknown: 0,
    forged: 0,
    limited: 0,
  }
  readonly #sessions = new Map<string, { readonly mac: Mac; readonly subscriber: number }>()
  /** Sessions by subscriber number. */
  readonly #names: Array<string | undefined> = []
  readonly #fresh: FreshProbes
  readonly #says: EchoSays
  /** Probes of this second by source. */
  readonly #asked = new Map<string, number>()
  #second = 0

  constructor(fresh: FreshProbes, says: EchoSays) {
    this.#fresh = fresh
    this.#says = says
  }

  /** Who has the number from now on; undefined for nobody. */
  know(subscriber: number, secret: ProbeSecret | undefined): void {
    const before = this.#names[subscriber]
    if (before !== undefined && this.#sessions.get(before)?.subscriber === subscriber) {
      this.#sessions.delete(before)
    }
    this.#names[subscriber] = secret && nameOf(secret.sessionId)
    if (secret === undefined) return
    this.#sessions.set(nameOf(secret.sessionId), { mac: macOf(secret.key), subscriber })
  }

  /**
   * The echo to a datagram from `source`, and which leg of which home has just shown to be there, if one
   * has; undefined when it deserves no echo.
   */
  answer(
    datagram: Uint8Array,
    source: { readonly address: string },
    clocks: Clocks,
  ): { readonly echo: Uint8Array; readonly tie: Tie | undefined } | undefined {
    const decoded = decodeProbe(datagram)
    if (decoded.kind !== 'message' || decoded.frame.type !== 'probe') {
      this.counts.alien += 1
      return undefined
    }
    const { frame, signed, mac: theirs } = decoded
    const session = this.#sessions.get(nameOf(frame.sessionId))
    if (session === undefined) {
      this.counts.unknown += 1
      return undefined
    }
    const { mac, subscriber } = session
    if (!timingSafeEqual(mac(signed), theirs)) {
      this.counts.forged += 1
      return undefined
    }
    // Only now: a forger must not use up what the home may ask.
    if (!this.#mayAsk(source.address, clocks.nowMs)) {
      this.counts.limited += 1
      return undefined
    }
    this.counts.answered += 1
    const tie = { subscriber, leg: frame.legId }
    const isFresh = isLegNumber(tie.leg) && this.#fresh.isFresh(tie, frame.packetNumber, clocks)
    const says = this.#says(subscriber, tie.leg)
    const shapedKbps = Math.min(says.shapedKbps, SHAPED_KBPS_MAX)
    const unsent = frame.unsent && says.unsent
    return {
      echo: encodeProbe({ ...frame, type: 'echo', shapedKbps, unsent }, mac),
      tie: isFresh ? tie : undefined,
    }
  }

  #mayAsk(source: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000)
    if (second !== this.#second) this.#asked.clear()
    this.#second = second
    const asked = this.#asked.get(source) ?? 0
    if (asked >= PROBES_PER_SOURCE_PER_S_MAX) return false
    if (asked === 0 && this.#asked.size >= SOURCES_PER_S_MAX) return false
    this.#asked.set(source, asked + 1)
    return true
  }
}

export interface AnsweredProbes extends AsyncDisposable, Pick<ProbeJudge, 'know'> {
  readonly counts: ProbeCounts
  /**
   * Answer from now on. What has waited until now is thrown away: an echo that is late because we were busy with our
   * start would tell the home that its lines are slow.
   */
  begin(): Promise<void>
}

/**
 * Answer on the UDP port of the same number as Convert's, once told to begin. Where no address is
 * configured it listens on all, and the echo leaves from the address that the route back prefers: name them where there are several.
 */
export async function answerProbes(
  { cookies, listen }: Pick<ConcentratorConfig, 'cookies' | 'listen'>,
  ties: Ties,
  says: EchoSays,
): Promise<AnsweredProbes> {
  const judge = new ProbeJudge(new FreshProbes(cookies.tieS, performance.now()), says)
  await using opened = new AsyncDisposableStack()
  let begun = false
  for (const address of listen.addresses.length === 0 ? ['::'] : listen.addresses) {
    const socket = opened.use(createSocket(address.includes(':') ? 'udp6' : 'udp4'))
    socket.on('message', (datagram, from) => {
      if (begun) reply(socket, judge, ties, datagram, from)
    })
    const listening = once(socket, 'listening')
    socket.bind({ port: listen.port, address })
    try {
      await listening
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error)
      const where = `${address.includes(':') ? `[${address}]` : address}:${listen.port}`
      throw new Error(`Cannot answer probes on ${where}: UDP bind answered ${why}`, {
        cause: error,
      })
    }
    // A client that has gone: its home asks again, or never.
    socket.on('error', () => undefined)
  }
  const sockets = opened.move()
  return {
    counts: judge.counts,
    know: (subscriber, secret) => judge.know(subscriber, secret),
    async begin() {
      // One turn of the loop reads what lies there.
      await setImmediate()
      begun = true
    },
    [Symbol.asyncDispose]: () => sockets.disposeAsync(),
  }
}

function reply(
  socket: Socket,
  judge: ProbeJudge,
  ties: Ties,
  datagram: Uint8Array,
  from: RemoteInfo,
): void {
  const clocks = { nowMs: performance.now(), unixMs: Date.now() }
  const answer = judge.answer(datagram, from, clocks)
  if (answer === undefined) return
  socket.send(answer.echo, from.port, from.address)
  const address = parseAddress(from.address)
  if (address !== undefined && answer.tie !== undefined)
    ties.hear(answer.tie, address, monotonicS())
}

function nameOf(sessionId: Uint8Array): string {
  return Buffer.from(sessionId).toString('hex')
}

/** A home in trouble asks 60 times a second on both legs together; several may share a NAT. */
const PROBES_PER_SOURCE_PER_S_MAX = 2_000
/** Beyond it, sources not yet seen in this second wait for the next. */
const SOURCES_PER_S_MAX = 65_536
