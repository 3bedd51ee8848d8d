/**
 * The homes' tunnels as the main thread has them: forwarding, the table between them and the Internet, and a
 * thread that is started again when it dies. All of it is ours, and gone when we are.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DENIED_BY_DEFAULT } from '../../shared/config/acl.ts'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { tunnelPort } from '../../shared/config/tunnel.ts'
import type { Log } from '../../shared/daemon/log.ts'
import { applyRuleset } from '../../shared/linux/nftables.ts'
import { allowForwarding, type Sysctls } from '../../shared/linux/sysctl.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { keepThread } from '../../shared/relay/kept-thread.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { egressChooser } from './egress-settings.ts'
import { type NatHome, REMOVE_NAT, renderNat } from './tunnel-nat.ts'
import {
  STREET_TUNNEL_COUNTERS,
  type StreetTunnelBirth,
  type StreetTunnelCounter,
  type StreetTunnelNews,
} from './tunnel-room.ts'

export interface StandingTunnel extends AsyncDisposable {
  readonly counters: Counters<StreetTunnelCounter>
}

/** undefined where the configuration wants none. Throws a sentence when something is refused, and leaves nothing then. */
export async function openStreetTunnel(
  config: Pick<
    ConcentratorConfig,
    'acl' | 'egress' | 'listen' | 'stateDirectory' | 'subscribers' | 'tunnel'
  >,
  sysctls: Sysctls,
  log: Pick<Log, 'warn'>,
): Promise<StandingTunnel | undefined> {
  const { tunnel, acl } = config
  if (!tunnel.enabled) return undefined
  await using undo = new AsyncDisposableStack()
  const rulesetFile = join(config.stateDirectory, RULESET_FILE)
  undo.defer(async () => {
    await applyRuleset(REMOVE_NAT, rulesetFile)
    rmSync(rulesetFile)
  })
  const deny = acl.denyDefaults ? [...acl.deny, ...DENIED_BY_DEFAULT] : acl.deny
  const forwards = allowForwarding(sysctls)
  await applyRuleset(
    renderNat({ tunnel, acl: { allow: acl.allow, deny }, forwards }, natHomes(config)),
    rulesetFile,
  )

  const counters = new Counters(STREET_TUNNEL_COUNTERS, 1)
  const addresses = config.listen.addresses.length === 0 ? ['::'] : config.listen.addresses
  const port = tunnelPort(tunnel, config.listen.port)
  const birth: StreetTunnelBirth = {
    listen: addresses.map((address) => encodeSockaddr6(knownAddress(address), port)),
    cookies: config.subscribers.map(({ cookie }) => cookie),
    device: tunnel.interface,
    prefix4: tunnel.prefix4,
    prefix6: tunnel.prefix6,
    reorderMsMax: tunnel.reorderMsMax,
    counters: counters.memory,
  }
  undo.use(
    await keepThread<StreetTunnelBirth, StreetTunnelNews>(
      new URL('tunnel-worker.ts', import.meta.url),
      birth,
      (news) => {
        if (news.event === 'interface') log.warn('tunnel interface', { why: news.why })
      },
      (why) => log.warn('tunnel thread ended', { why }),
    ),
  )
  const standing = undo.move()
  return { counters, [Symbol.asyncDispose]: () => standing.disposeAsync() }
}

function natHomes({
  egress,
  subscribers,
}: Pick<ConcentratorConfig, 'egress' | 'subscribers'>): NatHome[] {
  const pool = egress.addresses.map(knownAddress)
  const exitOf = egressChooser(egress.addresses)
  return subscribers.map(({ id, acl }, number) => {
    const { ipv4, ipv6 } = exitOf({ id, egress: {} })
    return {
      number,
      egress4: ipv4 === undefined ? undefined : pool[ipv4],
      egress6: ipv6 === undefined ? undefined : pool[ipv6],
      acl,
    }
  })
}

/** In the state directory. */
const RULESET_FILE = 'concentrator-tunnel.nft'
