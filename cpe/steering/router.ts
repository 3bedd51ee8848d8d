/**
 * Hands on the router: the rules, routes, nftables table and kernel settings that the agent adds to
 * what the OS has set, and takes away again.
 *
 * Nothing is changed step by step. There is what should be (routes.ts, data/capture.ts) and there is
 * what is; the difference is applied. So a start after a kill -9 finds its own things where they were,
 * the house keeps its internet meanwhile, and nothing stands twice.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { MARK, MARK_MASK } from '../../shared/core/marks.ts'
import { deleteConntrackByMark } from '../../shared/linux/conntrack.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { readLink } from '../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { appendQueueRules, applyRuleset, wouldApply } from '../../shared/linux/nftables.ts'
import { deleteOurRoutes, deleteRoute, ourRoutes, replaceRoute } from '../../shared/linux/routes.ts'
import { addRule, deleteOurRules, deleteRule, ourRules } from '../../shared/linux/rules.ts'
import {
  forwardPastOurs,
  openSysctls,
  readSysctl,
  type Sysctls,
  takeOverMptcp,
} from '../../shared/linux/sysctl.ts'
import {
  EMPTY_CAPTURE,
  type Holding,
  queueRules,
  REMOVE_CAPTURE,
  renderCapture,
} from '../data/capture.ts'
import { loosen } from './reverse-path.ts'
import {
  type LegRouting,
  planRoutes,
  planRules,
  type RoutedLeg,
  wantedRoutes,
  wantedRules,
} from './routes.ts'

export type RouterConfig = Pick<
  CpeConfig,
  | 'bypass'
  | 'capturePort'
  | 'concentrator'
  | 'connect'
  | 'lan'
  | 'legs'
  | 'stateDirectory'
  | 'tunnel'
  | 'workers'
>

/**
 * Take the router over: everything stands when this returns, with nothing captured, no leg known and
 * none active, so that the house still goes out as its OS has it. Disposing takes everything away.
 *
 * Throws a sentence when something is refused, and then leaves nothing behind. What is refused later
 * goes to `complain` as a sentence, and is tried again with the next change.
 */
export async function openRouter(
  config: RouterConfig,
  complain: (sentence: string) => void,
): Promise<Router> {
  await using undo = new AsyncDisposableStack()
  const sysctls = undo.use(openSysctls(join(config.stateDirectory, SYSCTLS_FILE), complain))
  takeOverMptcp(sysctls)
  forwardPastOurs(sysctls)
  const route = undo.use(new NetlinkSocket(Netlink.route))
  const netfilter = undo.use(new NetlinkSocket(Netlink.netfilter))
  const kernel: Kernel = { sysctls, route, netfilter }

  undo.defer(() => {
    deleteOurRoutes(route)
    deleteOurRules(route)
    // What is left of captured flows has no socket any more. Forgotten, the OS translates it like
    // anything else, and the servers it was meant for end it.
    deleteConntrackByMark(netfilter, MARK.tproxy, MARK_MASK, 'all')
  })
  const rulesetFile = join(config.stateDirectory, RULESET_FILE)
  undo.defer(async () => {
    await applyRuleset(REMOVE_CAPTURE, rulesetFile)
    rmSync(rulesetFile)
  })
  await applyRuleset(`${REMOVE_CAPTURE}${renderCapture(config, 'off', 'none')}`, rulesetFile)
  const holding = await howToHold(config, netfilter, rulesetFile)
  if (config.connect === 'truthful' && holding === 'none') complain(CANNOT_HOLD)
  if (holding !== 'none') sayAllRefusals(sysctls)
  const [refusal] = settle(config, kernel, NOWHERE, NO_LEGS)
  if (refusal !== undefined) throw new Error(refusal)
  return new Router(config, kernel, { rulesetFile, holding }, undo.move(), complain)
}

