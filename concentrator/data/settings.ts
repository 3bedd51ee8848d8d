/**
 * From the operator's file to what a data thread needs: numbers, bytes and limits, all computed once.
 */
import { DENIED_BY_DEFAULT } from '../../shared/config/acl.ts'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { LEG_NUMBER, LEGS } from '../../shared/core/leg.ts'
import type { Host } from '../../shared/relay/host.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { pseudonymsBy } from '../subscribers/cookie-mint.ts'
import type { Home } from '../subscribers/homes.ts'
import type { StreetSubscriber } from '../subscribers/roll.ts'
import { egressChooser, egressSettings } from './egress-settings.ts'
import type { StreetSettings } from './room.ts'

/** `subscribers` by number; `secret` is what the keys of issued cookies are made from. */
export function streetSettings(
  config: ConcentratorConfig,
  subscribers: ReadonlyArray<StreetSubscriber | undefined>,
  host: Pick<Host, 'congestion' | 'descriptorsPerWorker'>,
  secret: Uint8Array,
): StreetSettings {
  const { listen, limits, keepalive, acl, cookies } = config
  const { lifetimeS, ipv4Bits, ipv6Bits } = cookies
  const addresses = listen.addresses.length === 0 ? ['::'] : listen.addresses
  const pseudonyms = subscribers.map((subscriber) => subscriber?.pseudonym)
  return {
    listen: addresses.map((address) => encodeSockaddr6(knownAddress(address), listen.port)),
    subscribers,
    mint: { secret, lifetimeS, ipv4Bits, ipv6Bits, pseudonyms },
    issueCookies: cookies.issue,
    ownAddressLegs: LEGS.filter((leg) => cookies.issueTo[leg] === 'probed').map(
      (leg) => LEG_NUMBER[leg],
    ),
    acl: {
      allow: acl.allow,
      deny: acl.denyDefaults ? [...acl.deny, ...DENIED_BY_DEFAULT] : acl.deny,
    },
    hairpin: acl.hairpin,
    perSubscriber: limits.perSubscriber,
    perSource: limits.perSource,
    drainWaitS: limits.drainWaitS,
    convertWaitMs: limits.convertWaitMs,
    connectMs: limits.connectMs,
    poolHelloIdleMs: limits.poolHelloIdleS * 1_000,
    flowIdleMs: limits.flowIdleS * 1_000,
    egress: egressSettings(config),
    translations: toldTranslations(config),
    congestion: host.congestion,
    keepalive,
    descriptorsMax: host.descriptorsPerWorker,
  }
}

function toldTranslations({
  translationLog,
}: Pick<ConcentratorConfig, 'translationLog'>): StreetSettings['translations'] {
  if (translationLog === undefined) return 'none'
  return translationLog.destinations ? 'destinations' : 'sources'
}

/** How homes become what the data threads know of them. */
export function streetSubscriber(
  { egress }: Pick<ConcentratorConfig, 'egress'>,
  secret: Uint8Array,
): (home: Home) => StreetSubscriber {
  const exitOf = egressChooser(egress.addresses)
  const pseudonymOf = pseudonymsBy(secret)
  return (home) => ({
    cookieHash: home.verifier.hash,
    pseudonym: pseudonymOf(home.id),
    prefixes: LEGS.flatMap((leg) =>
      home.prefixes[leg].map((prefix) => ({ prefix, leg: LEG_NUMBER[leg] })),
    ),
    acl: home.acl,
    egress: exitOf(home),
  })
}
