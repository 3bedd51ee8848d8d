/**
 * The way to the router that has served this page, and to nobody else.
 */
import type { SpeedTestState } from '../../../../shared/core/speed-result.ts'
import type { PageHistory, PageState } from '../page-state.ts'

export interface RouterNews {
  readonly state: (state: PageState) => void
  readonly test: (test: SpeedTestState) => void
  /** It does not answer any more. */
  readonly lost: () => void
}

/** For as long as the page is open. The browser connects again by itself. */
export function listen({ state, test, lost }: RouterNews): void {
  const source = new EventSource('/api/live')
  let heardMs = performance.now()
  source.addEventListener('state', ({ data }: MessageEvent<string>) => {
    heardMs = performance.now()
    state(JSON.parse(data) as PageState)
  })
  source.addEventListener('test', ({ data }: MessageEvent<string>) => {
    test(JSON.parse(data) as SpeedTestState)
  })
  setInterval(() => {
    if (performance.now() - heardMs > SILENT_MS) lost()
  }, LOOK_MS)
}

export async function readHistory(): Promise<PageHistory | undefined> {
  return (await ask<PageHistory>('GET', '/api/history')).answer
}

export async function readTest(): Promise<SpeedTestState | undefined> {
  return (await ask<SpeedTestState>('GET', '/api/speed-test')).answer
}

/** Seconds until one may be started again, where it was not because there were too many. */
export async function startTest(): Promise<number | undefined> {
  const { status, againInS } = await ask('POST', '/api/speed-test')
  return status === 429 ? againInS : undefined
}

export async function stopTest(): Promise<void> {
  await ask('DELETE', '/api/speed-test')
}

/** The status of the answer; 0 where there was none. */
export async function restart(password: string): Promise<number> {
  return (await ask('POST', '/api/restart', password)).status
}

async function ask<Answer>(
  method: string,
  path: string,
  password?: string,
): Promise<{ readonly status: number; readonly answer?: Answer; readonly againInS?: number }> {
  try {
    const response = await fetch(path, withOurs(method, password))
    const againInS = Number(response.headers.get('retry-after'))
    if (!response.ok) return { status: response.status, againInS }
    return { status: response.status, answer: (await response.json()) as Answer }
  } catch {
    return { status: 0 }
  }
}

function withOurs(method: string, password: string | undefined): RequestInit {
  const authorization = password === undefined ? {} : { authorization: bearer(password) }
  return { method, headers: { 'x-hybridge': 'page', ...authorization }, cache: 'no-store' }
}

/** A header has no room for all letters. */
function bearer(password: string): string {
  return `Bearer ${encodeURIComponent(password)}`
}

const SILENT_MS = 4_000
const LOOK_MS = 1_000