export class Router {
  readonly #config: RouterConfig
  readonly #kernel: Kernel
  readonly #table: CaptureTable
  readonly #undo: AsyncDisposableStack
  readonly #complain: (sentence: string) => void
  readonly #legs: Record<LegName, LegRouting> = { ...NO_LEGS }
  #unbonded: Unbonded = NOWHERE
  /** The last ruleset on its way to the kernel: the next one waits for it. */
  #ruleset: Promise<void> = Promise.resolve()

  constructor(
    config: RouterConfig,
    kernel: Kernel,
    table: CaptureTable,
    undo: AsyncDisposableStack,
    complain: (sentence: string) => void,
  ) {
    this.#config = config
    this.#kernel = kernel
    this.#table = table
    this.#undo = undo
    this.#complain = complain
  }

  /**
   * Where flows go that are not bonded and that begin from now on; undefined leaves it to the OS.
   * Flows that exist stay on their leg. Synchronous, a fraction of a millisecond.
   */
  setActiveLeg(leg: LegName | undefined): void {
    this.#unbonded = { ...this.#unbonded, active: leg }
    this.#settle()
  }

  /**
   * The number of the tunnel's interface while it carries packets. Without, its flows begin anew on the
   * active leg.
   */
  setTunnel(ifIndex: number | undefined): void {
    const { tunnel: before, active } = this.#unbonded
    if (before === ifIndex) return
    this.#unbonded = { active, tunnel: ifIndex }
    this.#settle()
    if (before !== undefined) this.#forget(MARK.tunnel, 'the tunnel')
  }

  /** What is known about a leg now. Also to be called when only the kernel's routes have changed. */
  refreshLeg(leg: LegName, facts: LegRouting): void {
    this.#legs[leg] = facts
    this.#settle()
  }

  /**
   * Forget what the LAN sent out over a leg that is dead: the next packet of each flow begins anew, over
   * the leg that is active by then. What came in over the leg stays: its peer knows no other address.
   */
  flushLeg(leg: LegName): void {
    this.#forget(MARK[leg], leg)
  }

  /**
   * Whether the TCP connections that the LAN opens from now on are captured. Those that are captured
   * stay so. Puts the whole table in place, whatever has become of it. Rejects with a sentence.
   */
  setCapture(on: boolean): Promise<void> {
    const { rulesetFile, holding } = this.#table
    const ruleset = `${EMPTY_CAPTURE}${renderCapture(this.#config, on ? 'on' : 'off', holding)}`
    const apply = async () => {
      await applyRuleset(ruleset, rulesetFile)
      // Until then a SYN that nobody holds is captured at once.
      if (on && holding === 'xt') this.#appendQueueRules()
    }
    this.#ruleset = this.#ruleset.then(apply, apply)
    return this.#ruleset
  }

