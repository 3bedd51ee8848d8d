/**
 * Which port of which address the flows of the tunnel leave from: connection tracking gives it, and tells of each that begins
 * and each that is forgotten (ADR 0044). In the main thread: a flow is a home's name, call or transfer, and no packet.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { type Fail, guarded, supervise } from '../../shared/daemon/supervise.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { formatAddress, type Prefix, prefixContains } from '../../shared/wire/address.ts'
import {
  CONNTRACK_DESTROY_GROUP,
  CONNTRACK_DESTROYED,
} from '../../shared/wire/conntrack-counters.ts'
import {
  CONNTRACK_BEGUN,
  CONNTRACK_NEW_GROUP,
  decodeTranslation,
} from '../../shared/wire/conntrack-translation.ts'
import { readUint32 } from '../../shared/wire/tunnel.ts'
import type { Translation } from '../data/translations.ts'
import { placeOfHome } from '../data/tunnel-nat.ts'
import { log } from './log.ts'

type TunnelConfig = Pick<ConcentratorConfig, 'translationLog' | 'tunnel'>

/** Until disposed of. `write` is told of flows with the numbers of their homes. */
export async function followTunnelTranslations(
  config: TunnelConfig,
  write: (translations: readonly Translation[]) => void,
): Promise<AsyncDisposable> {
  if (config.translationLog === undefined || !config.tunnel.enabled) {
    return { [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  return await supervise(
    (failed) => Promise.resolve(hearFlows(config, write, failed)),
    (why, againMs) => log.error('translations of the tunnel failed', { why, againMs }),
  )
}

function hearFlows(
  config: TunnelConfig,
  write: (translations: readonly Translation[]) => void,
  failed: Fail,
): AsyncDisposable {
  const flows = new NetlinkSocket(Netlink.netfilter)
  flows.subscribe([CONNTRACK_NEW_GROUP, CONNTRACK_DESTROY_GROUP])
  const look = () => {
    const translations: Translation[] = []
    const atMs = Date.now()
    const health = flows.drain(({ type, body }) => {
      const translation = translationIn(config, type, body, atMs)
      if (translation !== undefined) translations.push(translation)
    })
    if (health === 'lost')
      log.warn('translations lost', { why: 'flows of the tunnel were not told' })
    if (translations.length > 0) write(translations)
  }
  const timer = setInterval(() => void guarded(failed, look), LOOK_MS)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await guarded(failed, look)
      flows[Symbol.dispose]()
    },
  }
}

/** Undefined for what is not a home's in the tunnel. */
export function translationIn(
  { tunnel, translationLog }: TunnelConfig,
  type: number,
  body: Uint8Array,
  atMs: number,
): Translation | undefined {
  if (type !== CONNTRACK_BEGUN && type !== CONNTRACK_DESTROYED) return undefined
  const flow = decodeTranslation(body)
  if (flow === undefined) return undefined
  const { protocol, source, destination, outside } = flow
  const subscriber = [tunnel.prefix4, tunnel.prefix6]
    .map((prefix) => homeAt(prefix, source.address))
    .find((number) => number !== undefined)
  if (subscriber === undefined) return undefined
  return {
    event: type === CONNTRACK_BEGUN ? 'begin' : 'end',
    atMs,
    subscriber,
    protocol,
    address: formatAddress(outside.address),
    port: outside.port,
    ...(translationLog?.destinations && {
      destination: { address: formatAddress(destination.address), port: destination.port },
    }),
  }
}

/** The number of the home that has that address inside the tunnel; undefined where none has. */
function homeAt(prefix: Prefix, address: Uint8Array): number | undefined {
  if (!prefixContains(prefix, address)) return undefined
  const number = readUint32(address, 12) - readUint32(prefix.address, 12) - placeOfHome(0)
  return number < 0 ? undefined : number
}

/** The kernel holds the news of so long: 8 MiB of them, some 20,000 flows. */
const LOOK_MS = 200
