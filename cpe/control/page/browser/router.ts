/**
 * The way to the router that has served this page, and to nobody else.
 */
import type { SpeedTestState } from '../../../../shared/core/speed-result.ts'
import type { PageHistory, PageState } from '../page-state.ts'

export interface RouterNews {
  readonly state: (state: PageState) => void
  readonly test: (test: SpeedTestState) => void
  /** It tells again, after it had not for a while. */
  readonly foundAgain: () => void
  /** It does not answer any more. */
  readonly lost: () => void
  /** The script of the page that it serves now. */
  readonly script: (path: string) => void
}

/**
 * For as long as the page is open, and while somebody sees it: a telephone in a pocket is told nothing. The browser
 * connects again by itself when it hears that the connection has ended; it is done here when it does not hear, or has
 * given up.
 */
export function listen({ state, test, foundAgain, lost, script }: RouterNews): void {
  let source: EventSource | undefined
  let heardMs = performance.now()
  let triedMs = heardMs
  let opened = 0

  function open(): void {
    source?.close()
    triedMs = performance.now()
    source = new EventSource('/api/live')
    source.addEventListener('open', () => {
      if (++opened > 1) foundAgain()
    })
    source.addEventListener('state', ({ data }: MessageEvent<string>) => {
      heardMs = performance.now()
      state(JSON.parse(data) as PageState)
    })
    source.addEventListener('test', ({ data }: MessageEvent<string>) => {
      test(JSON.parse(data) as SpeedTestState)
    })
    source.addEventListener('script', ({ data }: MessageEvent<string>) => {
      script(JSON.parse(data) as string)
    })
  }

  open()
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return source?.close()
    heardMs = performance.now()
    open()
  })
  setInterval(() => {
    const nowMs = performance.now()
    if (document.hidden || nowMs - heardMs < SILENT_MS) return
    lost()
    if (nowMs - triedMs >= AGAIN_MS) open()
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

export interface Bundle {
  readonly name: string
  readonly content: Blob
}

/** The bundle, or the status of the answer that is none; 0 where there was none. */
export async function fetchBundle(password: string): Promise<Bundle | number> {
  try {
    const response = await fetch('/api/support-bundle', withOurs('POST', password))
    if (!response.ok) return response.status
    const [, name = 'hybridge.tar.gz'] =
      /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '') ?? []
    return { name, content: await response.blob() }
  } catch {
    return 0
  }
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
const AGAIN_MS = 5_000
const LOOK_MS = 1_000
