/**
 * What a household is told of its line, one sentence for each limit. All of it stands here: a translation is another
 * record of this type. A limit is told of a home whose DSL is down as well: none says that a line works.
 */
import type { Limit } from './verdict.ts'

export type HouseholdTexts = Readonly<Record<Limit, string>>

export const HOUSEHOLD_ENGLISH: HouseholdTexts = {
  'demand/idle': 'Hardly anything is using your line.',
  'demand/met': 'Everything gets as much as it asks for.',
  'demand/device':
    'Your line has room; one of your devices, or its Wi-Fi, takes no more than it gets now.',
  'demand/tested': 'A speed test has just filled your line.',
  'dsl-sync/full': 'Your line gives all it has: more is being asked for than it can carry.',
  'dsl-sync/down': 'Your DSL is down; only mobile is left, as far as it works.',
  'lte-cap/full':
    'More is asked for than DSL carries, and mobile gives all that your contract lets it.',
  'lte-budget/spent':
    "More is asked for than DSL carries, and this month's mobile data is used up.",
  'lte-budget/throttled':
    "More is asked for than DSL carries, and mobile is slow: this month's data is used up.",
  'lte-budget/roaming': 'Mobile does not help, because it is in a foreign network.',
  'cell/congested': 'Mobile is slower than usual: many people use it here at the moment.',
  'lossy-leg/dsl': 'Your DSL loses data, and that makes it slow. Your provider should look at it.',
  'lossy-leg/lte': 'Mobile loses data, and that makes it slow: its signal may be weak.',
  'window/room left': 'Your lines bring less than they could.',
  'stripped/plain TCP': 'One of the lines does not let both be used together at the moment.',
  'cpe-processor/busy': 'Your router is too busy to carry more.',
  'concentrator/busy': "Your provider's equipment is too busy to carry more.",
  'concentrator/away':
    "Your provider's equipment does not answer, so that your lines are not joined.",
  'far-server/slow': 'Your line has room; the other side does not send faster.',
  'far-server/takes no more': 'Your line has room; the other side does not take more.',
}
