/**
 * Files that a start after a crash must be able to read.
 */
import { renameSync, writeFileSync } from 'node:fs'

/**
 * Put `text` in the place of the file. It is renamed into place when it is on the disk: whoever loses power has
 * the whole of it or the one before. Throws what the file system says.
 */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { flush: true })
  renameSync(`${file}.new`, file)
}
