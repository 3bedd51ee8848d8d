/**
 * The tunnel as the main thread has it: a thread of its own, started again when it dies. Without it, what it
 * would carry leaves by one line as it is.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { Policy } from '../../shared/config/policy.ts'
import { tunnelPort } from '../../shared/config/tunnel.ts'
import type { PolicyScope } from '../../shared/core/class-change.ts'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { keepThread } from '../../shared/relay/kept-thread.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { CpeLog } from '../control/log.ts'
import { keepPrefix } from './home-prefix.ts'
import { type TunnelBoard, tunnelBoard } from './tunnel-board.ts'
import type { TunnelBirth, TunnelLetter, TunnelNews } from './tunnel-room.ts'

export interface OpenTunnel extends AsyncDisposable {
  readonly board: TunnelBoard
  /** The legs, or what steering wants of them, are others. */
  wake(): void
  /** Carry by this from now on: what begins, or what runs too. */
  adopt(policy: Pick<Policy, 'classes'>, flows: PolicyScope): void
}

/** `board` is the leg board's memory. */
export async function openTunnel(
  config: Pick<
    CpeConfig,
    'classes' | 'concentrator' | 'lan' | 'legs' | 'stateDirectory' | 'subscriber' | 'tunnel'
  >,
  board: SharedArrayBuffer,
  log: Pick<CpeLog, 'error' | 'info' | 'warn'>,
): Promise<OpenTunnel> {
  const { tunnel, legs, concentrator, subscriber } = config
  const shared = tunnelBoard()
  let { classes } = config
  const birth: Omit<TunnelBirth, 'classes'> = {
    board,
    tunnel: shared.memory,
    cookie: subscriber.cookie,
    lan: config.lan.interfaces,
    cipher: tunnel.cipher,
    reorderMsMax: tunnel.reorderMsMax,
    device: tunnel.interface,
    addresses: concentrator.addresses.map(knownAddress),
    port: tunnelPort(tunnel, concentrator.port),
    interfaces: { dsl: legs.dsl.interface, lte: legs.lte.interface },
  }
  const prefix = await keepPrefix(config)
  const thread = await keepThread<TunnelBirth, TunnelNews, TunnelLetter>(
    new URL('tunnel-worker.ts', import.meta.url),
    () => ({ ...birth, classes }),
    (news) => {
      say(news, log)
      if (news.event !== 'standing') return
      prefix.use(news.prefix6).catch((error: unknown) => {
        log.warn('tunnel without its prefix', { why: sentenceOf(error) })
      })
    },
    (why) => {
      // Its last word may be an old one: packets must not be routed to nobody.
      shared.counters.row(0).fill(0)
      log.error('tunnel thread ended', { why })
    },
  )
  return {
    board: shared,
    wake: () => thread.wake(),
    adopt(policy, flows) {
      classes = policy.classes
      thread.tell({ classes, flows })
    },
    async [Symbol.asyncDispose]() {
      await thread[Symbol.asyncDispose]()
      await prefix[Symbol.asyncDispose]()
    },
  }
}

function say(news: TunnelNews, log: Pick<CpeLog, 'info' | 'warn'>): void {
  switch (news.event) {
    case 'serving':
      return
    case 'standing':
      log.info('tunnel stands', { ipv4: news.ipv4, ipv6: news.ipv6, prefix6: news.prefix6 })
      return
    case 'fallen':
      log.warn('tunnel fallen')
      return
    case 'refused':
      log.warn('tunnel has no interface', { why: news.why })
  }
}
