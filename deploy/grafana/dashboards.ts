/** Every dashboard, by the name of its file. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { concentrator } from './concentrator.ts'
import { dataPath } from './data-path.ts'
import { fleet } from './fleet.ts'
import { subscriber } from './subscriber.ts'

export function allDashboards(): Readonly<Record<string, Dashboard>> {
  return {
    fleet: fleet(),
    subscriber: subscriber(),
    'data-path': dataPath(),
    concentrator: concentrator(),
  }
}
