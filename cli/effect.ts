/**
 * What a change would change for whom, in words.
 */
import type { Answer } from './api.ts'
import { table } from './table.ts'

interface Group {
  readonly homes: number
  readonly examples: readonly string[]
  readonly keys: ReadonlyArray<{
    readonly key: string
    readonly from?: unknown
    readonly to?: unknown
  }>
}

export function describeEffect(effect: Answer): string {
  const { homes, changes } = effect as { homes: number; changes: readonly Group[] }
  if (homes === 0) return 'Nothing would change for anybody.'
  const groups = changes.map(({ homes: count, examples, keys }) => {
    const who = `${count} ${count === 1 ? 'home' : 'homes'} (${examples.join(', ')}${count > examples.length ? ', ...' : ''}):`
    const rows = keys.map(({ key, from, to }) => [`  ${key}`, from, to])
    return `${who}\n${table(['  KEY', 'NOW', 'THEN'], rows)}`
  })
  return [`The policy of ${homes} ${homes === 1 ? 'home' : 'homes'} would change.`, ...groups].join(
    '\n\n',
  )
}
