/**
 * The tunnel's thread in the concentrator.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { hearBell, lettersAt } from '../../shared/relay/bell.ts'
import { Loop } from '../../shared/relay/loop.ts'
import type { WorkerBirth } from '../../shared/relay/workers.ts'
import { StreetTunnel } from './street-tunnel.ts'
import type { StreetTunnelBirth, StreetTunnelNews, TunnelLetter } from './tunnel-room.ts'

const { bell, orders, settings } = workerData as WorkerBirth<StreetTunnelBirth>
const port = parentPort
if (port === null) throw new Error('Cannot run on its own: a data thread of concentrator/main.ts')
const tell = (news: StreetTunnelNews): void => port.postMessage(news)

using loop = new Loop()
using tunnel = new StreetTunnel(settings, loop, tell)
hearBell(loop, bell, orders, () => {
  for (const letter of lettersAt<TunnelLetter>(port)) tunnel.change(letter)
})
tell({ event: 'serving' })
loop.runWith(
  () => tunnel.waitMs(),
  () => tunnel.turn(),
)
