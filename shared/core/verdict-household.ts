/**
 * What a household is told of its line, one sentence for each limit. All of it stands here: a translation is another
 * record of this type.
 */
import type { Limit } from './verdict.ts'

export type HouseholdTexts = Readonly<Record<Limit, string>>

export const HOUSEHOLD_ENGLISH: HouseholdTexts = {
  'demand/idle': 'Your line is well, and hardly anything is using it.',
  'demand/met': 'Your line is well: everything gets as much as it asks for.',
  'demand/device':
    'Your line has room; one of your devices, or its Wi-Fi, takes no more than it gets now.',
  'dsl-sync/full': 'Your line gives all it has: more is being asked for than it can carry.',
  'dsl-sync/down': 'Your DSL is down; everything goes by mobile now.',
  'lte-cap/full': 'DSL is full, and mobile helps with all that your contract lets it.',
  'lte-budget/spent': "DSL is full, and this month's mobile data is used up.",
  'lte-budget/throttled':
    "DSL is full, and this month's mobile data is used up: mobile helps slowly.",
  'lte-budget/roaming': 'Mobile does not help, because it is in a foreign network.',
  'cell/congested': 'DSL works, but mobile is slow: many people use it here at the moment.',
  'lossy-leg/dsl': 'Your DSL loses data, and that makes it slow. Your provider should look at it.',
  'lossy-leg/lte': 'DSL works, but mobile loses data: its signal may be weak.',
  'window/room left': 'Both lines work, but together they bring less than they could.',
  'stripped/plain TCP': 'One of the lines does not let both be used together at the moment.',
  'cpe-processor/busy': 'Your router is too busy to carry more.',
  'concentrator/busy': "Your provider's equipment is too busy to carry more.",
  'concentrator/away': "Your provider's equipment does not answer; DSL and mobile work one by one.",
  'far-server/slow': 'Your line has room; the other side does not send faster.',
  'far-server/takes no more': 'Your line has room; the other side does not take more.',
}
