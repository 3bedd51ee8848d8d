/**
 * A leg's ways to the concentrator, one for each family of addresses: whether it is reached, whether Multipath TCP passes, and
 * how large packets may be. Each is a connection that says some full packets and hears them again.
 */
import type { CpeConfig } from '../../../shared/config/cpe.ts'
import type { Family, PathResult } from '../../../shared/core/speed-result.ts'
import { isIpv4, knownAddress } from '../../../shared/wire/address.ts'
import { type TestConnection, TestFailure, type TestHome } from './connection.ts'

/** Those in which the concentrator is to be found, in the order in which it is asked. */
export function familiesOf({ addresses }: Pick<CpeConfig['concentrator'], 'addresses'>): Family[] {
  return [...new Set(addresses.map(familyOf))]
}

function familyOf(address: string): Family {
  return isIpv4(knownAddress(address)) ? 'ipv4' : 'ipv6'
}

/** As if the concentrator had addresses of that family alone. */
export function homeBy(home: TestHome, family: Family): TestHome {
  const { concentrator } = home.config
  const addresses = concentrator.addresses.filter((address) => familyOf(address) === family)
  return { ...home, config: { ...home.config, concentrator: { ...concentrator, addresses } } }
}

type Echo = Pick<TestConnection, 'listen' | 'mtuBytes' | 'say' | 'token'>

/** `open`: a connection that echoes. */
export async function lookAtPath<Connection extends Echo>(
  open: () => Promise<Connection>,
  close: (connection: Connection) => void,
): Promise<PathResult> {
  let connection: Connection
  try {
    connection = await open()
  } catch (error) {
    if (error instanceof TestFailure) return { why: error.why }
    throw error
  }
  try {
    return await passing(connection)
  } finally {
    close(connection)
  }
}

async function passing(connection: Echo): Promise<PathResult> {
  const { promise, resolve } = Promise.withResolvers<'all' | 'over'>()
  const timer = setTimeout(() => resolve('over'), STALLED_MS)
  let heard = 0
  connection.listen(
    (bytes) => {
      heard += bytes.length
      if (heard >= FULL_PACKETS.length) resolve('all')
    },
    () => resolve('over'),
  )
  connection.say(FULL_PACKETS)
  const end = await promise
  clearTimeout(timer)
  const { mtuBytes, token } = connection
  return {
    multipath: token !== undefined,
    ...(mtuBytes !== undefined && { mtuBytes }),
    ...(end === 'over' && { why: 'stalled' }),
  }
}

/** Several of the largest, and what a first window holds. */
const FULL_PACKETS = new Uint8Array(8_192)
const STALLED_MS = 3_000
