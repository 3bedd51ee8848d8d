/**
 * Frames that go down a capped leg wait in the same class as the connections of that leg (ADR 0021): the nftables
 * table `inet hybridge_tunnel_shaping` maps the address and port that a leg has now to its class. The main thread
 * makes the table, the tunnel's threads write what is in it, as legs come and move.
 */
import { join } from 'node:path'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { tunnelPort } from '../../shared/config/tunnel.ts'
import { ClassMaps, renderClassMaps } from '../../shared/linux/class-maps.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import type { TunnelLeg } from '../../shared/tunnel/leg.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import { CappedLegs } from '../subscribers/capped-legs.ts'

/** The table stands while there is a tunnel and a place to shape it. */
export function keepTunnelShaping({
  listen,
  shaping,
  stateDirectory,
  tunnel,
}: Pick<
  ConcentratorConfig,
  'listen' | 'shaping' | 'stateDirectory' | 'tunnel'
>): Promise<AsyncDisposable> {
  const file = join(stateDirectory, 'concentrator-tunnel-shaping.nft')
  const device = tunnel.enabled ? shaping.interface : undefined
  const port = tunnelPort(tunnel, listen.port)
  return keepRuleset(file, REMOVE_SHAPING, device && renderShaping(device, port))
}

export function renderShaping(device: string, port: number): string {
  return `${REMOVE_SHAPING}${renderClassMaps(TABLE, device, 'udp', port)}`
}

/** Where the legs of one home are, as the map has them. */
export class ShapedHome {
  /** By leg number. */
  readonly fars: Array<Uint8Array | undefined> = []
  readonly peers: Array<Endpoint | undefined> = []
  lookedUs = -Infinity
}

export class TunnelShaping implements Disposable {
  readonly #capped: CappedLegs
  readonly #maps: Pick<ClassMaps, 'change' | 'replace'> & Disposable

  /** `memory` is that of `CappedLegs`. What a thread before this one has written is gone. */
  constructor(
    memory: SharedArrayBuffer,
    maps: Pick<ClassMaps, 'change' | 'replace'> & Disposable = new ClassMaps(TABLE),
  ) {
    this.#capped = new CappedLegs(memory)
    this.#maps = maps
    maps.replace([])
  }

  /** To be called when the home has sent or received: a leg that has moved has its class at once, a new cap soon. */
  look(number: number, shaped: ShapedHome, legs: readonly TunnelLeg[], nowUs: number): void {
    const isDue = nowUs - shaped.lookedUs > LOOK_US
    if (isDue) shaped.lookedUs = nowUs
    for (let i = 0; i < legs.length; i++) {
      const leg = legs[i]!
      if (isDue || leg.far !== shaped.fars[leg.number]) this.#place(number, shaped, leg)
    }
  }

  /** The home has gone. */
  forget({ fars, peers }: ShapedHome): void {
    const left = peers.filter((peer) => peer !== undefined)
    if (left.length > 0) this.#maps.change(left, [])
    fars.length = 0
    peers.length = 0
  }

  [Symbol.dispose](): void {
    this.#maps[Symbol.dispose]()
  }

  #place(number: number, { fars, peers }: ShapedHome, { number: leg, far }: TunnelLeg): void {
    const hasMoved = far !== fars[leg]
    fars[leg] = far
    const before = peers[leg]
    const handle = far === undefined ? undefined : this.#capped.classOf(number, leg)
    const peer = far === undefined || handle === undefined ? undefined : decodeSockaddr(far)
    if (!hasMoved && (peer === undefined) === (before === undefined)) return
    peers[leg] = peer
    const remove = before === undefined ? [] : [before]
    const add = peer === undefined || handle === undefined ? [] : [{ peer, handle }]
    // Refused where another leg has had the address, or somebody has flushed the ruleset: then it leaves unshaped.
    if (this.#maps.change(remove, add) < 0) peers[leg] = undefined
  }
}

const TABLE = 'hybridge_tunnel_shaping'
const REMOVE_SHAPING = `table inet ${TABLE}
delete table inet ${TABLE}
`
/** How soon a cap that has come or gone holds for a leg that stays where it is. */
const LOOK_US = 10_000_000
