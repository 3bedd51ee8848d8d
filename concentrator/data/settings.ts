/**
 * From the operator's file to what a data thread needs: numbers, bytes and limits, all computed once.
 */
import { networkInterfaces } from 'node:os'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { Host } from '../../shared/relay/host.ts'
import { knownAddress, type Prefix } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { egressSettings } from './egress-settings.ts'
import type { StreetMemory, StreetSettings } from './room.ts'

export function streetSettings(
  config: ConcentratorConfig,
  host: Host,
  counters: SharedArrayBuffer,
): StreetSettings & StreetMemory {
  const { listen, limits, keepalive, acl, egress } = config
  const addresses = listen.addresses.length === 0 ? ['::'] : listen.addresses
  return {
    listen: addresses.map((address) => encodeSockaddr6(knownAddress(address), listen.port)),
    cookies: config.subscribers.map(({ cookie }) => cookie),
    acl: { allow: acl.allow, deny: [...acl.deny, ...ownAddresses(egress.addresses)] },
    convertWaitMs: limits.convertWaitMs,
    connectMs: limits.connectMs,
    poolHelloIdleMs: limits.poolHelloIdleS * 1_000,
    flowIdleMs: limits.flowIdleS * 1_000,
    egress: egressSettings(config),
    congestion: host.congestion,
    keepalive,
    descriptorsMax: host.descriptorsPerWorker,
    counters,
    workers: config.workers,
  }
}

/** This host itself: through the converter nobody reaches it unless `acl.allow` names it. */
function ownAddresses(routedHere: readonly string[]): Prefix[] {
  const onInterfaces = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
  return [...onInterfaces, ...routedHere].map((address) => ({
    address: knownAddress(address),
    bits: 128,
  }))
}
