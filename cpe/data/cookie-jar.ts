/**
 * The cookies of this home: the one from the operator's file, and for each leg the one that the
 * concentrator has issued there, which is shown instead (RFC 8803 section 6.2.7, ADR 0018).
 */

import type { LegName } from '../../shared/core/leg.ts'
import { LegCookie } from '../../shared/core/leg-cookie.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { ShownCookie, Uplink } from './uplink.ts'

/** Where a cookie is good: on a leg, from one of its addresses. */
type Origin = Pick<Uplink, 'leg' | 'from'>

export class CookieJar {
  readonly #provisioned: ShownCookie
  readonly #legs: Readonly<Record<LegName, LegCookie>> = {
    dsl: new LegCookie(),
    lte: new LegCookie(),
  }

  constructor(provisioned: Uint8Array) {
    this.#provisioned = { bytes: provisioned, issued: false }
  }

  get provisioned(): ShownCookie {
    return this.#provisioned
  }

  /** What an uplink that begins there has to show. */
  cookieFor({ leg, from }: Origin): ShownCookie {
    const bytes = this.#legs[leg].issuedFor(formatAddress(from))
    return bytes === undefined ? this.#provisioned : { bytes, issued: true }
  }

  wantsNew({ leg, from }: Origin, nowMs: number): boolean {
    return this.#legs[leg].wantsNew(formatAddress(from), nowMs)
  }

  asking({ leg, from }: Origin, nowMs: number): void {
    this.#legs[leg].asking(formatAddress(from), nowMs)
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# A Client that receives this error code SHOULD cache the received
  //# Cookie and include it in subsequent Convert messages sent to that
  //# Transport Converter.
  issue(cookie: Uint8Array, { leg, from }: Origin, nowMs: number): void {
    this.#legs[leg].issue(cookie, formatAddress(from), nowMs)
  }

  notIssued({ leg }: Origin, nowMs: number): void {
    this.#legs[leg].notIssued(nowMs)
  }

  /** The provisioned one is never forgotten: there is no other. */
  refused({ bytes, issued }: ShownCookie, leg: LegName, nowMs: number): void {
    if (issued) this.#legs[leg].refused(bytes, nowMs)
  }
}
