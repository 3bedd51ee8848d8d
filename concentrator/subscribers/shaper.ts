/**
 * The concentrator's side of shaping: what goes down one leg of one home waits here, in a class of its
 * own (ADR 0021).
 *
 *    an event of mptcp_pm ─▶ leg-classes ─▶ nftables map: address and port ─▶ packet priority ─▶ HTB class
 *
 * A subflow's class applies 50 ms after it has been made, at the latest; until then it leaves unshaped. What
 * has fallen back to plain TCP makes no events: its data thread gives it its class (capped-legs.ts).
 */
import { join } from 'node:path'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { SHAPER } from '../../shared/core/shaping.ts'
import type { Owner } from '../../shared/core/tie.ts'
import { sentenceOf } from '../../shared/daemon/log.ts'
import { ClassMaps, renderClassMaps } from '../../shared/linux/class-maps.ts'
import { errnoName } from '../../shared/linux/errors.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { applyRuleset } from '../../shared/linux/nftables.ts'
import { Shaper } from '../../shared/linux/shaper.ts'
import type { MptcpEvent } from '../../shared/wire/mptcp-pm.ts'
import type { QueuedClass } from '../../shared/wire/tc.ts'
import type { CappedLegs } from './capped-legs.ts'
import type { SubflowListener } from './doorkeeper.ts'
import { type CapChange, LegCaps, type LegRates } from './leg-caps.ts'
import { LegClasses } from './leg-classes.ts'

export type ShaperConfig = Pick<ConcentratorConfig, 'listen' | 'shaping' | 'stateDirectory'>

export interface RunningShaper extends AsyncDisposable {
  /** Undefined where nothing is shaped. */
  readonly listener: SubflowListener | undefined
  /** What this leg, by LEG_NUMBER, of a subscriber is shaped to at present; 0 where it is not. */
  readonly shapedKbps: (subscriber: number, leg: number) => number
  /** The rates of that home may be others. */
  readonly look: (subscriber: number) => void
}

export interface ShaperParts {
  /** Which leg of which subscriber an address is. */
  readonly whose: (address: Uint8Array) => Owner | undefined
  /** Is told which legs have a class. */
  readonly capped: CappedLegs
  readonly ratesOf: (subscriber: number) => LegRates
  /** What the kernel refuses, as a sentence, once until it is another: the homes go on unshaped. */
  readonly complain: (sentence: string) => void
}

/** Everything stands when this resolves; homes are capped when `look` is called for them. */
export async function openShaper(
  config: ShaperConfig,
  { whose, capped, ratesOf, complain }: ShaperParts,
): Promise<RunningShaper> {
  await using undo = new AsyncDisposableStack()
  const { listen, stateDirectory, shaping } = config
  const device = shaping.interface
  const ruleset = device === undefined ? undefined : renderShaping(device, listen.port)
  const rulesetFile = join(stateDirectory, RULESET_FILE)
  undo.use(await keepRuleset(rulesetFile, REMOVE_SHAPING, ruleset))

  const caps = new LegCaps(ratesOf, shaping.dslShare)
  // Also with nothing to shape: what a killed concentrator of another configuration left is found.
  const shaper = undo.use(new Shaper(join(stateDirectory, QDISCS_FILE), SHAPER, complain))
  const made: QueuedClass[] = []
  const wanted = { defaultClass: undefined, classes: made }
  shaper.keep(new Map(device === undefined ? [] : [[device, wanted]]), complain)
  if (device === undefined || ruleset === undefined) {
    return {
      listener: undefined,
      shapedKbps: () => 0,
      look: unkept(caps, complain),
      ...ending(undo.move()),
    }
  }

  const maps = undo.use(new ClassMaps(TABLE))
  const book = new LegClasses({
    whose,
    classOf: (subscriber, leg) => caps.classOf(subscriber, leg)?.handle,
  })
  // A class is made when the first subflow of its leg comes: ten thousand homes take the kernel a minute.
  const missing = new Map<number, QueuedClass>()
  const shaped = new Set<number>()
  /** Where each stands in `made`, by handle. */
  const places = new Map<number, number>()
  const make = (one: QueuedClass): void => {
    const place = places.get(one.handle) ?? made.length
    places.set(one.handle, place)
    made[place] = one
    const refusal = shaper.add(device, one)
    if (refusal === undefined) shaped.add(one.handle)
    else complain(refusal)
  }
  const makeClasses = (handles: readonly number[]): void => {
    for (const handle of handles) {
      const one = missing.get(handle)
      if (!missing.delete(handle) || one === undefined) continue
      make(one)
    }
  }
  const apply = ({ subscriber, leg, kind, one }: CapChange): void => {
    if (places.has(one.handle)) make(one)
    else if (kind === 'lifted') missing.delete(one.handle)
    else missing.set(one.handle, one)
    if (kind === 'lifted') capped.uncap(subscriber, leg)
    if (kind === 'capped') capped.cap(subscriber, leg)
    // What leaves by a class already goes on by it.
    if (kind !== 'changed') book.lookAgain(subscriber)
  }
  const rebuild = () => applyRuleset(ruleset, rulesetFile)
  return {
    listener: listenerOf({ book, maps, capped, makeClasses, rebuild, complain }),
    shapedKbps: (subscriber, leg) => {
      const one = caps.classOf(subscriber, leg)
      if (one === undefined || !shaped.has(one.handle) || !shaper.stands(device)) return 0
      return Math.round((one.ceilBytesPerS * 8) / 1_000)
    },
    look: (subscriber) => caps.look(subscriber).forEach(apply),
    ...ending(undo.move()),
  }
}

