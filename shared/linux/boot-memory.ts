/**
 * What stood on this machine before a daemon changed it: a file that is written before the change, so that
 * a kill -9 loses nothing. It is good for this boot only; after a reboot the kernel has forgotten it too.
 *
 *    { "boot": "<boot_id>", "before": { "<name>": <what stood there>, ... } }
 */
import { readFileSync } from 'node:fs'
import { replaceFile } from './whole-file.ts'

/**
 * What a daemon of this boot did not put back. `parse` answers undefined for what it does not know. A file
 * that is damaged is as good as none: `complain` is told, and the daemon starts.
 */
export function leftBehind<T>(
  file: string,
  parse: (before: unknown) => T | undefined,
  complain: (sentence: string) => void,
): Map<string, T> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    // ENOENT is the usual case: the last daemon ended as it should.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') complain(String(error))
    return new Map()
  }
  const memory = parseMemory(text, parse)
  if (memory === undefined) {
    complain(`Cannot read ${file}: it is damaged; what it remembered is not put back`)
    return new Map()
  }
  return memory.boot === bootId() ? memory.before : new Map()
}

/** Throws what the file system says. */
export function rememberBefore(file: string, before: Readonly<Record<string, unknown>>): void {
  replaceFile(file, `${JSON.stringify({ boot: bootId(), before }, null, 2)}\n`)
}

function parseMemory<T>(
  text: string,
  parse: (before: unknown) => T | undefined,
): { boot: unknown; before: Map<string, T> } | undefined {
  let memory: { boot?: unknown; before?: unknown } | null
  try {
    memory = JSON.parse(text)
  } catch {
    return undefined
  }
  const { boot, before } = memory ?? {}
  if (typeof boot !== 'string' || typeof before !== 'object' || before === null) return undefined
  const known = new Map<string, T>()
  for (const [name, what] of Object.entries(before)) {
    const one = parse(what)
    if (one === undefined) return undefined
    known.set(name, one)
  }
  return { boot, before: known }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
