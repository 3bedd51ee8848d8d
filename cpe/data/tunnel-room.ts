/**
 * What the tunnel's thread in the home is told at birth, and what it tells: plain data, for both cross to
 * another thread.
 */
import type { Policy } from '../../shared/config/policy.ts'
import type { PolicyScope } from '../../shared/core/class-change.ts'
import type { LegName } from '../../shared/core/leg.ts'
import type { CipherName } from '../../shared/tunnel/seal.ts'
import type { TunnelMemory } from './tunnel-board.ts'

export interface TunnelBirth {
  /** The leg board's memory. */
  readonly board: SharedArrayBuffer
  readonly tunnel: TunnelMemory
  readonly cookie: Uint8Array
  readonly classes: Policy['classes']
  /** The interfaces that the home's hosts are behind. */
  readonly lan: readonly string[]
  readonly cipher: CipherName
  readonly reorderMsMax: number
  /** The network interface that is made. */
  readonly device: string
  /** The concentrator's, in order of preference; 16 bytes each, IPv4 as ::ffff:a.b.c.d. */
  readonly addresses: readonly Uint8Array[]
  readonly port: number
  readonly interfaces: Readonly<Record<LegName, string>>
}

/** Another policy. */
export interface TunnelLetter {
  readonly classes: Policy['classes']
  readonly flows: PolicyScope
}

export type TunnelNews =
  | { readonly event: 'serving' }
  /** It carries packets from now on, under these addresses. */
  | {
      readonly event: 'standing'
      readonly ipv4: string
      readonly ipv6: string
      /** The home's own IPv6 prefix; undefined where it has none. */
      readonly prefix6: string | undefined
    }
  | { readonly event: 'fallen' }
  /** The interface could not be made. */
  | { readonly event: 'refused'; readonly why: string }
