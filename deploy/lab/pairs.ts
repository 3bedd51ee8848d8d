/**
 * Homes we know: what a DSL line and a mobile cell gave in real accesses. Rates are what the line
 * carries in IP packets, round trips are to the concentrator, queues are what the slower end buffers.
 */
import type { LegName } from '../../shared/core/leg.ts'

/** One line, both directions. */
export interface LineParams {
  readonly downMbps: number
  readonly upMbps: number
  readonly rttMs: number
  /** How far the round trip wanders around `rttMs`, to either side. Never reorders. */
  readonly jitterMs: number
  /** Of the packets of each direction, at random. */
  readonly lossPercent: number
  /** How long a full queue takes to drain; what comes on top is dropped. */
  readonly queueMs: number
}

export interface Pair extends Readonly<Record<LegName, LineParams>> {
  readonly about: string
  /** Neither line loses packets or jitters much: bonding may never be slower than the best line. */
  readonly stable: boolean
}

export const DEFAULT_PAIR = 'vdsl50-lte30'

export const PAIRS: Readonly<Record<string, Pair>> = {
  'vdsl50-lte30': {
    about: 'VDSL 50 and a mid-sized cell: the household we build for',
    dsl: line(50, 10, 20, 1, 0, 80),
    lte: line(30, 10, 45, 2, 0, 100),
    stable: true,
  },
  'adsl8-weak-cell': {
    about: 'the end of a long copper line, and a cell that just reaches it',
    dsl: line(8, 0.8, 38, 2, 0.05, 200),
    lte: line(6, 2, 65, 12, 0.5, 250),
    stable: false,
  },
  'adsl16-lte30': {
    about: 'ADSL2+ near its best and a mid-sized cell',
    dsl: line(16, 1, 30, 1, 0, 150),
    lte: line(30, 10, 45, 2, 0, 100),
    stable: true,
  },
  'adsl16-lte80': {
    about: 'ADSL2+ and a good cell, five times as fast',
    dsl: line(16, 1, 30, 1, 0, 150),
    lte: line(80, 20, 40, 2, 0, 100),
    stable: true,
  },
  'vdsl50-lte80': {
    about: 'VDSL 50 and a good cell',
    dsl: line(50, 10, 20, 1, 0, 80),
    lte: line(80, 20, 40, 2, 0, 100),
    stable: true,
  },
  'vdsl50-lte150': {
    about: 'VDSL 50 and a cell with carrier aggregation',
    dsl: line(50, 10, 20, 1, 0, 80),
    lte: line(150, 40, 35, 2, 0, 80),
    stable: true,
  },
  'vdsl100-lte30': {
    about: 'vectored VDSL and a mid-sized cell: LTE adds little',
    dsl: line(100, 40, 15, 1, 0, 60),
    lte: line(30, 10, 45, 2, 0, 100),
    stable: true,
  },
  'vdsl100-lte80': {
    about: 'vectored VDSL and a good cell',
    dsl: line(100, 40, 15, 1, 0, 60),
    lte: line(80, 20, 40, 2, 0, 100),
    stable: true,
  },
  'vdsl100-lte150': {
    about: 'vectored VDSL and a cell with carrier aggregation',
    dsl: line(100, 40, 15, 1, 0, 60),
    lte: line(150, 40, 35, 2, 0, 80),
    stable: true,
  },
  twins50: {
    about: 'two lines alike',
    dsl: line(50, 50, 25, 1, 0, 80),
    lte: line(50, 50, 25, 1, 0, 80),
    stable: true,
  },
  twins150: {
    about: 'two fast lines alike, for long transfers',
    dsl: line(150, 150, 20, 0, 0, 60),
    lte: line(150, 150, 20, 0, 0, 60),
    stable: true,
  },
  'adsl6-lte150': {
    about: 'LTE much faster than DSL: the village with a new mast',
    dsl: line(6, 0.6, 35, 1, 0, 200),
    lte: line(150, 40, 35, 2, 0, 80),
    stable: true,
  },
  'vdsl50-far-lte': {
    about: 'LTE homed to a far mobile core: 120 ms',
    dsl: line(50, 10, 20, 1, 0, 80),
    lte: line(30, 10, 120, 3, 0, 150),
    stable: true,
  },
  'vdsl50-lossy-lte': {
    about: 'a cell edge that loses one packet in a hundred',
    dsl: line(50, 10, 20, 1, 0, 80),
    lte: line(40, 10, 50, 5, 1, 100),
    stable: false,
  },
  'vdsl50-starlink': {
    about: 'a satellite in place of the mast: fast, restless, with a little loss',
    dsl: line(50, 10, 20, 1, 0, 80),
    lte: line(150, 15, 45, 20, 0.3, 100),
    stable: false,
  },
}

function line(
  downMbps: number,
  upMbps: number,
  rttMs: number,
  jitterMs: number,
  lossPercent: number,
  queueMs: number,
): LineParams {
  return { downMbps, upMbps, rttMs, jitterMs, lossPercent, queueMs }
}
