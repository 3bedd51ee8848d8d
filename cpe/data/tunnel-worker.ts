/**
 * The tunnel's thread in the home.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { hearBell, lettersAt } from '../../shared/relay/bell.ts'
import { Loop } from '../../shared/relay/loop.ts'
import type { WorkerBirth } from '../../shared/relay/workers.ts'
import { HomeTunnel } from './home-tunnel.ts'
import type { TunnelBirth, TunnelLetter, TunnelNews } from './tunnel-room.ts'

const { bell, orders, settings } = workerData as WorkerBirth<TunnelBirth>
const port = parentPort
if (port === null) throw new Error('Cannot run on its own: this is a data thread of cpe/main.ts')
const tell = (news: TunnelNews): void => port.postMessage(news)

using loop = new Loop()
using tunnel = new HomeTunnel(settings, loop, tell)
hearBell(loop, bell, orders, () => {
  for (const letter of lettersAt<TunnelLetter>(port)) tunnel.adopt(letter)
  tunnel.follow()
})
tell({ event: 'serving' })
loop.runWith(
  () => tunnel.waitMs(),
  () => tunnel.turn(),
)
