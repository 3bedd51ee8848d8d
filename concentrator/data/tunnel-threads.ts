/**
 * The thread of the homes' tunnels as the main thread has it: what it is born with, and that it is started again.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { tunnelPort } from '../../shared/config/tunnel.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { type KeptThread, keepThread } from '../../shared/relay/kept-thread.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { PrefixPool } from '../../shared/wire/prefix-pool.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import type { StreetLog } from '../control/log.ts'
import type { CappedLegs } from '../subscribers/capped-legs.ts'
import type { TunnelUsage } from '../subscribers/tunnel-usage.ts'
import {
  STREET_TUNNEL_COUNTERS,
  type StreetTunnelBirth,
  type StreetTunnelCounter,
  type StreetTunnelNews,
  type TunnelLetter,
} from './tunnel-room.ts'

/** What other threads see too. */
export interface TunnelMemory {
  readonly usage: Pick<TunnelUsage, 'memory'>
  readonly cappedLegs: Pick<CappedLegs, 'memory'>
}

export interface TunnelThread extends Pick<KeptThread<TunnelLetter>, 'tell'>, AsyncDisposable {
  readonly counters: Counters<StreetTunnelCounter>
}

/** `homes` are those it is born with, each time. Rejects with a sentence when it does not come to serve. */
export async function startTunnelThread(
  config: Pick<ConcentratorConfig, 'listen' | 'shaping' | 'tunnel'>,
  { usage, cappedLegs }: TunnelMemory,
  homes: () => StreetTunnelBirth['homes'],
  log: Pick<StreetLog, 'error' | 'warn'>,
): Promise<TunnelThread> {
  const counters = new Counters(STREET_TUNNEL_COUNTERS, 1)
  const birth = {
    ...birthOf(config),
    usage: usage.memory,
    cappedLegs: config.shaping.interface === undefined ? undefined : cappedLegs.memory,
    counters: counters.memory,
  }
  const thread = await keepThread<StreetTunnelBirth, StreetTunnelNews, TunnelLetter>(
    new URL('tunnel-worker.ts', import.meta.url),
    () => ({ ...birth, homes: homes() }),
    (news) => {
      if (news.event === 'interface') log.warn('tunnel has no interface', { why: news.why })
    },
    (why) => log.error('tunnel thread ended', { why }),
  )
  return { ...thread, counters }
}

/** The pool of the homes' prefixes, where there is one. */
export function poolOf({
  pool6,
  homeBits6,
}: Pick<ConcentratorConfig['tunnel'], 'homeBits6' | 'pool6'>): PrefixPool | undefined {
  return pool6 && { pool: pool6, bits: homeBits6 }
}

function birthOf({ listen, tunnel }: Pick<ConcentratorConfig, 'listen' | 'tunnel'>) {
  const addresses = listen.addresses.length === 0 ? ['::'] : listen.addresses
  const port = tunnelPort(tunnel, listen.port)
  return {
    listen: addresses.map((address) => encodeSockaddr6(knownAddress(address), port)),
    device: tunnel.interface,
    prefix4: tunnel.prefix4,
    prefix6: tunnel.prefix6,
    pool6: poolOf(tunnel),
    reorderMsMax: tunnel.reorderMsMax,
  }
}
