/**
 * A home that has a code and no credential comes to one (ADR 0046). Nothing of ours stands on the router meanwhile: what
 * its operating system forwards goes on being forwarded.
 */
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CONTROL_VERSIONS,
  spoken,
  understandConcentrator,
} from '../../shared/config/control-messages.ts'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { Backoff } from '../../shared/core/backoff.ts'
import { LEGS } from '../../shared/core/leg.ts'
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { BoardLeg } from '../../shared/relay/leg-board.ts'
import { Channel } from '../../shared/session/channel.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import { isIpv4, parseAddress } from '../../shared/wire/address.ts'
import { dialSession } from './dial-session.ts'
import type { EnrolledHome } from './enrolled.ts'
import type { CpeLog } from './log.ts'

/** What a concentrator says to a code. */
export type EnrolAnswer = { readonly id: string } | { readonly why: string; readonly waitS: number }

/** Until the concentrator has said who this home is. Rejects where that cannot be kept. */
export async function enrol(
  config: CpeConfig,
  code: string,
  home: EnrolledHome,
  { software, log }: { readonly software: string; readonly log: Pick<CpeLog, 'info' | 'warn'> },
): Promise<void> {
  const { cookie, verifier } = credentialOf(home.secret())
  const wish = { code, cookie: spoken(cookie), verifier: spoken(verifier), software }
  const backoff = new Backoff()
  let said = ''
  for (let tries = 0; ; tries++) {
    const leg = LEGS[tries % LEGS.length]!
    let answer: EnrolAnswer
    try {
      const link = await dialSession(config, leg, addressesOf(config.legs[leg].interface))
      answer = await askToEnrol(link.socket, wish)
    } catch (error) {
      answer = { why: sentenceOf(error), waitS: 0 }
    }
    if ('id' in answer) {
      home.is(answer.id)
      log.info('enrolled', { subscriber: answer.id })
      return
    }
    const { why, waitS } = answer
    // The same trouble is told once.
    if (why !== said) log.warn('not enrolled', { leg, why })
    said = why
    await pause(backoff.wait(Math.random(), waitS * 1_000))
  }
}

/** One try. Resolves in any case. */
export function askToEnrol(
  socket: Duplex,
  wish: {
    readonly code: string
    readonly cookie: string
    readonly verifier: string
    readonly software: string
  },
): Promise<EnrolAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<EnrolAnswer>()
  const channel: Channel = new Channel(socket, ANSWER_MS_MAX, {
    hear: (object) => {
      const understood = understandConcentrator(object)
      if (understood.kind === 'message' && understood.message.type === 'enrolled') {
        resolve({ id: understood.message.id })
      } else if (understood.kind === 'message' && understood.message.type === 'goodbye') {
        resolve(understood.message)
      } else resolve({ why: 'it does not know enrolment', waitS: UNKNOWN_S })
      channel.end('it has answered')
    },
    ended: (why) => resolve({ why, waitS: 0 }),
    failed: reject,
  })
  channel.say({ type: 'enrol', versions: CONTROL_VERSIONS, ...wish })
  return promise
}

/** Before there is a leg board. */
function addressesOf(name: string): Pick<BoardLeg, 'address4' | 'address6'> {
  const own = (networkInterfaces()[name] ?? [])
    .filter(({ address }) => !/^fe80:/i.test(address))
    .flatMap(({ address }) => parseAddress(address) ?? [])
  return {
    address4: own.find(isIpv4),
    address6: own.find((address) => !isIpv4(address)),
  }
}

const ANSWER_MS_MAX = 20_000
/** An older concentrator may be replaced by a newer one. */
const UNKNOWN_S = 600
