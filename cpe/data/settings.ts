/**
 * From the operator's file to what a data thread needs: numbers, bytes and limits, all computed once.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { keepaliveIdleS } from '../../shared/core/standby.ts'
import type { Host } from '../../shared/relay/host.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { HouseMemory, HouseSettings } from './room.ts'

export function houseSettings(
  config: CpeConfig,
  host: Host,
  memory: HouseMemory,
): HouseSettings & HouseMemory {
  const { concentrator, legs, pool, limits, workers } = config
  return {
    ...memory,
    concentrator: {
      addresses: concentrator.addresses.map(knownAddress),
      port: concentrator.port,
    },
    cookie: config.subscriber.cookie,
    lan: config.lan.interfaces,
    interfaces: { dsl: legs.dsl.interface, lte: legs.lte.interface },
    capturePort: config.capturePort,
    tunnel: config.tunnel.enabled,
    truthful: config.connect === 'truthful',
    poolSizeMin: POOL_SIZE_MIN,
    poolSizeMax: Math.ceil(pool.sizeMax / workers),
    poolLifetimeMs: pool.lifetimeS * 1_000,
    connectMs: limits.connectMs,
    classes: config.classes,
    congestion: host.congestion,
    lanCongestion: host.lanCongestion,
    keepalive: { ...config.keepalive, lteIdleS: keepaliveIdleS(config.probes.lteNatIdleS) },
    descriptorsMax: host.descriptorsPerWorker,
  }
}

/** An idle home holds one warm connection in each data thread (ADR 0005). */
const POOL_SIZE_MIN = 1
