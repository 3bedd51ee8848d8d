/**
 * What the API says no with: problem+json (RFC 9457), whose detail says what to do.
 */
import { STATUS_CODES } from 'node:http'
import { KeeperUnavailable } from '../../subscribers/keeper.ts'

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[]
  /** When it is worth to ask again. */
  readonly retryAfterS: number | undefined

  constructor(
    status: number,
    detail: string,
    {
      problems = [],
      retryAfterS,
    }: { readonly problems?: readonly string[]; readonly retryAfterS?: number } = {},
  ) {
    super(detail)
    this.status = status
    this.problems = problems
    this.retryAfterS = retryAfterS
  }
}

export interface ProblemDocument {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly problems?: readonly string[]
}

export function documentOf({ status, message, problems }: Problem): ProblemDocument {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    ...(problems.length > 0 && { problems }),
  }
}

/** Whatever was thrown, as what the asker may hear of it; undefined where it is a mistake of ours. */
export function problemOf(thrown: unknown): Problem | undefined {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof KeeperUnavailable) {
    return new Problem(503, `${thrown.message}; read whether it was done, and ask again`, {
      retryAfterS: 5,
    })
  }
  // What fastify itself refuses: bodies that are no JSON, too long, of an unknown type.
  if (thrown instanceof Error && 'statusCode' in thrown) {
    const status = Number(thrown.statusCode)
    if (status >= 400 && status < 500) return new Problem(status, thrown.message)
  }
  return undefined
}
