/**
 * A change, or what it would change for whom, in words.
 */
import { type Answer, ask, withQuery } from './api.ts'
import { type Json, show } from './show.ts'
import { sheet, table } from './table.ts'

interface Group {
  readonly homes: number
  readonly examples: readonly string[]
  readonly keys: ReadonlyArray<{
    readonly key: string
    readonly from?: unknown
    readonly to?: unknown
  }>
}

/** Change what is at `url`, or only say what that would change. */
export async function change(url: string, body: object, { dryRun, json }: Trying): Promise<void> {
  const query = withQuery(url, { dryRun })
  const answer = await ask({ method: 'PATCH', url: query, body, anyVersion: true })
  show(json, answer, () => (dryRun ? describeEffect(answer) : sheet(answer)))
}

export interface Trying extends Json {
  readonly dryRun?: true
}

function describeEffect(effect: Answer): string {
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
