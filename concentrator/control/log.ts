/** What the concentrator says. */
import { Log } from '../../shared/daemon/log.ts'
import { concentratorEvents } from './events.ts'

export type StreetLog = Log<typeof concentratorEvents>

export const log: StreetLog = new Log(concentratorEvents)
