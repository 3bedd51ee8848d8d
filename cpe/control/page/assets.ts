/**
 * What the browser loads beside the page itself: built once, on a machine that has the tools (ADR 0050), and read
 * when the agent starts.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

export interface Asset {
  /** Changes with what it holds, so that a browser may keep it for ever. */
  readonly path: string
  readonly type: string
  readonly zipped: Buffer
}

export interface Assets {
  readonly script: Asset
  readonly style: Asset
}

/** Undefined where they were not built. Throws what else the file system says. */
export function readAssets(folder = BUILT): Assets | undefined {
  try {
    return {
      script: asset(folder, 'page.js', 'text/javascript; charset=utf-8'),
      style: asset(folder, 'style.css', 'text/css; charset=utf-8'),
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function asset(folder: URL, name: string, type: string): Asset {
  const bytes = readFileSync(new URL(name, folder))
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_CHARACTERS)
  const [stem, ending] = name.split('.')
  return { path: `/${stem}-${hash}.${ending}`, type, zipped: gzipSync(bytes, { level: 9 }) }
}

const BUILT = new URL('built/', import.meta.url)
const HASH_CHARACTERS = 12
