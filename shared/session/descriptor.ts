/**
 * The descriptor of a socket that Node holds, for what Node cannot ask the kernel: Node has no word for it, only
 * a field that it does not document.
 */
import type { Socket } from 'node:net'

/** Undefined once it is closed. It is Node's: only ask with it, at once, and never close it. */
export function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle !== 'object' || handle === null) return undefined
  const fd: unknown = Reflect.get(handle, 'fd')
  return typeof fd === 'number' && fd >= 0 ? fd : undefined
}
