/**
 * The concentrator's API as the commands use it: one call, and a sentence when the answer is no.
 *
 *    HYBRIDGE_API         where it listens; http://127.0.0.1:8804 unless said
 *    HYBRIDGE_TOKEN       who asks, or
 *    HYBRIDGE_TOKEN_FILE  the file that holds it; /run/hybridge/api-token unless said
 */
import { readFileSync } from 'node:fs'
import { Misuse } from './misuse.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query, ids encoded: see `path`. */
  readonly url: string
  readonly body?: unknown
  /** As it is, instead of `body`. */
  readonly text?: { readonly type: string; readonly content: string }
  /** Overwrite whatever version is there. */
  readonly anyVersion?: true
}

/** What an answer says, parsed where it is JSON. */
export type Answer = Readonly<Record<string, unknown>>

/** The concentrator says no. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly problems: readonly string[]

  constructor(status: number, detail: string, problems: readonly string[]) {
    super(detail)
    this.status = status
    this.problems = problems
  }
}

/** Nobody answers. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export async function ask(call: Call): Promise<Answer> {
  const text = await askText(call)
  return text === '' ? {} : (JSON.parse(text) as Answer)
}

export async function askText({ method, url, body, text, anyVersion }: Call): Promise<string> {
  const base = process.env['HYBRIDGE_API'] ?? 'http://127.0.0.1:8804'
  if (!URL.canParse(url, base)) throw new Misuse(`HYBRIDGE_API is no address: ${base}`)
  const content = text?.content ?? (body === undefined ? undefined : JSON.stringify(body))
  let response: Response
  let answer: string
  try {
    response = await fetch(new URL(url, base), {
      method,
      headers: {
        authorization: `Bearer ${token()}`,
        ...(content !== undefined && { 'content-type': text?.type ?? 'application/json' }),
        ...(anyVersion && { 'if-match': '*' }),
      },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      ...(content !== undefined && { body: content }),
    })
    answer = await response.text()
  } catch (error) {
    if (error instanceof Misuse) throw error
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Unreachable(`${base} does not answer (${why}); HYBRIDGE_API says where to ask`)
  }
  if (response.ok) return answer
  throw refusalFrom(response.status, answer)
}

/** `/v1/subscribers/home-1`, whatever letters the id has. */
export function path(...steps: readonly string[]): string {
  return `/v1/${steps.map(encodeURIComponent).join('/')}`
}

/** With those of `query` that are said. */
export function withQuery(
  url: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const said = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) said.set(key, String(value))
  }
  return said.size === 0 ? url : `${url}?${said.toString()}`
}

/** The items of a list that comes whole. */
export async function listOf(url: string): Promise<readonly Answer[]> {
  const { items } = await ask({ method: 'GET', url })
  return items as readonly Answer[]
}

/** All items of a list, page after page. */
export async function* itemsOf(
  url: string,
  query: Readonly<Record<string, string | number | undefined>>,
): AsyncGenerator<Answer> {
  for (let cursor: string | undefined; ; ) {
    const page = await ask({ method: 'GET', url: withQuery(url, { ...query, cursor }) })
    yield* page['items'] as readonly Answer[]
    if (typeof page['next'] !== 'string') return
    cursor = page['next']
  }
}

function token(): string {
  const said = process.env['HYBRIDGE_TOKEN']
  if (said !== undefined && said !== '') return said
  const file = process.env['HYBRIDGE_TOKEN_FILE'] ?? '/run/hybridge/api-token'
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Misuse(`no token: ${file} cannot be read (${code}); set HYBRIDGE_TOKEN`)
  }
}

function refusalFrom(status: number, answer: string): Refused {
  try {
    const { detail, problems } = JSON.parse(answer) as { detail?: string; problems?: string[] }
    return new Refused(status, detail ?? `it answers ${status}`, problems ?? [])
  } catch {
    return new Refused(status, `it answers ${status}, and no reason: is this a concentrator?`, [])
  }
}

const ANSWER_MS_MAX = 120_000
