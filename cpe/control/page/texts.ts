/**
 * Every word on the page. Whoever translates the page translates this file.
 */
import type { LegName } from '../../../shared/core/leg.ts'
import type { WhyNot } from '../../../shared/core/speed-result.ts'
import { HOUSEHOLD_ENGLISH } from '../../../shared/core/verdict-household.ts'
import type { LineCase } from './line-sentence.ts'
import type { LegCondition } from './page-state.ts'

/** `good` needs no attention, `notice` may, `bad` does. */
export type Tone = 'good' | 'notice' | 'bad'

export interface LineText {
  readonly tone: Tone
  readonly sentence: string
  /** What whoever reads it can do, or expect. */
  readonly advice: string
}

const line: Readonly<Record<LineCase, LineText>> = {
  good: { tone: 'good', sentence: 'Your line works well.', advice: '' },
  lteHelps: {
    tone: 'good',
    sentence: 'Your line is busy, so mobile helps.',
    advice: 'DSL is full just now. You need not do anything.',
  },
  onLteAlone: {
    tone: 'bad',
    sentence: 'DSL does not work. You are online over mobile.',
    advice: 'Look whether the DSL cable and the modem are plugged in. Mobile may be slower.',
  },
  onDslAlone: {
    tone: 'notice',
    sentence: 'Mobile does not work. DSL does.',
    advice: 'You are online. At busy times your line may be slower than usual.',
  },
  lteSpent: {
    tone: 'notice',
    sentence: 'This month’s mobile data is used up. DSL works.',
    advice: 'Mobile still steps in when DSL fails.',
  },
  lteOff: {
    tone: 'notice',
    sentence: 'This month’s mobile data is used up. DSL works.',
    advice: 'Mobile is switched off until the new month, also when DSL fails.',
  },
  lteRoams: {
    tone: 'notice',
    sentence: 'Mobile is switched off while it is in a foreign network. DSL works.',
    advice: '',
  },
  unbonded: {
    tone: 'notice',
    sentence: 'You are online, but your two lines cannot be joined just now.',
    advice: 'Your provider’s service does not answer. This page shows when it does.',
  },
  allDown: {
    tone: 'bad',
    sentence: 'You are offline. Neither DSL nor mobile works.',
    advice: 'Look whether the modem has power. If it has, your provider can help.',
  },
  dslDownLteOff: {
    tone: 'bad',
    sentence: 'You are offline. DSL does not work, and this month’s mobile data is used up.',
    advice: 'Look whether the DSL cable and the modem are plugged in.',
  },
  dslDownLteRoams: {
    tone: 'bad',
    sentence:
      'You are offline. DSL does not work, and mobile is switched off while it is in a foreign network.',
    advice: 'Look whether the DSL cable and the modem are plugged in.',
  },
  starting: { tone: 'notice', sentence: 'Your lines are being looked at.', advice: '' },
}

const legs: Readonly<Record<LegName, string>> = { dsl: 'DSL', lte: 'Mobile' }

const conditions: Readonly<Record<LegCondition, string>> = {
  works: 'works',
  down: 'does not work',
  unknown: 'not known yet',
  barred: 'switched off',
}

const WHY_NO_TEST: Readonly<Record<WhyNot, string>> = {
  down: 'not tested, it does not work',
  unreachable: 'the provider’s service did not answer',
  refused: 'the provider’s service has no speed test',
  stalled: 'it stopped in the middle; large packets may be lost on the way',
  lteOff: 'not tested, it is switched off',
  lteSpent: 'not tested, this month’s data is used up',
  lteNotTested: 'not tested, as this router is set up',
  lteOften: 'not tested, it was tested often today',
  stopped: 'stopped',
}

/** Times and amounts; the numbers in them are written as the language has it. */
const UNITS = {
  kbitPerS: (value: string) => `${value} kbit/s`,
  mbitPerS: (value: string) => `${value} Mbit/s`,
  milliseconds: (value: string) => `${value} ms`,
  seconds: (value: string) => `${value} s`,
  minutes: (value: string) => `${value} min`,
  hours: (value: string) => `${value} h`,
  days: (value: string) => `${value} d`,
  kilobytes: (value: string) => `${value} kB`,
  megabytes: (value: string) => `${value} MB`,
  gigabytes: (value: string) => `${value} GB`,
} as const

