/**
 * Many open connections from the LAN at once (crowd-client.ts).
 */
import { createInterface } from 'node:readline'
import type { Street } from '../lab/lab.ts'

export interface Crowd {
  readonly opened: number
  /** Ask each for one more echo and say how many answered; the crowd is over then. */
  finish(): Promise<number>
}

/** `beatMs` 0: they say nothing until they are asked. */
export async function openCrowd(
  street: Street,
  connections: number,
  beatMs: number,
): Promise<Crowd> {
  const argv = ['node', CLIENT, '198.51.100.10', '7', String(connections), String(beatMs)]
  const child = street.spawn('home', argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('Cannot hear the crowd')
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  const hear = async (key: string) => {
    const { value } = (await lines.next()) as { value: string | undefined }
    if (value === undefined) throw new Error('Cannot hear the crowd: its process ended')
    return Number((JSON.parse(value) as Record<string, number>)[key])
  }
  return {
    opened: await hear('opened'),
    async finish() {
      stdin.write('\n')
      return hear('lived')
    },
  }
}

const CLIENT = new URL('crowd-client.ts', import.meta.url).pathname
