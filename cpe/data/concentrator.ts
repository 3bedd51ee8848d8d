/**
 * The concentrator as a data thread knows it: whether it may be asked for anything, over which leg, and
 * with which cookie. Whoever dials it asks here, and says here what came of it.
 */

import { errorCounter } from '../../shared/core/error-counters.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { LegMarks } from '../../shared/core/leg-marks.ts'
import { Solicitation } from '../../shared/core/solicitation.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { CookieJar } from './cookie-jar.ts'
import { type Refusal, whatFollows, whatRefusalMeans } from './refusal.ts'
import { COUNT, type HouseRoom } from './room.ts'
import {
  dialUplink,
  type ErrorTlv,
  type ShownCookie,
  standsOnLeg,
  type Uplink,
  uplinkAnswered,
} from './uplink.ts'

/** What becomes of a LAN connection whose Connect was refused. */
export type ConnectRefused =
  | { readonly do: 'tell the LAN' | 'bypass' }
  /** On a new uplink; of what the LAN said nothing has gone further. `cookie`: this one, not the issued. */
  | { readonly do: 'ask again'; readonly cookie: ShownCookie | undefined }

export class Concentrator {
  readonly jar: CookieJar
  readonly #room: HouseRoom
  readonly #dial: typeof dialUplink
  readonly #asking = new Solicitation()
  readonly #marks = new LegMarks()
  /** Uplinks in a row that became plain TCP on a leg. */
  readonly #plainInRow: Record<LegName, number> = { dsl: 0, lte: 0 }
  readonly #addresses: Record<LegName, string> = { dsl: '', lte: '' }
  #reportedMs = -Infinity

  /** `dial`: a test paints the lines. */
  constructor(room: HouseRoom, dial: typeof dialUplink = dialUplink) {
    this.#room = room
    this.#dial = dial
    this.jar = new CookieJar(room.settings.cookie)
  }

  /** LAN connections may be bonded; otherwise they bypass it. */
  get open(): boolean {
    const { board, loop } = this.#room
    this.#heed()
    return board.reachable && this.#asking.open(loop.nowMs) && !this.#allMarked
  }

  /** Somebody may dial, be it only to see who is there. */
  get mayDial(): boolean {
    const { board, loop } = this.#room
    this.#heed()
    return board.reachable && this.#asking.mayDial(loop.nowMs) && !this.#allMarked
  }

  /** Nobody knows whether it answers. */
  get doubtful(): boolean {
    return this.#asking.doubtful
  }

  /** The leg that uplinks begin on now; undefined where none is up, or all are marked. */
  get leg(): LegName | undefined {
    return this.#legOf(LEGS)
  }

  #legOf(lines: readonly LegName[]): LegName | undefined {
    const { nowMs } = this.#room.loop
    const up = this.#upLegs()
    const legs = lines.filter((leg) => up.includes(leg))
    return (
      legs.find((leg) => this.#marks.clean(leg)) ??
      legs.find((leg) => !this.#marks.marked(leg, nowMs))
    )
  }

  /** A leg whose mark is over, while others serve: one hello shall try it. */
  get legToTry(): LegName | undefined {
    const { nowMs } = this.#room.loop
    return this.#upLegs().find((leg) => leg !== this.leg && this.#marks.due(leg, nowMs))
  }

  /**
   * Begin an uplink over the first of `lines` that serves, with the cookie that is good where it begins. `-errno` where none
   * can be.
   */
  dial(lines: readonly LegName[], cookie?: ShownCookie): Uplink | number {
    return this.#dial(
      this.#room,
      this.#legOf(lines),
      (origin) => cookie ?? this.jar.cookieFor(origin),
    )
  }

  /** The same over `leg`, to see whether it serves again. */
  tryLeg(leg: LegName): Uplink | number {
    this.#marks.tried(leg, this.#room.loop.nowMs)
    return this.#dial(this.#room, leg, (origin) => this.jar.cookieFor(origin))
  }

  /** Uplink after uplink over this leg became plain TCP: the next would as well. */
  stripsMptcp(leg: LegName): boolean {
    return this.#plainInRow[leg] >= PLAIN_IN_ROW
  }

  /**
   * The first answer on an uplink is a good one: so is the leg that it began on. `doubted` is a cookie that
   * was refused in place of the one it showed.
   */
  admitted(uplink: Uplink, doubted?: ShownCookie): void {
    const { loop } = this.#room
    const { leg } = uplink
    if (doubted !== undefined) this.jar.refused(doubted, leg, loop.nowMs)
    this.answered(uplink)
    this.#plainInRow[leg] = uplink.plain ? this.#plainInRow[leg] + 1 : 0
    this.#marks.answered(leg, loop.nowMs)
  }