export const TEXTS = {
  language: 'en',
  title: 'Your line',
  line,
  /** What limits a line that works. */
  limits: HOUSEHOLD_ENGLISH,
  legs,
  conditions,
  offline: 'The router does not answer. What you see is old.',
  withoutScript: 'This page shows more with JavaScript.',
  notBuilt:
    'The rest of this page is missing on this router. Who looks after it finds why in its log.',
  since: (time: string) => `for ${time}`,
  download: 'Download',
  upload: 'Upload',
  roundTrip: 'Delay',
  /** Where there is nothing to be shown, and what a screen reader says of it. */
  nothing: '–',
  notMeasured: 'not measured',
  now: 'Right now',
  agedDelay: (delay: string, age: string) => `${delay}, ${age} ago`,
  units: UNITS,
  day: {
    title: 'The last day',
    chart: (direction: string) => `${direction} of both lines over the last 24 hours`,
    empty: 'Nothing has been recorded yet. It begins with the next minute.',
    table: 'As a table',
    most: (rate: string) => `at most ${rate}`,
    hour: 'From',
    down: 'Line down',
    unit: 'Mbit/s on average',
    gap: 'not recorded',
    never: 'never',
    downtime: (leg: string, minutes: number) => `${leg} ${minutes} min`,
    column: (leg: string, direction: string) => `${leg}, ${direction}`,
  },
  help: {
    title: 'When mobile helped',
    empty: 'Mobile did not have to help in the last day.',
    now: 'now',
    directions: { down: 'download', up: 'upload' },
    what: (why: string, direction: string) => `${why}, ${direction}`,
    more: (count: number) => `and ${count} more before`,
    why: (kind: string): string => WHY[kind] ?? 'DSL was not enough',
  },
  budget: {
    title: 'Mobile data this month',
    used: (used: string, all: string) => `${used} of ${all} used`,
    until: (date: string) => `A new month begins on ${date}.`,
  },
  test: {
    title: 'Speed test',
    explain: (megabytes: number, lteMegabytes: number) =>
      `Takes about half a minute and up to ${megabytes} MB, of which up to ${lteMegabytes} MB are mobile data that count in your month.`,
    start: 'Test now',
    stop: 'Stop',
    running: (stage: string, direction: string) => `Testing ${stage}, ${direction}`,
    checking: (stage: string) => `Looking at ${stage}`,
    both: 'Both together',
    idle: 'Delay at rest',
    loadedDown: 'Delay while downloading',
    loadedUp: 'Delay while uploading',
    used: (all: string, mobile: string) => `${all} used, ${mobile} of it mobile.`,
    measured: {
      household: (time: string) => `Measured at ${time}.`,
      operator: (time: string) => `Measured at ${time}, started by your provider.`,
    },
    again: (time: string) => `Not so soon: the next test can be started at ${time}.`,
    never: 'No test has been made since the router started.',
    why: WHY_NO_TEST,
    path: {
      mptcp: 'Joining',
      mtu: 'Packet size, bytes',
      joins: 'possible',
      stripped: 'blocked by the network',
    },
    bytes: (bytes: number) => `${bytes}`,
    rate: (direction: string) => `${direction}, Mbit/s`,
    reason: (what: string, why: string) => `${what}: ${why}`,
  },
  manage: {
    title: 'For whoever looks after the router',
    password: 'Password',
    bundle: 'Save a support file',
    bundleExplain:
      'For whoever shall find a fault: settings, log and state of this router, without passwords and without the addresses of your devices.',
    bundling: 'It is being put together. This takes a few seconds.',
    bundled: (name: string, size: string) => `Saved as ${name} (${size}).`,
    bundleBusy: 'One is being put together already. Try again in a moment.',
    restart: 'Restart',
    restartExplain: 'Connections that are open now are interrupted for a few seconds.',
    restarting: 'It restarts. This page comes back by itself.',
    restarted: 'It has restarted.',
    wrong: 'That is not the password.',
    tooOften: 'Too many tries. Wait a few seconds.',
    noAnswer: 'The router does not answer.',
    failed: 'That did not work. The router’s log says why.',
  },
} as const

const WHY: Readonly<Record<string, string>> = {
  'dsl-full': 'DSL was full',
  'dsl-queue': 'DSL was full',
  'dsl-down': 'DSL did not work',
}
