/**
 * Who is answered: a browser that was told one of our own names or addresses, and a page that is ours.
 *
 * A site in the Internet can have the browsers of a home ask us: by a name of its own that it points at our address
 * (DNS rebinding), which `Host` tells, or by a form or script of its own, which `Origin` tells.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { spendToken, ticksAt } from '../../../shared/core/token-bucket.ts'
import { formatAddress, parseAddress } from '../../../shared/wire/address.ts'

/** `names`: those of the configuration, beside the address that was asked. */
export function isForUs({ headers, socket }: IncomingMessage, names: readonly string[]): boolean {
  const { host = '' } = headers
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d+)?$/i.exec(host) ?? []
  const name = bracketed ?? plain
  if (name === undefined) return false
  const address = parseAddress(name)
  if (address === undefined) return names.some((one) => one.toLowerCase() === name.toLowerCase())
  const asked = parseAddress(socket.localAddress ?? '')
  return asked !== undefined && formatAddress(asked) === formatAddress(address)
}

/** What changes something is done for our own page alone. */
export function isFromUs({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  const ours = origin === undefined || origin === `http://${host}`
  // No form can send this one, and a script of another site is asked for leave first, which it is not given.
  const asked = headers['x-hybridge'] === 'page'
  return ours && asked && (site === undefined || site === 'same-origin')
}

/** The password that a request says, percent-encoded; what is not, is as it stands. */
export function passwordIn({ authorization = '' }: IncomingHttpHeaders): string {
  const said = /^Bearer (.+)$/.exec(authorization)?.[1] ?? ''
  try {
    return decodeURIComponent(said)
  } catch {
    return said
  }
}

export class Password {
  readonly #hash: Buffer | undefined
  readonly #nowMs: () => number
  /** The bucket of wrong ones. */
  #wrong = 0

  constructor(password: string | undefined, nowMs: () => number) {
    this.#hash = password === undefined ? undefined : hashOf(password)
    this.#nowMs = nowMs
  }

  /** There is one: without it nobody may. */
  get isSet(): boolean {
    return this.#hash !== undefined
  }

  /** `tooOften`: too many were wrong of late, so that not even the right one is heard. */
  judge(said: string): 'right' | 'wrong' | 'tooOften' {
    const spent = spendToken(this.#wrong, WRONG_PER_S_MAX, ticksAt(this.#nowMs()))
    if (spent === undefined) return 'tooOften'
    const right = this.#hash !== undefined && timingSafeEqual(hashOf(said), this.#hash)
    if (!right) this.#wrong = spent
    return right ? 'right' : 'wrong'
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Two seconds' worth at once. */
const WRONG_PER_S_MAX = 1