  /** A warm uplink was answered, by whatever leg. */
  answered(uplink: Uplink): void {
    const { loop, tell } = this.#room
    uplinkAnswered(this.#room, uplink)
    if (this.#asking.answered(loop.nowMs)) tell({ event: 'bonding' })
  }

  /**
   * There was no first answer on an uplink, or one that is no Convert. While probes are answered another leg is
   * tried first; if none is left, it is the concentrator.
   */
  missed(uplink: Uplink, why: string, fault: 'missing' | 'alien' = 'missing'): void {
    const { board, loop, tell, count } = this.#room
    // A leg that died under it, or was redialled, says nothing about the concentrator.
    if (!standsOnLeg(board, uplink)) return
    const { leg } = uplink
    if (board.reachable) {
      const others = this.#upLegs().filter((other) => other !== leg)
      const forMs = this.#marks.mark(leg, fault, others, loop.nowMs)
      if (forMs !== undefined && forMs > 0) {
        count[COUNT[leg === 'dsl' ? 'marksDsl' : 'marksLte']]!++
        tell({ event: 'marked', leg, why, forS: forMs / 1_000 })
      }
      if (forMs !== undefined && !this.#allMarked) return
    }
    this.failed(`Cannot bond: ${why}`)
  }

  /** An uplink could not be had: try again after a pause that grows. */
  failed(why: string): void {
    const { loop, tell, count } = this.#room
    count[COUNT.uplinksFailed]!++
    if (this.#asking.failed(loop.nowMs)) tell({ event: 'bypassing', why })
  }

  /** It speaks Convert, but not as we can take it. */
  unfit(): void {
    this.failed('Cannot bond: the concentrator speaks another Convert than ours')
  }

  /** It named a time: nobody asks before, in no thread. */
  stop({ why, waitMs }: Refusal): void {
    const { loop, tell, count, stopUntilMs, originMs } = this.#room
    count[COUNT.uplinksFailed]!++
    const news = this.#asking.stop(loop.nowMs, waitMs)
    if (news) tell({ event: 'bypassing', why: `Cannot bond: ${why}` })
    stopUntilMs[0] = Math.max(stopUntilMs[0]!, originMs + loop.nowMs + waitMs)
  }

  /** A hello was refused. A cookie that is replaced or forgotten says nothing about the concentrator. */
  helloRefused(uplink: Uplink, error: ErrorTlv): void {
    const { count, loop } = this.#room
    count[COUNT[errorCounter(error.code)]]!++
    const { cookie, leg } = uplink
    const what = whatFollows(error)
    if (what.do === 'take the cookie') {
      this.jar.issue(what.cookie, uplink, loop.nowMs)
      if (cookie.issued) this.failed('Cannot bond: the concentrator issues cookies and takes none')
    } else if (what.do === 'doubt the cookie' && cookie.issued) {
      this.jar.refused(cookie, leg, loop.nowMs)
    } else {
      this.stop(whatRefusalMeans(error))
    }
  }

  /**
   * A Connect was refused. `inMessage`: the cookie that stood in the same message; undefined on a warm
   * uplink, whose hello was accepted. `again`: it has been asked before.
   */
  refused(
    uplink: Uplink,
    error: ErrorTlv,
    inMessage: ShownCookie | undefined,
    again: boolean,
  ): ConnectRefused {
    const { count, loop } = this.#room
    count[COUNT[errorCounter(error.code)]]!++
    const what = whatFollows(error)
    switch (what.do) {
      case 'tell the LAN':
        return { do: 'tell the LAN' }
      case 'bypass':
        this.#report(what.report)
        return { do: 'bypass' }
      case 'stop':
        this.stop(what)
        return { do: 'bypass' }
      //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.7
      //# The Client will react to this error
      //# by first issuing a reset to terminate the connection.  It also stores
      //# the received Cookie in its cache and attempts to reestablish a new
      //# connection to the Transport Converter that includes the Cookie TLV.
      case 'take the cookie':
        this.jar.issue(what.cookie, uplink, loop.nowMs)
        if (again || !this.open) return { do: 'bypass' }
        return { do: 'ask again', cookie: undefined }
      case 'doubt the cookie':
        // Said of a destination that its ACL names, too: the provisioned cookie decides, or a hello.
        if (inMessage?.issued !== true || again || !this.open) return { do: 'bypass' }
        return { do: 'ask again', cookie: this.jar.provisioned }
    }
  }

  /** The legs changed: one with another address is another line. */
  legsChanged(): void {
    const { board } = this.#room
    if (board.reachable) this.#asking.hurry()
    for (const leg of LEGS) {
      const { address4, address6 } = board.leg(leg)
      const addresses = [address4, address6].map((one) => one && formatAddress(one)).join(' ')
      if (addresses === this.#addresses[leg]) continue
      this.#addresses[leg] = addresses
      this.#marks.forget(leg)
      this.#plainInRow[leg] = 0
    }
  }

  /** Another thread may have been told to stop. */
  #heed(): void {
    const { loop, stopUntilMs, originMs } = this.#room
    const leftMs = stopUntilMs[0]! - originMs - loop.nowMs
    if (leftMs > 0) this.#asking.stop(loop.nowMs, leftMs)
  }

  get #allMarked(): boolean {
    return this.#upLegs().length > 0 && this.leg === undefined
  }

  #upLegs(): LegName[] {
    return LEGS.filter((leg) => this.#room.board.leg(leg).up)
  }

  #report(why: string | undefined): void {
    const { loop, tell } = this.#room
    if (why === undefined || loop.nowMs - this.#reportedMs < REPORT_MS) return
    this.#reportedMs = loop.nowMs
    tell({ event: 'refused', why })
  }
}

const PLAIN_IN_ROW = 3
/** What a LAN host may provoke again and again is said once in this time. */
const REPORT_MS = 60_000
