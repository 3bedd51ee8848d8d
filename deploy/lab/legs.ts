/**
 * What can happen to a leg while the street stands: its line gets better or worse, it fails and heals,
 * the operator numbers it anew or forgets its mappings.
 */
import type { LegName } from '../../shared/core/leg.ts'
import type { Strip } from './line-cells.ts'
import { askLines } from './line-door.ts'
import type { LineRequest, LineChange as LineSetting } from './line-spec.ts'
import type { LineStatus } from './line-thread.ts'
import { setNat } from './nat.ts'
import type { LineParams } from './pairs.ts'
import { linesSocket } from './services.ts'
import { readState, type StreetState, writeState } from './state.ts'
import { readdressLeg, setMtu } from './topology.ts'

/** What is not named stays as it is. */
export interface LineChange extends Partial<LineParams> {
  /** Bytes of an IP packet, both ends, 1280 to 1500. */
  readonly mtu?: number
  /** LTE only: IPv4 behind the operator's one address, or routed plainly. */
  readonly nat?: boolean
  /** LTE only: mappings idle for so long die. One that is idle now keeps the time it had. */
  readonly natIdleS?: number
  readonly stripMptcp?: Strip
  /** The operator numbers the leg anew, as on a redial. */
  readonly newAddress?: boolean
}

export const FAILURES = ['link', 'silent'] as const
/** `link`: carrier loss, seen at once. `silent`: packets vanish and nobody is told. */
export type Failure = (typeof FAILURES)[number]

export async function changeLine(street: string, leg: LegName, change: LineChange): Promise<void> {
  const { mtu, nat, natIdleS, stripMptcp, newAddress, ...params } = change
  const before = readState(street)
  if (leg !== 'lte' && (nat !== undefined || natIdleS !== undefined)) {
    throw new Error(`Cannot set address translation on ${leg}: only lte has one`)
  }
  const after = changed(before, leg, change)

  const setting: LineSetting = {
    ...params,
    ...(stripMptcp !== undefined && { strip: stripMptcp }),
  }
  if (Object.keys(setting).length > 0) await setLine(street, leg, setting)
  if (newAddress === true) await readdressLeg(street, leg, after.legs[leg])
  else if (mtu !== undefined) await setMtu(street, leg, mtu)
  if (nat !== undefined || natIdleS !== undefined) await setNat(street, after.nat)
  // Read anew: the other leg may have changed meanwhile.
  writeState(changed(readState(street), leg, change))
}

export async function failLeg(street: string, leg: LegName, how: Failure): Promise<void> {
  readState(street)
  await setLine(street, leg, how === 'link' ? { carrier: false } : { silent: true })
}

export async function healLeg(street: string, leg: LegName): Promise<void> {
  readState(street)
  await setLine(street, leg, { carrier: true, silent: false })
}

/** What both lines do and did. */
export async function lineStatus(street: string): Promise<Readonly<Record<LegName, LineStatus>>> {
  const { dsl, lte } = await ask(street, { op: 'status' })
  if (dsl === undefined || lte === undefined) throw new Error(`Street ${street} lacks a line`)
  return { dsl, lte }
}

async function setLine(street: string, leg: LegName, params: LineSetting): Promise<void> {
  await ask(street, { op: 'set', line: leg, params })
}

async function ask(street: string, request: LineRequest) {
  try {
    const { lines } = await askLines(linesSocket(street), request)
    return lines
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error
    throw new Error(
      `Cannot reach the lines of ${street}: their process is gone; take the street down and raise it again`,
    )
  }
}

function changed(state: StreetState, leg: LegName, change: LineChange): StreetState {
  const { generation, mtu } = state.legs[leg]
  return {
    ...state,
    nat: { on: change.nat ?? state.nat.on, idleS: change.natIdleS ?? state.nat.idleS },
    legs: {
      ...state.legs,
      [leg]: {
        generation: generation + (change.newAddress === true ? 1 : 0),
        mtu: change.mtu ?? mtu,
      },
    },
  }
}
