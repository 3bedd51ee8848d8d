/**
 * The eyes of the verdicts: counters of the lines, what steering knows, the kernel's list of our connections, the
 * processor. Supervised: a mistake in it costs verdicts for a second, and no flow.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { guarded, supervise } from '../../shared/daemon/supervise.ts'
import { readCounters } from '../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { ProcessorLook } from '../../shared/linux/processor.ts'
import { dumpConnections } from '../../shared/linux/subflows.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import { formatAddress, knownAddress } from '../../shared/wire/address.ts'
import type { DiagnosedConnection } from '../../shared/wire/inet-diag.ts'
import type { HouseCounters } from '../data/room.ts'
import type { RunningSteering } from '../steering/steering.ts'
import type { HomeLook, IntervalEnd } from './interval-meter.ts'
import { LineSockets } from './line-sockets.ts'
import type { CpeLog } from './log.ts'
import { Verdicts } from './verdicts.ts'

export interface VerdictHouse {
  readonly board: LegBoard
  readonly counters: Pick<HouseCounters, 'read'>
  readonly steering: Pick<RunningSteering, 'facts' | 'lteLeave' | 'status'>
  /** A speed test fills the lines. */
  readonly testing: () => boolean
  readonly unixMs: () => number
}

export type RunningVerdicts = AsyncDisposable &
  Pick<Verdicts, 'heard' | 'intervals' | 'now' | 'over' | 'tell'>

export async function openVerdicts(
  config: Pick<CpeConfig, 'budget' | 'concentrator' | 'legs'>,
  house: VerdictHouse,
  log: Pick<CpeLog, 'error'>,
): Promise<RunningVerdicts> {
  const route = new NetlinkSocket(Netlink.route)
  const diagnosis = new NetlinkSocket(Netlink.diagnosis)
  const eyes = {
    look: () => lookAt(house, route),
    end: endOf(config, house, diagnosis),
    unixMs: house.unixMs,
  }
  const verdicts = new Verdicts(eyes)
  const looking = await supervise(
    (failed) => {
      const look = () => verdicts.look(performance.now())
      const timer = setInterval(() => void guarded(failed, look), LOOK_MS)
      return Promise.resolve({
        [Symbol.asyncDispose]: () => Promise.resolve(clearInterval(timer)),
      })
    },
    (why, againMs) => log.error('verdicts failed', { why, againMs }),
  )
  return Object.assign(verdicts, {
    [Symbol.asyncDispose]: async () => {
      await looking[Symbol.asyncDispose]()
      route[Symbol.dispose]()
      diagnosis[Symbol.dispose]()
    },
  })
}

function lookAt({ board, steering, testing }: VerdictHouse, route: NetlinkSocket): HomeLook {
  const { legs, concentrator, help } = steering.status()
  const isUp = (leg: LegName) => legs[leg].state === 'up' || legs[leg].state === 'suspect'
  return {
    counters: {
      dsl: readCounters(route, board.leg('dsl').ifIndex),
      lte: readCounters(route, board.leg('lte').ifIndex),
    },
    up: { dsl: isUp('dsl'), lte: isUp('lte') },
    helps: { down: help.down.engaged, up: help.up.engaged },
    keptOut: { down: help.down.keptOut, up: help.up.keptOut },
    bonded: concentrator.state === 'reachable' || concentrator.state === 'suspect',
    testing: testing(),
  }
}

function endOf(
  { concentrator, legs, budget }: Pick<CpeConfig, 'budget' | 'concentrator' | 'legs'>,
  { board, steering, counters }: VerdictHouse,
  diagnosis: NetlinkSocket,
): (nowMs: number) => IntervalEnd {
  const sockets = new LineSockets()
  const processor = new ProcessorLook()
  const remotes = new Set(concentrator.addresses.map((text) => formatAddress(knownAddress(text))))
  const legOf = ({ local, remote }: DiagnosedConnection): LegName | undefined => {
    if (!remotes.has(formatAddress(remote.address))) return undefined
    const from = formatAddress(local.address)
    return LEGS.find((leg) => {
      const { address4, address6 } = board.leg(leg)
      return [address4, address6].some((one) => one !== undefined && formatAddress(one) === from)
    })
  }
  return (nowMs) => {
    const facts = steering.facts()
    const lte = steering.lteLeave()
    const { down, up } = steering.status().help
    const throttleMbps = lte === 'throttled' ? budget.throttleMbps : Infinity
    const capUp = Math.min(legs.lte.capUpMbps ?? Infinity, throttleMbps) * BYTES_PER_MS_AND_MBPS
    const probedQueue = (leg: LegName) =>
      (facts[leg].rttMs?.ageMs ?? Infinity) < FRESH_MS ? facts[leg].queueMs : undefined
    return {
      sockets: sockets.look(dumpConnections(diagnosis), legOf, nowMs),
      processorShare: processor.look(nowMs),
      lte,
      dslCapacity: { down: down.dslCapacity, up: up.dslCapacity },
      lteCap: {
        down: facts.lte.shapedDown,
        up: capUp === Infinity ? undefined : capUp,
      },
      floorMs: { dsl: facts.dsl.rttFloorMs, lte: facts.lte.rttFloorMs },
      probedQueueMs: { dsl: probedQueue('dsl'), lte: probedQueue('lte') },
      house: (name) => counters.read(name),
    }
  }
}

const LOOK_MS = 1_000
/** A probe's answer tells of the interval in which it came. */
const FRESH_MS = 10_000
const BYTES_PER_MS_AND_MBPS = 125
