/**
 * Homes that come with a code and leave with a credential of their own (ADR 0046). The code is spent in the same commit
 * that makes the credential the home's: of two that come with one code, one has it. Who has spent it may ask again, for
 * the answer may have been lost.
 */
import { hash } from 'node:crypto'
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { Home } from '../subscribers/homes.ts'
import { KeeperUnavailable } from '../subscribers/keeper.ts'
import { verifierOf } from '../subscribers/records.ts'
import type { Store } from '../subscribers/store.ts'
import { ELSEWHERE } from './home-session.ts'
import type { StreetLog } from './log.ts'
import { isFrom } from './session-homes.ts'
import type { EnrolWish, SessionOwner } from './session-owner.ts'

export function enrolments(
  store: Pick<Store, 'commit' | 'follow' | 'homes'>,
  unixMs: () => number,
  log: Pick<StreetLog, 'info' | 'warn'>,
): SessionOwner['enrol'] {
  return async (wish, from) => {
    try {
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const found = judged(store, wish, from, unixMs())
        if ('why' in found) return found
        const { home, body } = found
        if (body === undefined) return { id: home.id }
        const change = {
          kind: 'subscriber',
          id: home.id,
          after: body,
          expected: home.version,
        } as const
        const committed = await store.commit([change], 'enrolment')
        if (committed.kind === 'done') {
          log.info('home enrolled', { subscriber: home.id })
          return { id: home.id }
        }
        // Somebody has changed it meanwhile, and perhaps spent its code.
        await store.follow()
      }
      return BUSY
    } catch (error) {
      if (!(error instanceof KeeperUnavailable)) throw error
      log.warn('home not enrolled', { why: sentenceOf(error) })
      return BUSY
    }
  }
}

/** The home, and what its record shall be; without `body` where it has been enrolled with just this. */
function judged(
  { homes }: Pick<Store, 'homes'>,
  { code, cookie, verifier: session }: EnrolWish,
  from: Uint8Array,
  nowMs: number,
) {
  // By hash, so that how long the search takes says nothing about the code.
  const home = homes.homeOfCode(code)
  if (home?.enrolment === undefined || !isUsable(home, nowMs)) return NO_CODE
  if (cookie.length < COOKIE_BYTES_MIN || session.length !== VERIFIER_BYTES) return NO_CODE
  if (!isFrom({ prefixes: [...home.prefixes.dsl, ...home.prefixes.lte] }, from)) return ELSEWHERE
  const { enrolment } = home
  const verifier = verifierOf(cookie, session)
  if (enrolment.spentFor !== undefined) {
    const isSame = enrolment.spentFor === proofOfOwner(verifier.hash, session)
    return isSame ? { home, body: undefined } : NO_CODE
  }
  // Another's cookie cannot be taken over by showing it here.
  if (homes.ownerOf(verifier.hash) !== undefined) return NO_CODE
  const spentFor = proofOfOwner(verifier.hash, session)
  const body = {
    ...home.body,
    verifier: homes.kept(home.id, verifier),
    enrolment: { ...enrolment, spentFor },
  }
  return { home, body }
}

function isUsable({ state, source, enrolment }: Home, nowMs: number): boolean {
  if (state !== 'active' || source === 'file') return false
  return enrolment !== undefined && nowMs < enrolment.untilMs
}

/** What tells the home that has spent a code from any other. */
function proofOfOwner(cookieHash: string, session: Uint8Array): string {
  return hash('sha256', `${cookieHash} ${Buffer.from(session).toString('hex')}`, 'hex')
}

const NO_CODE = {
  code: 'not-authorized',
  why: 'the code is not known here, was spent, or is too old; ask for another',
  waitS: 60,
}
const BUSY = { code: 'busy', why: 'the store cannot be written to now', waitS: 10 }
const TRIES_MAX = 5
const COOKIE_BYTES_MIN = 16
const VERIFIER_BYTES = 32
