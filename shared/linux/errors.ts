/**
 * How the kernel says no: an errno on the data path, a sentence at start.
 */
import { constants } from 'node:os'

/** The kernel refused what the daemon cannot live without. Thrown at start, never on a flow. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError'
  readonly syscall: string
  readonly errno: number

  /** `doing` completes the sentence "Cannot ...". `errno` may come with either sign. */
  constructor(doing: string, syscall: string, errno: number) {
    super(`Cannot ${doing}: ${syscall} answered ${errnoName(errno)}`)
    this.syscall = syscall
    this.errno = Math.abs(errno)
  }
}

/** `ECONNREFUSED` for 111 or -111; the number itself where Linux has no name for it. */
export function errnoName(errno: number): string {
  return NAMES.get(Math.abs(errno)) ?? String(Math.abs(errno))
}

/** `result`, or a `SyscallError` when it is `-errno`. For start-up code only. */
export function must(result: number, doing: string, syscall: string): number {
  if (result < 0) throw new SyscallError(doing, syscall, result)
  return result
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]))
