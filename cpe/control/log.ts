/** What the home gateway says. */
import { Log } from '../../shared/daemon/log.ts'
import { cpeEvents } from './events.ts'

export type CpeLog = Log<typeof cpeEvents>

export const log: CpeLog = new Log(cpeEvents)
