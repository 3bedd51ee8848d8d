import { readFileSync } from 'node:fs'

/** The whole content; empty where the file cannot be read: threads end, and files of /proc go, while one reads. */
export function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