  /** Leave the router as it was found. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A ruleset still on its way would come back after the table is gone. Whoever asked knows if it failed.
    await Promise.allSettled([this.#ruleset])
    await this.#undo.disposeAsync()
  }

  #appendQueueRules(): void {
    const { netfilter } = this.#kernel
    const result = appendQueueRules(netfilter, queueRules(this.#config), 'do')
    if (result < 0) this.#complain(`Cannot hold the LAN's connections: ${errnoName(result)}`)
  }

  #forget(mark: number, what: string): void {
    const { netfilter } = this.#kernel
    const result = deleteConntrackByMark(netfilter, mark, MARK_MASK, 'translated')
    if (result < 0) this.#complain(`Cannot forget the flows of ${what}: ${errnoName(result)}`)
  }

  #settle(): void {
    for (const sentence of settle(this.#config, this.#kernel, this.#unbonded, this.#legs)) {
      this.#complain(sentence)
    }
  }
}

/** Which way goes what is not bonded by MPTCP; of the tunnel, the number of its interface. */
interface Unbonded {
  readonly active: LegName | undefined
  readonly tunnel: number | undefined
}

interface CaptureTable {
  readonly rulesetFile: string
  readonly holding: Holding
}

/** The best way that this kernel has to hold a SYN. The table stands. */
async function howToHold(
  config: RouterConfig,
  netfilter: NetlinkSocket,
  rulesetFile: string,
): Promise<Holding> {
  if (config.connect === 'eager') return 'none'
  const table = `${EMPTY_CAPTURE}${renderCapture(config, 'on', 'nft')}`
  if (await wouldApply(table, rulesetFile)) return 'nft'
  return appendQueueRules(netfilter, queueRules(config), 'check') < 0 ? 'none' : 'xt'
}

/**
 * The kernel sends one ICMP error a second to a host, six at once: the seventh refused connection would
 * look like a slow one. What leaves by the legs is limited by the table instead.
 */
function sayAllRefusals(sysctls: Sysctls): void {
  const types4 = Number(readSysctl(ICMP4_LIMITED) ?? 0)
  sysctls.set(ICMP4_LIMITED, String(types4 & ~(1 << ICMP4_UNREACHABLE)))
  // A list of ranges. By default all errors but Packet Too Big (2), of which 1 is Destination Unreachable.
  if (readSysctl(ICMP6_LIMITED) === '0-1,3-127') sysctls.set(ICMP6_LIMITED, '0,3-127')
}

interface Kernel {
  readonly sysctls: Sysctls
  readonly route: NetlinkSocket
  readonly netfilter: NetlinkSocket
}

/** From what is to what should be. What the kernel refused, in sentences. */
function settle(
  config: RouterConfig,
  { route, sysctls }: Kernel,
  { active, tunnel }: Unbonded,
  facts: Readonly<Record<LegName, LegRouting>>,
): string[] {
  const legs = {
    dsl: withInterface(route, config.legs.dsl.interface, facts.dsl),
    lte: withInterface(route, config.legs.lte.interface, facts.lte),
  }
  for (const leg of LEGS) loosen(sysctls, config.legs[leg].interface)

  const rules = planRules(wantedRules(config, facts), ourRules(route))
  const routes = planRoutes(wantedRoutes(active, legs, tunnel), ourRoutes(route))
  const refusals: string[] = []
  const tried = (result: number, doing: string, harmless: string): void => {
    if (result >= 0 || errnoName(result) === harmless) return
    const words = route.complaint === '' ? '' : ` (${route.complaint})`
    refusals.push(`Cannot ${doing}: ${errnoName(result)}${words}`)
  }
  // First the ways, then the signs to them; and away in the opposite order.
  for (const ours of routes.replace) {
    tried(replaceRoute(route, ours), `set a route in table ${ours.table}`, 'ENETDOWN')
  }
  for (const ours of rules.add) {
    tried(addRule(route, ours), `add the ${ours.family} rule ${ours.priority}`, 'EEXIST')
  }
  for (const ours of rules.remove) {
    tried(deleteRule(route, ours), `remove the ${ours.family} rule ${ours.priority}`, 'ENOENT')
  }
  for (const ours of routes.remove) {
    tried(deleteRoute(route, ours), `remove a route from table ${ours.table}`, 'ESRCH')
  }
  return refusals
}

function withInterface(route: NetlinkSocket, name: string, facts: LegRouting): RoutedLeg {
  const link = readLink(route, name)
  return { ...facts, ifIndex: link?.up === true ? link.index : undefined }
}

const NOWHERE: Unbonded = { active: undefined, tunnel: undefined }
const NO_LEGS = { dsl: { up: false }, lte: { up: false } } as const
/** In the state directory. */
const SYSCTLS_FILE = 'cpe-sysctls.json'
const RULESET_FILE = 'cpe.nft'
const CANNOT_HOLD =
  'this kernel cannot hold a SYN: it needs CONFIG_NFT_QUEUE, or CONFIG_NFT_COMPAT and CONFIG_NETFILTER_XT_TARGET_NFQUEUE; connections are accepted before their server has answered (connect: eager)'
/** Which ICMP types the limit is for. */
const ICMP4_LIMITED = 'net/ipv4/icmp_ratemask'
const ICMP6_LIMITED = 'net/ipv6/icmp/ratemask'
const ICMP4_UNREACHABLE = 3
