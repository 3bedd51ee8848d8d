/**
 * Files that a start after a crash must be able to read.
 */
import { renameSync, writeFileSync } from 'node:fs'

/**
 * Put `text` in the place of the file. It is renamed into place when it is on the disk: whoever loses power has
 * the whole of it or the one before. Throws what the file system says. `mode` is of a file that is new.
 */
export function replaceFile(file: string, text: string, mode = 0o666): void {
  writeFileSync(`${file}.new`, text, { flush: true, mode })
  renameSync(`${file}.new`, file)
}