/** Nobody keeps rates where no interface is named: said once, for the store may name some that the file does not. */
function unkept(caps: LegCaps, complain: (sentence: string) => void): (subscriber: number) => void {
  let isSaid = false
  return (subscriber) => {
    if (isSaid || caps.look(subscriber).length === 0) return
    isSaid = true
    complain('Cannot keep the rates that policies name: shaping.interface does not say where')
  }
}

interface ListenerParts {
  readonly book: LegClasses
  readonly maps: ClassMaps
  readonly capped: CappedLegs
  /** By their handles. */
  readonly makeClasses: (handles: readonly number[]) => void
  readonly rebuild: () => Promise<void>
  readonly complain: (sentence: string) => void
}

function listenerOf(parts: ListenerParts): SubflowListener {
  const { book, maps, capped, makeClasses, rebuild, complain } = parts
  let state: 'whole' | 'broken' | 'mending' = 'whole'
  let triedMs = -Infinity
  const mend = async (): Promise<void> => {
    await rebuild()
    const result = maps.replace(book.all())
    if (result < 0) throw new Error(`Cannot write the map of classes: ${errnoName(result)}`)
  }
  return {
    hear: (event: MptcpEvent) => book.hear(event, performance.now()),
    resync: (subflows) => book.resync(subflows),
    get stale() {
      return book.stale
    },
    turn() {
      const nowMs = performance.now()
      const changes = book.changes(nowMs)
      makeClasses(capped.asked())
      if (changes !== undefined) makeClasses(changes.add.map(({ handle }) => handle))
      // The map is not what we think when it refuses: somebody has flushed the ruleset.
      if (state === 'whole' && changes !== undefined) {
        state = maps.change(changes.remove, changes.add) === 0 ? 'whole' : 'broken'
      }
      if (state !== 'broken' || nowMs - triedMs < TRY_AGAIN_MS) return
      triedMs = nowMs
      state = 'mending'
      mend().then(
        () => {
          state = 'whole'
        },
        (error: unknown) => {
          state = 'broken'
          complain(sentenceOf(error))
        },
      )
    },
  }
}

function ending(stack: AsyncDisposableStack): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function renderShaping(interfaceName: string, port: number): string {
  return `${REMOVE_SHAPING}${renderClassMaps(TABLE, interfaceName, 'tcp', port)}`
}

const TABLE = 'hybridge_shaping'
const REMOVE_SHAPING = `table inet ${TABLE}
delete table inet ${TABLE}
`
/** In the state directory. */
const QDISCS_FILE = 'concentrator-qdiscs.json'
const RULESET_FILE = 'concentrator-shaping.nft'
const TRY_AGAIN_MS = 10_000
