/** What both daemons say of their own life, with the daemons' own lists the whole of what stands in a log. */
import { debug, error, info, warn } from './log-event.ts'

export const lifeEvents = {
  stopping: info('It was told to stop, and undoes what it has done to the machine', ['signal']),
  'beginning anew': info('The same program follows in the same process: it was asked to, or moves'),
  failed: error(
    'It ends because of this. A sentence that names the cause: a port that is taken, a file that cannot be read. Without a cause of yours it is a fault of ours: start it again and report the line',
    ['error'],
  ),
  'failed at': debug('Where in the program that was, for a report', ['stack']),
  'clean-up takes too long': error(
    'It is ended without having undone everything; the next start does. Report what was said before',
    ['afterMs'],
  ),
} as const

/** What both have, and say alike: each has them in its own list. */
export const commonEvents = {
  'facts not served': warn('`hybridge top` and support bundles lack what is known live', ['why']),
  'metrics failed': error('A fault of ours, or the port is taken; tried again after `againMs`', [
    'why',
    'againMs',
  ]),
  'tunnel has no interface': warn('The kernel refused it: is /dev/net/tun there?', ['why']),
  'tunnel thread ended': error('A fault of ours; it is started again. Report the line', ['why']),
} as const
